"""Alarms that templates declare and that nothing here can judge.

On a metric of AWS that is not measured an alarm gets no data, and stays at what it makes of that.
What calls for a model, a search or a statistic that is not here stays at INSUFFICIENT_DATA.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_MEASURED = {
    "AWS/ApiGateway": (
        "4XXError",
        "4xx",
        "5XXError",
        "5xx",
        "ClientError",
        "ConnectCount",
        "Count",
        "DataProcessed",
        "ExecutionError",
        "IntegrationError",
        "IntegrationLatency",
        "Latency",
        "MessageCount",
    ),
    "AWS/DynamoDB": (
        "ConditionalCheckFailedRequests",
        "ConsumedReadCapacityUnits",
        "ConsumedWriteCapacityUnits",
        "ReturnedItemCount",
        "SuccessfulRequestLatency",
        "SystemErrors",
        "UserErrors",
    ),
    "AWS/Events": (
        "DeadLetterInvocations",
        "FailedInvocations",
        "Invocations",
        "InvocationsSentToDlq",
        "InvocationsFailedToBeSentToDlq",
        "TriggeredRules",
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
        "NumberOfMessagesPublished",
        "NumberOfNotificationsDelivered",
        "NumberOfNotificationsFailed",
        "NumberOfNotificationsFailedToRedriveToDlq",
        "NumberOfNotificationsFilteredOut",
        "NumberOfNotificationsRedrivenToDlq",
        "PublishSize",
    ),
    "AWS/SQS": (
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesVisible",
        "NumberOfEmptyReceives",
        "NumberOfMessagesDeleted",
        "NumberOfMessagesReceived",
        "NumberOfMessagesSent",
        "SentMessageSize",
    ),
}


_BANDS = (
    "GreaterThanUpperThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
)
"""Comparisons with what anomaly detection expects."""
_ELSEWHERE = re.compile(
    r"\s*SELECT\s|\b(?:ANOMALY_DETECTION_BAND|DB_PERF_INSIGHTS|INSIGHT_RULE_METRIC|LAMBDA|SEARCH"
    r"|SERVICE_QUOTA|SLICE|SORT)\s*\(",
)
_STATISTIC = re.compile(r"IQM\Z|(?:TM|WM|TC|TS|PR)(?:\d|\()", re.IGNORECASE)


def remark(properties: Mapping[str, Any]) -> str:
    """What is to be said of an alarm with these properties, as they are written; empty for none."""
    names = [
        f"{name} of {namespace}"
        for namespace, name in _metrics(properties)
        if namespace.startswith("AWS/") and name not in _MEASURED.get(namespace, ())
    ]
    reason = unjudged(properties)
    if reason:
        return f"{reason}: it stays at INSUFFICIENT_DATA"
    return f"nothing here measures {', '.join(names)}" if names else ""


def unjudged(config: Mapping[str, Any]) -> str:
    """Why nothing here can judge an alarm that AWS could; empty when something can.

    Of one that names no metric nothing is said: `alarms.check` refuses it.
    """
    single = config.get("Statistic") or config.get("ExtendedStatistic")
    if not config.get("Metrics") and not (single and any(_metrics(config))):
        return ""
    if config.get("ThresholdMetricId") or config.get("ComparisonOperator") in _BANDS:
        return "there is no anomaly detection here"
    stats = [config.get("ExtendedStatistic")]
    for query in _queries(config):
        text = query.get("Expression")
        found = _ELSEWHERE.search(text) if isinstance(text, str) else None
        if found:
            return f"{found[0].strip(' (')} in metric math is not offered here"
        stats.append(_stat(query).get("Stat"))
    for stat in stats:
        if isinstance(stat, str) and _STATISTIC.match(stat):
            return f"the statistic {stat} is not offered here"
    return ""


def _metrics(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for metric in (properties, *(_stat(query).get("Metric") for query in _queries(properties))):
        if isinstance(metric, Mapping):
            namespace, name = metric.get("Namespace"), metric.get("MetricName")
            if isinstance(namespace, str) and isinstance(name, str):
                yield namespace, name


def _queries(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    queries = properties.get("Metrics")
    return [one for one in queries if isinstance(one, dict)] if isinstance(queries, list) else []


def _stat(query: Mapping[str, Any]) -> Mapping[str, Any]:
    stat = query.get("MetricStat")
    return stat if isinstance(stat, dict) else {}
