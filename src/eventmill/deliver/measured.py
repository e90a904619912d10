"""What is measured of functions.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from collections import Counter

from eventmill.kernel.arns import service_of
from eventmill.kernel.functions import FunctionSpec, Invocation, Outcome
from eventmill.kernel.metrics import Dimensions
from eventmill.kernel.ports import Invoker, MetricSink

NAMESPACE = "AWS/Lambda"


def of_function(name: str) -> Dimensions:
    """The dimensions of a function's metrics."""
    return (("FunctionName", name),)


class MeasuredInvoker:
    """An invoker that counts: Invocations, Errors, Duration and ConcurrentExecutions."""

    def __init__(self, invoker: Invoker, metrics: MetricSink) -> None:
        self._invoker = invoker
        self._metrics = metrics
        self._running: Counter[str] = Counter()

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run it once. Raises ConcurrencyExceeded, RecursionDetected: neither is an invocation."""
        name = invocation.spec.name
        dimensions = of_function(name)
        self._running[name] += 1
        running = self._running[name]
        try:
            outcome = await self._invoker.invoke(invocation)
        finally:
            self._running[name] -= 1
        add = self._metrics.add
        add(NAMESPACE, "Invocations", 1.0, "Count", dimensions)
        add(NAMESPACE, "Errors", float(outcome.failed), "Count", dimensions)
        add(NAMESPACE, "Duration", outcome.duration_ms, "Milliseconds", dimensions)
        add(NAMESPACE, "ConcurrentExecutions", float(running), "Count", dimensions)
        return outcome

    def forget(self, function_arn: str) -> None:
        """Let go of the environments of a function that was changed or deleted."""
        self._invoker.forget(function_arn)


def throttled(metrics: MetricSink, spec: FunctionSpec) -> None:
    """Count a call that found no concurrency."""
    metrics.add(NAMESPACE, "Throttles", 1.0, "Count", of_function(spec.name))


def iterator_age(metrics: MetricSink, spec: FunctionSpec, seconds: float) -> None:
    """Note how old the last record of a stream's batch is when its function is called."""
    metrics.add(NAMESPACE, "IteratorAge", seconds * 1000, "Milliseconds", of_function(spec.name))


def events_of(metrics: MetricSink, mapping: str, what: str, count: int) -> None:
    """Count events of an event source mapping: polled, filtered out, invoked …

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
    """
    dimensions = (("EventSourceMappingUUID", mapping),)
    metrics.add(NAMESPACE, f"{what}EventCount", float(count), "Count", dimensions)


def event_age(metrics: MetricSink, spec: FunctionSpec, seconds: float) -> None:
    """Note how long an event waited for its function to be called."""
    metrics.add(NAMESPACE, "AsyncEventAge", seconds * 1000, "Milliseconds", of_function(spec.name))


def dropped(metrics: MetricSink, function_arn: str) -> None:
    """Count an event that no attempt succeeded with."""
    name = function_arn.split(":")[6]
    metrics.add(NAMESPACE, "AsyncEventsDropped", 1.0, "Count", of_function(name))


def undelivered(metrics: MetricSink, function_arn: str, *, dead: bool) -> None:
    """Count a record that its destination, or a dead letter that its queue did not take.

    What a pipe loses is not told of here.
    """
    if service_of(function_arn) == "lambda":
        what = "DeadLetterErrors" if dead else "DestinationDeliveryFailures"
        metrics.add(NAMESPACE, what, 1.0, "Count", of_function(function_arn.split(":")[6]))
