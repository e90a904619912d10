"""Dead-letter queues and destinations: from the settlement, over the outbox, to the target.

The settlement writes an outbox row in its own transaction, and the row's carrier puts the
record into the target in another one, so a record arrives exactly once and a target that is
missing cannot hinder the settlement.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from eventmill.deliver import measured
from eventmill.deliver.outbox import Carrier
from eventmill.kernel.arns import parse_arn, service_of
from eventmill.kernel.clock import iso_seconds
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import MetricSink
from eventmill.services import events, lambda_, s3, sns, sqs
from eventmill.services.contract import Call
from eventmill.store import outbox
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

KIND = "lambda.destination"

_LIMITS = {"sns": 262_144, "events": 1_048_576, "lambda": 1_048_576}
"""Bytes that the targets take; a queue has a limit of its own."""

_TRIES = 5
"""A target that refuses is tried this often, over some seconds; then the record is dropped, as
on AWS, and a metric and the engine's log say so."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a target gets. Everything in it is JSON."""

    body: str
    """The record, or the original event for a dead-letter queue."""
    function: str = ""
    """ARN of the function, with its qualifier."""
    succeeded: bool = False
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Message attributes in boto's shape."""
    key: str = ""
    """The object's key, for a bucket."""
    trace: str | None = None
    dead: bool = False
    """A dead letter: the event itself instead of a record of it."""

    @property
    def detail_type(self) -> str:
        """The detail-type on an event bus; its source is `lambda`."""
        result = "Success" if self.succeeded else "Failure"
        return f"Lambda Function Invocation Result - {result}"


Sink = Callable[[Transaction, str, Parcel], None]
"""Puts a parcel into the target with this ARN. Raises Fault when the target does not take it."""


def send(tx: Transaction, target: str, parcel: Parcel) -> None:
    """Have a parcel carried to a target."""
    outbox.emit(tx, KIND, target, orjson.dumps(asdict(parcel)), trace=parcel.trace)


def fitting(tx: Transaction, record: Mapping[str, Any], target: str) -> str:
    """The record as JSON; without its payloads where it would be too large for the target."""
    text = orjson.dumps(record)
    limit = sqs.maximum_size(tx, target) or _LIMITS.get(service_of(target), len(text))
    if len(text) > limit:
        bare = {key: record[key] for key in record if not key.endswith("Payload")}
        text = orjson.dumps(bare)
    return text.decode()


def object_key(prefix: str, ids: Ids, now: float) -> str:
    """`<prefix>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`"""
    moment = datetime.fromtimestamp(now, UTC)
    return f"{prefix}/{moment:%Y/%m/%d}/{moment:%Y-%m-%dT%H.%M.%S}-{ids.uuid()}"


def carrier(sinks: Mapping[str, Sink], metrics: MetricSink) -> Carrier:
    """The outbox's carrier for `KIND`; `sinks` by the service of the target's ARN."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        parcel = Parcel(**orjson.loads(row.payload))
        sink = sinks.get(service_of(row.target))
        if sink is None:
            lose(row, parcel, "it is no target")
            return
        try:
            sink(tx, row.target, parcel)
        except Fault as fault:
            if row.attempts + 1 < _TRIES:
                raise
            lose(row, parcel, str(fault))

    def lose(row: OutboxRow, parcel: Parcel, why: str) -> None:
        _log.error("record of %s for %s is lost: %s", parcel.function, row.target, why)
        measured.undelivered(metrics, parcel.function, dead=parcel.dead)

    return carry


def queue_sink(ids: Ids) -> Sink:
    """Sends to a queue."""

    def put(tx: Transaction, target: str, parcel: Parcel) -> None:
        sqs.enqueue(tx, ids, target, parcel.body, attributes=parcel.attributes, trace=parcel.trace)

    return put


def function_sink(ids: Ids) -> Sink:
    """Invokes a function asynchronously with the record."""

    def put(tx: Transaction, target: str, parcel: Parcel) -> None:
        lambda_.resolve(tx, target)
        lambda_.enqueue_event(
            tx, ids, target, parcel.body.encode(), trace=parcel.trace, source=parcel.function
        )

    return put


def topic_sink(ids: Ids) -> Sink:
    """Publishes the record."""

    def put(tx: Transaction, target: str, parcel: Parcel) -> None:
        sns.publish(tx, ids, target, parcel.body, attributes=parcel.attributes, trace=parcel.trace)

    return put


def bucket_sink(call: Callable[[Transaction], Call]) -> Sink:
    """Writes the record as an object under the parcel's key."""

    def put(tx: Transaction, target: str, parcel: Parcel) -> None:
        bucket = parse_arn(target).resource.partition("/")[0]
        s3.put(call(tx), bucket, parcel.key, parcel.body.encode(), "application/json")

    return put


def bus_sink(ids: Ids) -> Sink:
    """Puts the record on an event bus, as its detail."""

    def put(tx: Transaction, target: str, parcel: Parcel) -> None:
        bus, name = parse_arn(target), events.reached(tx, target, parcel.function)
        event = {
            "source": "lambda",
            "detail-type": parcel.detail_type,
            "time": iso_seconds(tx.now),
            "resources": [target, parcel.function],
            "detail": orjson.loads(parcel.body),
        }
        events.put(tx, ids, bus.region, bus.account, name, event, parcel.trace)

    return put
