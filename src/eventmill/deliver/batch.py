"""Batches of a stream: gathered from a lane's records, and what is told of a discarded one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from eventmill.deliver import destinations, shapes
from eventmill.deliver.destinations import Parcel
from eventmill.kernel.arns import service_of
from eventmill.kernel.ids import Ids
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
            if until is not None and _after(entry.sequence, until):
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


def _after(one: str, other: str) -> bool:
    # Sequence numbers are decimal numbers of up to 128 bits, so a longer one is a later one.
    return (len(one), one) > (len(other), other)


def discard(
    tx: Transaction,
    ids: Ids,
    mapping: EventSourceMapping,
    shard: str,
    entries: Sequence[Entry],
    *,
    condition: str,
    request_id: str,
    tries: int,
    response: Mapping[str, Any] | None,
) -> None:
    """Tell the mapping's OnFailure destination of records that are given up."""
    assert mapping.on_failure is not None
    function = ":".join(mapping.function.split(":")[:7])
    info = shapes.batch_info(
        mapping.source,
        shard,
        [entry.sequence for entry in entries],
        entries[0].created,
        entries[-1].created,
    )
    record = shapes.batch_record(request_id, function, condition, tries, response, info, tx.now)
    key = ""
    if service_of(mapping.on_failure) == "s3":
        record["payload"] = shapes.records([entry.json for entry in entries]).decode()
        key = destinations.object_key(f"aws/lambda/{mapping.uuid}/{shard}", ids, tx.now)
    body = orjson.dumps(record).decode()
    destinations.send(tx, mapping.on_failure, Parcel(body, function, key=key))
