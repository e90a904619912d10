"""Batches of a stream: gathered from a lane's records, and what is told of a discarded one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from eventmill.deliver import destinations, kafka_topics, shapes
from eventmill.deliver.destinations import Parcel
from eventmill.deliver.lanes import order
from eventmill.kernel.arns import service_of
from eventmill.kernel.ids import Ids
from eventmill.services import lambda_
from eventmill.services.lambda_ import EventSourceMapping
from eventmill.store.transaction import Transaction

if TYPE_CHECKING:
    from eventmill.deliver.streams import StreamRecord

_READ = 100
"""Records of one read of the store."""

_TURN = 10
"""Reads in one go: a long stretch of records that filters drop must not hold up the engine."""

_ROOM = shapes.PAYLOAD_LIMIT - shapes.ENVELOPE


@dataclass(frozen=True, slots=True)
class Entry:
    """A record; `json` is empty when it is not of the lane or was filtered out."""

    sequence: str
    created: float
    json: bytes

    @classmethod
    def of(cls, record: StreamRecord, more: Mapping[str, Any], *, keep: bool) -> Entry:
        """From the source's record, with `more` members."""
        text = orjson.dumps({**record.event, **more}) if keep else b""
        return cls(record.sequence, record.created, text)


@dataclass(slots=True)
class Batch:
    """`end` is the last record that was looked at, kept or not; `full` that no more fits."""

    end: str | None
    entries: list[Entry] = field(default_factory=list)
    full: bool = False
    size: int = 0
    """Bytes of the records' JSON."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Why records are given up: the condition of the destination's record, what the last attempt
    was answered (None when the record's age ended it), and how many attempts there were."""

    condition: str
    request_id: str
    tries: int
    response: Mapping[str, Any] | None = None


def gather(
    read: Callable[[str | None, int], Iterator[Entry]],
    batch: Batch,
    *,
    most: int | None = None,
    until: str | None = None,
) -> bool:
    """Add the records after the batch's end: up to `most` in all, up to the sequence number
    `until`, and no more bytes than an invocation takes.

    False when more is to be looked at, and others should have their turn before.
    """
    for _ in range(_TURN):
        looked_at = 0
        for entry in read(batch.end, _READ):
            looked_at += 1
            if until is not None and order(entry.sequence) > order(until):
                batch.full = True
                return True
            if entry.json:
                if batch.entries and batch.size + len(entry.json) > _ROOM:
                    batch.full = True
                    return True
                batch.entries.append(entry)
                batch.size += len(entry.json) + 1
            batch.end = entry.sequence
            if len(batch.entries) == most:
                batch.full = True
                return True
        if looked_at < _READ:
            return True
    return False


def discard(
    tx: Transaction,
    ids: Ids,
    mapping: EventSourceMapping,
    shard: str,
    entries: Sequence[Entry],
    loss: Loss,
) -> None:
    """Tell the mapping's OnFailure destination of a shard's records that are given up."""
    info = shapes.batch_info(
        mapping.source,
        shard,
        [entry.sequence for entry in entries],
        entries[0].created,
        entries[-1].created,
    )
    tell(tx, ids, mapping, shard, info, loss, lambda: shapes.records([one.json for one in entries]))


def tell(
    tx: Transaction,
    ids: Ids,
    mapping: EventSourceMapping,
    place: str,
    info: Mapping[str, Any],
    loss: Loss,
    payload: Callable[[], bytes],
) -> None:
    """Send the record of what is lost at `place`, a shard or a partition, to the mapping's
    OnFailure destination. `info` describes it; `payload` is the whole event, which buckets and
    topics of Kafka get too."""
    target = mapping.on_failure
    assert target is not None
    function = lambda_.unqualified(mapping.function)
    record = shapes.batch_record(
        loss.request_id, function, loss.condition, loss.tries, loss.response, info, tx.now
    )
    if target.startswith(lambda_.KAFKA_TOPIC):
        kafka_topics.send(tx, mapping, place, record | {"payload": payload().decode()})
        return
    key = ""
    if service_of(target) == "s3":
        record["payload"] = payload().decode()
        key = destinations.object_key(f"aws/lambda/{mapping.uuid}/{place}", ids, tx.now)
    destinations.send(tx, target, Parcel(orjson.dumps(record).decode(), function, key=key))
