"""Carries what schedules bring about to their targets.

A hop into our own services is one transaction; a universal target is a call of any operation by
its name, outside a transaction. Throttling and failures of the engine are tried again by the
target's retry policy, what cannot succeed is a dead letter at once.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from eventmill.deliver.outbox import Carrier, Sender
from eventmill.deliver.retry_policy import dead_letter, exhausted
from eventmill.kernel.arns import parse_arn, service_of
from eventmill.kernel.clock import iso_seconds
from eventmill.kernel.errors import Fault, Internal, Invalid, Throttled
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import ApiCaller
from eventmill.services import events, kinesis, lambda_, scheduler, sns, sqs
from eventmill.store import outbox
from eventmill.store.database import Database
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Delivery:
    """One invocation of a target, with the text it gets."""

    row: OutboxRow
    due: scheduler.Due
    text: str

    @property
    def target(self) -> Mapping[str, Any]:
        """As declared in the schedule."""
        return self.due.target


def _delivery(row: OutboxRow) -> Delivery:
    due = scheduler.Due(**orjson.loads(row.payload))
    return Delivery(row, due, scheduler.filled(due, row.attempts + 1))


def carrier(ids: Ids) -> Carrier:
    """The outbox's carrier for services.scheduler.TARGET."""
    puts = _puts(ids)

    def carry(tx: Transaction, row: OutboxRow) -> None:
        delivery = _delivery(row)
        try:
            puts.get(service_of(row.target), _to_nothing)(tx, delivery)
        except Fault as fault:
            _give_up(tx, ids, delivery, fault, _retries(delivery, fault, tx.now))

    return carry


def sender(database: Database, ids: Ids, api: ApiCaller) -> Sender:
    """The outbox's sender for services.scheduler.CALL."""

    async def send(row: OutboxRow) -> None:
        delivery = _delivery(row)
        named = scheduler.universal(row.target)
        assert named is not None
        try:
            await api.call_json(*named, delivery.text)
        except Fault as fault:
            failed = fault
            more = _retries(delivery, fault, database.read(lambda tx: tx.now))
        else:
            return

        def end(tx: Transaction) -> None:
            if outbox.settle(tx, row.id):
                _give_up(tx, ids, delivery, failed, more)

        await database.write(end)

    return send


def _retries(delivery: Delivery, fault: Fault, now: float) -> Mapping[str, str]:
    """What a dead letter says of its retries. Raises Postpone when there is to be one more."""
    if isinstance(fault, Throttled | Internal):
        return exhausted(delivery.target.get("RetryPolicy"), delivery.row, now)
    return {"RETRY_ATTEMPTS": str(delivery.row.attempts)}


def _give_up(
    tx: Transaction, ids: Ids, delivery: Delivery, fault: Fault, more: Mapping[str, str]
) -> None:
    texts = {
        "SCHEDULE_ARN": delivery.due.schedule,
        "SCHEDULED_TIME": iso_seconds(delivery.due.scheduled),
        "EXECUTION_ID": delivery.due.execution,
        "TARGET_ARN": delivery.row.target,
        "ERROR_CODE": fault.code,
        "ERROR_MESSAGE": fault.message,
        "IS_PAYLOAD_TRUNCATED": "false",
        **more,
    }
    queue = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
    dead_letter(tx, ids, queue, delivery.text, texts, delivery.row)


Put = Callable[[Transaction, Delivery], None]
"""Puts the text into a target. Raises Fault."""


def _puts(ids: Ids) -> dict[str, Put]:
    def to_function(tx: Transaction, delivery: Delivery) -> None:
        lambda_.resolve(tx, delivery.row.target)
        body = delivery.text.encode()
        if not _is_json(body):
            raise Invalid("InvalidRequestContentException", "Could not parse request body as json.")
        lambda_.enqueue_event(
            tx, ids, delivery.row.target, body, trace=None, source=delivery.due.schedule
        )

    def to_queue(tx: Transaction, delivery: Delivery) -> None:
        group = (delivery.target.get("SqsParameters") or {}).get("MessageGroupId")
        fifo = bool(sqs.is_fifo(tx, delivery.row.target))
        dedup = delivery.due.id if fifo else None
        sqs.enqueue(tx, ids, delivery.row.target, delivery.text, group=group, dedup=dedup)

    def to_topic(tx: Transaction, delivery: Delivery) -> None:
        sns.publish(tx, ids, delivery.row.target, delivery.text)

    def to_bus(tx: Transaction, delivery: Delivery) -> None:
        given, bus = delivery.target["EventBridgeParameters"], parse_arn(delivery.row.target)
        name = events.reached(tx, delivery.row.target, delivery.due.schedule)
        detail = orjson.loads(delivery.text) if _is_json(delivery.text.encode()) else None
        if not isinstance(detail, dict):
            raise Invalid("MalformedDetail", "Detail is malformed.")
        event = {
            "source": given["Source"],
            "detail-type": given["DetailType"],
            "time": iso_seconds(tx.now),
            "resources": [delivery.due.schedule],
            "detail": detail,
        }
        events.put(tx, ids, bus.region, bus.account, name, event)

    def to_stream(tx: Transaction, delivery: Delivery) -> None:
        key = delivery.target["KinesisParameters"]["PartitionKey"]
        kinesis.put(tx, ids, delivery.row.target, delivery.text.encode(), key)

    return {
        "lambda": to_function,
        "sqs": to_queue,
        "sns": to_topic,
        "events": to_bus,
        "kinesis": to_stream,
    }


def _to_nothing(tx: Transaction, delivery: Delivery) -> None:
    raise Invalid("ResourceNotFoundException", f"Nothing runs behind {delivery.row.target} here.")


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True
