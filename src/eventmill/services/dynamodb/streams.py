"""DynamoDB Streams: the record of a table's changes, written with each change.

Deliver reads a stream shard by shard through `read`, in the order of the writer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eventmill.services.contract import Call
from eventmill.services.dynamodb import shards as shards_of
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.shards import KEPT_SECONDS, Shard
from eventmill.services.dynamodb.values import dump
from eventmill.store.transaction import Transaction

VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
identity: str | None = None
"""Records do not say who reads them."""

EXPIRY = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
"""The identity in records of items whose time to live was over."""
_NEVER = 1 << 62
"""Above every sequence number."""


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One change, in the shape that Lambda gives a function."""

    sequence: str
    event: dict[str, Any]
    created: float
    partition_key: str


def key(stream: str) -> str:
    """Announced when the stream has other shards."""
    return shards_of.key(stream)


def shard_key(stream: str, shard: str) -> str:
    """Announced when the stream got records; they are always for the open shard."""
    return f"records:{stream}"


def sequence(seq: int) -> str:
    """The 21 digits of a record's place."""
    return f"{seq:021d}"


def enable(call: Call, table: str, view: str, keys: Sequence[Mapping[str, str]]) -> None:
    """A new stream for the table with the KeySchema `keys`. Raises Invalid."""
    if view not in VIEWS:
        raise validation(f"Invalid StreamViewType {view}; it is one of {', '.join(VIEWS)}")
    moment = datetime.fromtimestamp(call.now, UTC)
    label = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"
    arn = f"arn:aws:dynamodb:{call.region}:{call.account}:table/{table}/stream/{label}"
    disable(call, table)
    call.tx.execute(
        "INSERT INTO ddb_streams(arn, tbl, label, view, enabled, keys, created)"
        " VALUES(?,?,?,?,1,?,?)",
        (arn, table, label, view, json.dumps(list(keys)), call.now),
    )
    call.tx.execute("UPDATE ddb_tables SET stream=? WHERE name=?", (arn, table))
    shards_of.begin(call, arn)


def disable(call: Call, table: str) -> None:
    """No more records; those there are stay readable for a day."""
    for (arn,) in call.tx.all("SELECT arn FROM ddb_streams WHERE tbl=? AND enabled=1", (table,)):
        call.tx.execute("UPDATE ddb_streams SET enabled=0, ended=? WHERE arn=?", (call.now, arn))
        shards_of.end(call.tx, arn)


def change_name(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    """What became of an item."""
    return "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"


def record(
    call: Call,
    stream: str,
    view: str,
    keys: Mapping[str, Any],
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    size: int,
    *,
    expired: bool = False,
) -> None:
    """Write the record of one change; a change that changed nothing leaves none."""
    if old == new:
        return
    inner: dict[str, Any] = {
        "ApproximateCreationDateTime": int(call.now),
        "Keys": keys,
        "SizeBytes": size,
        "StreamViewType": view,
    }
    if new is not None and view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
        inner["NewImage"] = new
    if old is not None and view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
        inner["OldImage"] = old
    event: dict[str, Any] = {
        "eventID": call.ids.hex(32),
        "eventName": change_name(old, new),
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": call.region,
        "dynamodb": inner,
        "eventSourceARN": stream,
    }
    if expired:
        event["userIdentity"] = EXPIRY
    call.tx.execute(
        "INSERT INTO ddb_records VALUES(?,?,?,?,?)",
        (
            call.tx.number(shards_of.SEQUENCE),
            stream,
            call.now,
            dump(keys).decode(),
            dump(event).decode(),
        ),
    )
    call.tx.announce(shard_key(stream, ""))


def read(
    tx: Transaction, stream: str, shard: str, after: str | None, limit: int
) -> list[StreamRecord]:
    """Up to `limit` records behind a sequence number, oldest first."""
    known = shards_of.find(tx, stream, shard)
    return [] if known is None else records_of(tx, stream, known, int(after or 0), limit)


def records_of(
    tx: Transaction, stream: str, shard: Shard, after: int, limit: int
) -> list[StreamRecord]:
    """As `read`, of a shard that is known."""
    rows = tx.all(
        "SELECT seq, event, created, key FROM ddb_records"
        " WHERE stream=? AND seq>? AND seq<=? AND created>? ORDER BY seq LIMIT ?",
        (
            stream,
            max(after, shard.first - 1),
            _NEVER if shard.last is None else shard.last,
            tx.now - KEPT_SECONDS,
            limit,
        ),
    )
    records = []
    for seq, text, created, partition_key in rows:
        event = json.loads(text)
        event["dynamodb"]["SequenceNumber"] = sequence(seq)
        records.append(StreamRecord(sequence(seq), event, created, partition_key))
    return records


def shards(tx: Transaction, stream: str) -> list[Shard]:
    """Its shards, oldest first; none for a stream that does not exist."""
    return shards_of.every(tx, stream)


def closed(tx: Transaction, stream: str, shard: str) -> bool:
    """Whether no record will follow; also when the shard is gone."""
    known = shards_of.find(tx, stream, shard)
    return known is None or known.closed


def before(tx: Transaction, stream: str, shard: str, moment: float) -> str | None:
    """The end of a shard that was closed by then. Any other is read from its beginning: some
    hours of records are few enough to pass over."""
    known = shards_of.find(tx, stream, shard)
    if known is None or known.ended is None or known.ended > moment:
        return None
    return sequence(known.last or 0)


def tend(call: Call) -> None:
    """Roll shards, and delete records, shards and ended streams older than a day."""
    shards_of.roll(call)
    tx = call.tx
    for (stream,) in tx.all("SELECT arn FROM ddb_streams"):
        row = tx.one(
            "SELECT max(seq) FROM ddb_records WHERE stream=? AND seq<?",
            (stream, oldest(tx, stream)),
        )
        if row is not None and row[0] is not None:
            tx.execute("UPDATE ddb_streams SET trimmed=? WHERE arn=?", (row[0], stream))
            tx.execute("DELETE FROM ddb_records WHERE stream=? AND seq<=?", (stream, row[0]))
    shards_of.trim(tx)
    tx.execute("DELETE FROM ddb_streams WHERE ended<=?", (tx.now - KEPT_SECONDS,))


def oldest(tx: Transaction, stream: str) -> int:
    """The number of the first record that is younger than a day; above all without one."""
    row = tx.one(
        "SELECT seq FROM ddb_records WHERE stream=? AND created>? ORDER BY seq LIMIT 1",
        (stream, tx.now - KEPT_SECONDS),
    )
    return _NEVER if row is None else int(row[0])


def exists(tx: Transaction, arn: str) -> bool:
    """Whether the stream exists."""
    return tx.one("SELECT 1 FROM ddb_streams WHERE arn=?", (arn,)) is not None
