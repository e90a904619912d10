"""SubscribeToShard: records pushed as events, for five minutes or to the shard's end.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html
"""

from __future__ import annotations

from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.contract import Call, Events
from eventmill.services.kinesis import consumers, iterators, records, shards, streams
from eventmill.services.kinesis.consumers import Consumer
from eventmill.services.kinesis.faults import in_use, missing
from eventmill.services.kinesis.records import shard_key
from eventmill.services.kinesis.shapes import record_shape
from eventmill.services.kinesis.shards import Shard
from eventmill.services.kinesis.streams import Stream
from eventmill.store.transaction import Transaction

SECONDS = 300
TAKE_OVER_SECONDS = 5
HEARTBEAT = 5.0
"""Seconds between events while there are no records: clients take longer silence for a failure."""

EVENT_BYTES = 2 * 1_024 * 1_024


def subscribe(call: Call, request: dict[str, Any]) -> Events:
    """Take over the consumer's subscription to a shard, and push from a position on.

    Raises Invalid, ResourceInUseException within five seconds of another subscription.
    """
    consumer = consumers.named(call, request)
    stream = streams.require(call.tx, consumer.arn)
    shard = iterators.shard_of(call.tx, stream, request["ShardId"])
    after = iterators.starting(call.tx, stream, shard, request["StartingPosition"])
    before = _current(call.tx, consumer, shard)
    if before is not None and call.now - before[1] < TAKE_OVER_SECONDS:
        raise in_use(
            "Another active subscription exists for this consumer: "
            f"{stream.account}:{stream.name}:{consumer.name}:{shard.name}"
        )
    number = call.tx.number("kinesis.subscriptions")
    call.tx.execute(
        "INSERT OR REPLACE INTO kinesis_subscriptions VALUES(?,?,?,?)",
        (consumer.arn, shard.id, number, call.now),
    )
    call.tx.announce(streams.key(stream.arn))
    subscription = _Subscription(consumer, stream.arn, shard, number, after, call.now + SECONDS)
    keys = (streams.key(stream.arn), shard_key(stream.arn, shard.name))
    return Events(keys, subscription.step)


def _current(tx: Transaction, consumer: Consumer, shard: Shard) -> tuple[int, float] | None:
    row = tx.one(
        "SELECT number, started FROM kinesis_subscriptions WHERE consumer=? AND shard=?",
        (consumer.arn, shard.id),
    )
    return None if row is None else (row[0], row[1])


class _Subscription:
    """One stream of events."""

    def __init__(
        self,
        consumer: Consumer,
        stream: str,
        shard: Shard,
        number: int,
        after: int,
        ends: float,
    ) -> None:
        self._consumer = consumer
        self._stream = stream
        self._shard = shard
        self._number = number
        self._after = after
        self._ends = ends
        self._next_beat = 0.0

    def step(self, call: Call) -> tuple[list[dict[str, Any]], float | None]:
        """The events that are due, and until when to wait for more; None at the end."""
        try:
            stream, shard = self._still(call.tx)
        except Fault as fault:
            return [{fault.code: {"message": fault.message}}], None
        if call.now >= self._ends:
            return [], None
        found = records.read(call.tx, stream, shard, self._after, 10_000, EVENT_BYTES)
        if found.records:
            self._after = found.records[-1].place
        over = shard.closed is not None and not found.more
        if not found.records and not over and call.now < self._next_beat:
            return [], min(self._next_beat, self._ends)
        self._next_beat = call.now + HEARTBEAT
        event: dict[str, Any] = {
            "Records": [record_shape(stream, record) for record in found.records],
            "MillisBehindLatest": 0,
        }
        if found.more:
            event["MillisBehindLatest"] = int((call.now - found.records[-1].created) * 1_000)
        if over:
            event["ChildShards"] = shards.children(call.tx, stream.id, shard)
            return [{"SubscribeToShardEvent": event}], None
        event["ContinuationSequenceNumber"] = shard.sequence(self._after, call.now)
        # With more to read the next step is due at once.
        until = call.now if found.more else min(self._next_beat, self._ends)
        return [{"SubscribeToShardEvent": event}], until

    def _still(self, tx: Transaction) -> tuple[Stream, Shard]:
        """Stream and shard as they are now. Raises Invalid when the subscription is over."""
        stream = streams.find(tx, self._stream)
        shard = None if stream is None else shards.find(tx, stream.id, self._shard.number)
        if stream is None or shard is None or consumers.find(tx, self._consumer.arn) is None:
            raise missing(f"Consumer {self._consumer.arn} or its stream does not exist any more.")
        current = _current(tx, self._consumer, shard)
        if current is not None and current[0] != self._number:
            raise in_use("Another subscription of this consumer has taken over the shard.")
        return stream, shard
