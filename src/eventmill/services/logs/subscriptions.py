"""Subscription filters: the events of a group that somebody wants to have, as they come.

What matches is put into the outbox in the transaction that stores the events.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from eventmill.kernel.arns import parse_arn, service_of
from eventmill.kernel.errors import Invalid
from eventmill.kernel.policies import Asker, of_service
from eventmill.services.contract import Call, Result
from eventmill.services.logs.filters import compile_filter
from eventmill.services.logs.groups import OPERATIONS, group_arn, missing, page, require_group
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

_NOTHING = "firehose"
"""Delivery streams may be named, since templates declare them; log events for one are lost."""

SUBSCRIPTION = "logs.subscription"
"""Kind of the outbox rows; target is the destination's ARN, payload a message as JSON."""

_OF_A_GROUP = 2
_BATCH_BYTES = 262_144
"""Text that one message carries at the most; compressed it fits every destination."""
_START = "START RequestId: 00000000-0000-4000-8000-000000000000 Version: $LATEST"

Stored = tuple[int, int, str]
"""An event's id, its time in epoch milliseconds, its text."""


def asker(group: str) -> Asker:
    """CloudWatch Logs, as it asks for the subscriptions of a group, an ARN.

    A policy may call it by its name of today, or by that of a region before it.
    """
    arn = parse_arn(group)
    names = ("logs.amazonaws.com", f"logs.{arn.region}.amazonaws.com")
    return of_service(*names, source=f"{group}:*", account=arn.account)


def wanted(tx: Transaction, group: str) -> list[tuple[str, str, str]]:
    """(name, pattern, destination ARN) of a group's filters."""
    return tx.all("SELECT name, pattern, destination FROM logs_subscriptions WHERE grp=?", (group,))


def send(
    tx: Transaction,
    filters: Sequence[tuple[str, str, str]],
    group: str,
    stream: str,
    events: Sequence[Stored],
) -> None:
    """Have each filter's share of these events carried to its destination."""
    for name, pattern, destination in filters:
        matches = compile_filter(pattern).matches
        for batch in _batches([event for event in events if matches(event[2])]):
            message = {
                "messageType": "DATA_MESSAGE",
                "logGroup": group,
                "logStream": stream,
                "subscriptionFilters": [name],
                "logEvents": [
                    {"id": event_id(number), "timestamp": time, "message": text}
                    for number, time, text in batch
                ],
            }
            outbox.emit(tx, SUBSCRIPTION, destination, orjson.dumps(message))


def event_id(number: int) -> str:
    """56 digits, as AWS has them."""
    return f"{number:056d}"


def _batches(events: Sequence[Stored]) -> Iterator[list[Stored]]:
    batch: list[Stored] = []
    size = 0
    for event in events:
        if batch and size + len(event[2]) > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += len(event[2])
    if batch:
        yield batch


def put(call: Call, group: str, name: str, request: dict[str, Any]) -> None:
    """Create or replace a filter. Raises Invalid for a destination that takes nothing."""
    require_group(call, group)
    pattern, destination = request["filterPattern"], request["destinationArn"]
    compile_filter(pattern)
    names = {row[0] for row in wanted(call.tx, group)}
    if name not in names and len(names) >= _OF_A_GROUP:
        raise Invalid("LimitExceededException", "Resource limit exceeded.")
    _check(call, group, pattern, destination, request.get("roleArn"))
    distribution = request.get("distribution") or "ByLogStream"
    call.tx.execute(
        "INSERT OR REPLACE INTO logs_subscriptions VALUES(?,?,?,?,?,?,?)",
        (
            group,
            name,
            pattern,
            destination,
            request.get("roleArn"),
            distribution,
            int(call.now * 1000),
        ),
    )


def _check(call: Call, group: str, pattern: str, arn: str, role: str | None) -> None:
    service = service_of(arn)
    if service not in ("lambda", "kinesis", _NOTHING):
        raise Invalid(
            "InvalidParameterException",
            f"Destinations such as {arn} are not offered; use a function or a stream.",
        )
    known = call.directory(call.tx, arn)
    if service == "lambda":
        if known is None or not known.admits(asker(group_arn(call, group))):
            raise Invalid(
                "InvalidParameterException",
                "Could not execute the lambda function. Make sure you have given CloudWatch Logs "
                "permission to execute your function.",
            )
        if known.facts["LogGroup"] == group and compile_filter(pattern).matches(_START):
            raise Invalid(
                "InvalidParameterException",
                f"{arn} writes into {group} itself, and this pattern wants the lines of every "
                "invocation: it would invoke itself without end. Use a narrower pattern.",
            )
        return
    if not role:
        raise Invalid(
            "InvalidParameterException",
            "destinationArn for vendor kinesis cannot be used without roleArn",
        )
    if service == _NOTHING:
        return
    if known is None:
        raise Invalid(
            "InvalidParameterException",
            "Could not deliver test message to specified Kinesis stream. Check if the given "
            "kinesis stream is in ACTIVE state.",
        )
    _try(call, arn)


def _try(call: Call, arn: str) -> None:
    """The message by which AWS finds out whether the stream takes any."""
    text = "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."
    event = {"id": "", "timestamp": int(call.now * 1000), "message": text}
    message = {
        "messageType": "CONTROL_MESSAGE",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [event],
    }
    outbox.emit(call.tx, SUBSCRIPTION, arn, orjson.dumps(message))


def delete(call: Call, group: str, name: str) -> bool:
    """False when there is no such filter."""
    gone = call.tx.execute("DELETE FROM logs_subscriptions WHERE grp=? AND name=?", (group, name))
    return gone.rowcount > 0


@OPERATIONS.write("PutSubscriptionFilter")
def put_subscription_filter(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid as `put` does, and for what needs transformers or system fields."""
    for name in ("applyOnTransformedLogs", "emitSystemFields", "fieldSelectionCriteria"):
        if request.get(name):
            raise Invalid("InvalidParameterException", f"{name} is not supported by Eventmill.")
    put(call, request["logGroupName"], request["filterName"], request)
    return {}


@OPERATIONS.write("DeleteSubscriptionFilter")
def delete_subscription_filter(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    require_group(call, request["logGroupName"])
    if not delete(call, request["logGroupName"], request["filterName"]):
        raise missing("subscription filter")
    return {}


@OPERATIONS.scan("DescribeSubscriptionFilters")
def describe_subscription_filters(call: Call, request: dict[str, Any]) -> Result:
    """By name."""
    group, prefix = request["logGroupName"], request.get("filterNamePrefix") or ""
    require_group(call, group)
    found = []
    for name, pattern, destination, role, distribution, created in call.tx.all(
        "SELECT name, pattern, destination, role, distribution, created FROM logs_subscriptions"
        " WHERE grp=? AND name>=? AND name<? ORDER BY name",
        (group, prefix, prefix + "\U0010ffff"),
    ):
        shown = {
            "filterName": name,
            "logGroupName": group,
            "filterPattern": pattern,
            "destinationArn": destination,
            "distribution": distribution,
            "creationTime": created,
        }
        found.append((name, shown | ({"roleArn": role} if role else {})))
    return page(found, "subscriptionFilters", request)
