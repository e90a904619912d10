"""Alarms on metrics of AWS that nothing here measures.

Such an alarm is made and never leaves INSUFFICIENT_DATA, or what it makes of missing data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_MEASURED = {
    "AWS/Events": (
        "FailedInvocations",
        "InvocationsSentToDlq",
        "InvocationsFailedToBeSentToDlq",
    ),
    "AWS/Lambda": (
        "AsyncEventAge",
        "AsyncEventsDropped",
        "ConcurrentExecutions",
        "DeadLetterErrors",
        "DestinationDeliveryFailures",
        "DroppedEventCount",
        "Duration",
        "Errors",
        "FailedInvokeEventCount",
        "FilteredOutEventCount",
        "Invocations",
        "InvokedEventCount",
        "IteratorAge",
        "OnFailureDestinationDeliveredEventCount",
        "PolledEventCount",
        "Throttles",
    ),
    "AWS/SNS": (
        "NumberOfNotificationsFailed",
        "NumberOfNotificationsFailedToRedriveToDlq",
        "NumberOfNotificationsRedrivenToDlq",
    ),
    "AWS/SQS": (
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesVisible",
    ),
}


def unmeasured(properties: Mapping[str, Any]) -> str:
    """What is to be said of an alarm with these properties, as they are written; empty for none."""
    names = [
        f"{name} of {namespace}"
        for namespace, name in _metrics(properties)
        if namespace.startswith("AWS/") and name not in _MEASURED.get(namespace, ())
    ]
    return f"nothing here measures {', '.join(names)}" if names else ""


def _metrics(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = [properties]
    queries = properties.get("Metrics")
    for query in queries if isinstance(queries, list) else ():
        stat = query.get("MetricStat") if isinstance(query, dict) else None
        found.append(stat.get("Metric") if isinstance(stat, dict) else {})
    for metric in found:
        if isinstance(metric, dict):
            namespace, name = metric.get("Namespace"), metric.get("MetricName")
            if isinstance(namespace, str) and isinstance(name, str):
                yield namespace, name
