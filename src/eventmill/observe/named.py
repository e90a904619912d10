"""AWS's names for what is counted: namespaces, metrics, dimensions and units.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from eventmill.kernel.metrics import Count, Dimensions, Sample

_COUNT, _BYTES, _MILLISECONDS = "Count", "Bytes", "Milliseconds"

Measured = tuple[str, Dimensions, float, str]
"""(metric, dimensions, value, unit)."""
Names = Sequence[str]
Naming = Callable[[Names, Any], Iterator[Measured]]
"""Names what a count of something, by its value, says."""


def samples_of(counts: Mapping[Count, Sequence[int]], at: float) -> list[Sample]:
    """What was counted in the minute of `at`, and how often."""
    found = []
    for (kind, *of, value), (times,) in counts.items():
        namespace, naming = _NAMINGS[kind]
        for name, dimensions, measured, unit in naming(of, value):
            found.append(Sample(namespace, name, dimensions, measured, at, unit, float(times)))
    return found


def _one(key: str, of: Names, value: float, *metrics: tuple[str, str]) -> Iterator[Measured]:
    """Metrics of one thing: those in Count say that it happened, the others its value."""
    for name, unit in metrics:
        yield name, ((key, of[0]),), 1.0 if unit == _COUNT else float(value), unit


def _sent(queue: Names, size: int) -> Iterator[Measured]:
    sent = (("NumberOfMessagesSent", _COUNT), ("SentMessageSize", _BYTES))
    return _one("QueueName", queue, size, *sent)


def _published(topic: Names, size: int) -> Iterator[Measured]:
    published = (("NumberOfMessagesPublished", _COUNT), ("PublishSize", _BYTES))
    return _one("TopicName", topic, size, *published)


def _number(key: str, name: str, of: Names, value: float) -> Iterator[Measured]:
    yield name, ((key, of[0]),), float(value), _COUNT


def _invoked(of: Names, value: float) -> Iterator[Measured]:
    """Of all rules together, too."""
    yield "Invocations", (), value, _COUNT
    yield from _of_rule("Invocations", of, value)


def _of_rule(name: str, of: Names, value: float) -> Iterator[Measured]:
    """`of` is (bus, rule); the default bus is not named."""
    bus, rule = of
    about = (("RuleName", rule),)
    yield name, about if bus == "default" else (("EventBusName", bus), *about), value, _COUNT


def _used(name: str, of: Names, units: float) -> Iterator[Measured]:
    """`of` is a table, or (table, global index)."""
    table, *index = of
    about = (*(("GlobalSecondaryIndexName", each) for each in index), ("TableName", table))
    yield name, about, units, _COUNT


def _of_operation(name: str, unit: str, of: Names, value: float) -> Iterator[Measured]:
    """`of` is (table, operation)."""
    table, operation = of
    yield name, (("Operation", operation), ("TableName", table)), value, unit


def _of_account(name: str, of: Names, value: float) -> Iterator[Measured]:
    yield name, (), value, _COUNT


def _requests(
    key: str, errors: tuple[str, str], of: Names, value: tuple[int, float, int | None]
) -> Iterator[Measured]:
    """Requests to a stage; `of` is (API, stage), and (method, resource) where details are wanted.

    `value` is (hundreds of the status, latency, the integration's where it was asked). An error's
    metric has a value for each request, so that its average is the rate.
    """
    hundreds, latency, integration = value
    for about in _levels(key, of):
        yield "Count", about, 1.0, _COUNT
        for name, least in zip(errors, (4, 5), strict=True):
            yield name, about, float(hundreds == least), _COUNT
        yield "Latency", about, latency, _MILLISECONDS
        if integration is not None:
            yield "IntegrationLatency", about, float(integration), _MILLISECONDS


def _processed(of: Names, size: int) -> Iterator[Measured]:
    for about in _levels("ApiId", of):
        yield "DataProcessed", about, float(size), _BYTES


def _levels(key: str, of: Names) -> Iterator[Dimensions]:
    """The API alone, its stage, and the method of a resource in it."""
    api, stage, *more = of
    yield ((key, api),)
    yield (key, api), ("Stage", stage)
    if more:
        method, resource = more
        yield (key, api), ("Method", method), ("Resource", resource), ("Stage", stage)


def _socket(of: Names, value: float) -> Iterator[Measured]:
    """`of` is (API, stage, a metric of WebSockets)."""
    *stage, name = of
    for about in _levels("ApiId", stage):
        yield name, about, value, _MILLISECONDS if name.endswith("Latency") else _COUNT


_QUEUES, _TOPICS, _EVENTS = "AWS/SQS", "AWS/SNS", "AWS/Events"
_TABLES, _GATEWAY = "AWS/DynamoDB", "AWS/ApiGateway"

_NAMINGS: dict[str, tuple[str, Naming]] = {
    "sqs.sent": (_QUEUES, _sent),
    "sqs.received": (_QUEUES, partial(_number, "QueueName", "NumberOfMessagesReceived")),
    "sqs.empty": (_QUEUES, partial(_number, "QueueName", "NumberOfEmptyReceives")),
    "sqs.deleted": (_QUEUES, partial(_number, "QueueName", "NumberOfMessagesDeleted")),
    "sns.published": (_TOPICS, _published),
    "sns.delivered": (_TOPICS, partial(_number, "TopicName", "NumberOfNotificationsDelivered")),
    "sns.filtered": (_TOPICS, partial(_number, "TopicName", "NumberOfNotificationsFilteredOut")),
    "events.triggered": (_EVENTS, partial(_of_rule, "TriggeredRules")),
    "events.invoked": (_EVENTS, _invoked),
    "dynamodb.read": (_TABLES, partial(_used, "ConsumedReadCapacityUnits")),
    "dynamodb.written": (_TABLES, partial(_used, "ConsumedWriteCapacityUnits")),
    "dynamodb.done": (_TABLES, partial(_of_operation, "SuccessfulRequestLatency", _MILLISECONDS)),
    "dynamodb.returned": (_TABLES, partial(_of_operation, "ReturnedItemCount", _COUNT)),
    "dynamodb.failed": (_TABLES, partial(_of_operation, "SystemErrors", _COUNT)),
    "dynamodb.refused": (_TABLES, partial(_number, "TableName", "ConditionalCheckFailedRequests")),
    "dynamodb.invalid": (_TABLES, partial(_of_account, "UserErrors")),
    "rest": (_GATEWAY, partial(_requests, "ApiName", ("4XXError", "5XXError"))),
    "http": (_GATEWAY, partial(_requests, "ApiId", ("4xx", "5xx"))),
    "http.bytes": (_GATEWAY, _processed),
    "socket": (_GATEWAY, _socket),
}
