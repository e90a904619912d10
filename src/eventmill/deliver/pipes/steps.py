"""The steps of a pipe that leave it: enrichment, and the targets one by one.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from eventmill.deliver import log_lines
from eventmill.deliver.authorization import Reach
from eventmill.deliver.http_requests import api_request, request_of
from eventmill.deliver.parts import Parts
from eventmill.deliver.pipes.events import Item, text_of
from eventmill.kernel.arns import parse_arn, service_of
from eventmill.kernel.clock import iso_seconds
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import Invocation, Outcome
from eventmill.kernel.http import HttpAnswer, HttpCall, HttpFailed
from eventmill.patterns.paths import text_at
from eventmill.services import events as buses
from eventmill.services import kinesis, lambda_, sns, sqs
from eventmill.services.pipes import Pipe
from eventmill.store.transaction import Transaction


class StepFailed(Exception):
    """An enrichment or a target did not take the batch; the source's retries follow."""


async def invoke(
    parts: Parts, pipe: Pipe, function: str, payload: bytes, trace: str | None
) -> Outcome:
    """Call a function and wait. Raises StepFailed, ConcurrencyExceeded."""
    try:
        slot = await parts.gate.acquire(
            lambda: parts.database.read(lambda tx: lambda_.resolve(tx, function))
        )
    except Fault as fault:
        raise StepFailed(fault.message) from None
    with slot:
        outcome = await slot.invoke(
            Invocation(slot.spec, payload, parts.ids.uuid(), function, trace=trace, source=pipe.arn)
        )
    if outcome.failed:
        raise StepFailed(f"{function} failed: {outcome.payload.decode(errors='replace')[:200]}")
    return outcome


async def call(
    parts: Parts, reach: Reach, arn: str, wanted: Mapping[str, Any], item: Item
) -> HttpAnswer:
    """Call an API destination, or an API of the engine, with `wanted` HttpParameters.

    Raises StepFailed, Unreached.
    """
    event, body = item.inner, orjson.dumps(item.shaped)
    try:
        if service_of(arn) == "execute-api":
            request = api_request(reach.endpoint(), arn, wanted, event, body)
        else:
            request = await _destination_request(parts, reach, arn, wanted, event, body)
        answer = await reach.http.send(request)
    except HttpFailed as failed:
        raise StepFailed(f"{arn} does not answer: {failed}") from None
    if not 200 <= answer.status < 300:
        raise StepFailed(f"{arn} answered with the status {answer.status}.")
    return answer


async def _destination_request(
    parts: Parts, reach: Reach, arn: str, wanted: Mapping[str, Any], event: Any, body: bytes
) -> HttpCall:
    destination = parts.database.read(lambda tx: buses.find_destination(tx, arn))
    if destination is None or destination.connection is None or not destination.active:
        raise StepFailed(f"{arn} does not exist, or has no authorized connection.")
    request = request_of(destination, wanted, event, body)
    return await reach.authorizer.authorize(destination.connection, request)


Put = Callable[[Transaction, Parts, Pipe, Sequence[Item], "str | None"], None]
"""Puts events into a target of our own, all or none. Raises Fault."""


def _parameter(pipe: Pipe, name: str, item: Item) -> str | None:
    """A parameter of the target, its path looked up in the event."""
    value = pipe.target_settings.get(name)
    return None if value is None else text_at(item.inner, value)


def _to_queue(
    tx: Transaction, parts: Parts, pipe: Pipe, items: Sequence[Item], trace: str | None
) -> None:
    for item in items:
        sqs.enqueue(
            tx,
            parts.ids,
            pipe.target,
            text_of(item.shaped),
            group=_parameter(pipe, "MessageGroupId", item),
            dedup=_parameter(pipe, "MessageDeduplicationId", item),
            trace=trace,
        )


def _to_topic(
    tx: Transaction, parts: Parts, pipe: Pipe, items: Sequence[Item], trace: str | None
) -> None:
    for item in items:
        sns.publish(tx, parts.ids, pipe.target, text_of(item.shaped), trace=trace)


def _to_stream(
    tx: Transaction, parts: Parts, pipe: Pipe, items: Sequence[Item], trace: str | None
) -> None:
    for item in items:
        key = _parameter(pipe, "PartitionKey", item) or ""
        kinesis.put(tx, parts.ids, pipe.target, text_of(item.shaped).encode(), key)


def _to_function(
    tx: Transaction, parts: Parts, pipe: Pipe, items: Sequence[Item], trace: str | None
) -> None:
    lambda_.resolve(tx, pipe.target)
    payload = orjson.dumps([item.shaped for item in items])
    lambda_.enqueue_event(tx, parts.ids, pipe.target, payload, trace=trace, source=pipe.arn)


def _to_bus(
    tx: Transaction, parts: Parts, pipe: Pipe, items: Sequence[Item], trace: str | None
) -> None:
    bus, name = parse_arn(pipe.target), buses.reached(tx, pipe.target, pipe.arn)
    for item in items:
        if not isinstance(item.shaped, dict):
            raise StepFailed("An event for a bus must be a JSON object.")
        resources = pipe.target_settings.get("Resources") or []
        event = {
            "source": _parameter(pipe, "Source", item) or f"Pipe {pipe.name}",
            "detail-type": _parameter(pipe, "DetailType", item)
            or f"Event from aws:{service_of(pipe.source)}",
            "time": _parameter(pipe, "Time", item) or iso_seconds(tx.now),
            "resources": [text_at(item.inner, entry) for entry in resources],
            "detail": item.shaped,
        }
        buses.put(tx, parts.ids, bus.region, bus.account, name, event, trace)


def _to_log(
    tx: Transaction, parts: Parts, pipe: Pipe, items: Sequence[Item], trace: str | None
) -> None:
    for item in items:
        stream = _parameter(pipe, "LogStreamName", item) or pipe.name
        given = _parameter(pipe, "Timestamp", item)
        moment = int(given) if given and given.isdigit() else int(tx.now * 1_000)
        log_lines.put(tx, pipe.target, stream, [(moment, text_of(item.shaped))])


PUTS: dict[str, Put] = {
    "lambda": _to_function,
    "sqs": _to_queue,
    "sns": _to_topic,
    "kinesis": _to_stream,
    "events": _to_bus,
    "logs": _to_log,
}
"""By the kind of the target; functions here are those that are not waited for."""
