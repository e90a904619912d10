"""DynamoDB Streams: the record of a table's changes, written with each change.

A stream has one shard. Deliver reads it through `read`, in the order of the writer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eventmill.services.contract import Call
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.values import dump
from eventmill.store.transaction import Transaction

SHARD = "shardId-00000000000000000001-00000001"
VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
KEPT_SECONDS = 86_400
identity: str | None = None
"""Records do not say who reads them."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard; this engine's streams have one that is never closed."""

    shard_id: str = SHARD
    parents: tuple[str, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One change, in the shape that Lambda gives a function."""

    sequence: str
    event: dict[str, Any]
    created: float
    partition_key: str


def key(stream: str) -> str:
    """Announced when the stream got records."""
    return f"stream:{stream}"


def shard_key(stream: str, shard: str) -> str:
    """The same: there is one shard."""
    return key(stream)


def sequence(seq: int) -> str:
    """The 21 digits of a record's place."""
    return f"{seq:021d}"


def enable(call: Call, table: str, view: str) -> None:
    """A new stream for the table. Raises Invalid."""
    if view not in VIEWS:
        raise validation(f"Invalid StreamViewType {view}; it is one of {', '.join(VIEWS)}")
    moment = datetime.fromtimestamp(call.now, UTC)
    label = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"
    arn = f"arn:aws:dynamodb:{call.region}:{call.account}:table/{table}/stream/{label}"
    disable(call, table)
    call.tx.execute("INSERT INTO ddb_streams VALUES(?,?,?,?,1)", (arn, table, label, view))
    call.tx.execute("UPDATE ddb_tables SET stream=? WHERE name=?", (arn, table))


def disable(call: Call, table: str) -> None:
    """No more records; those there are stay readable for a day."""
    call.tx.execute("UPDATE ddb_streams SET enabled=0 WHERE tbl=?", (table,))


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
    name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
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
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": call.region,
        "dynamodb": inner,
        "eventSourceARN": stream,
    }
    if expired:
        event["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    call.tx.execute(
        "INSERT INTO ddb_records VALUES(?,?,?,?,?)",
        (
            call.tx.number("dynamodb.records"),
            stream,
            call.now,
            dump(keys).decode(),
            dump(event).decode(),
        ),
    )
    call.tx.announce(key(stream))


def shards(tx: Transaction, stream: str) -> list[Shard]:
    """The stream's one shard; none for a stream that does not exist."""
    found = tx.one("SELECT 1 FROM ddb_streams WHERE arn=?", (stream,))
    return [] if found is None else [Shard()]


def read(
    tx: Transaction, stream: str, shard: str, after: str | None, limit: int
) -> list[StreamRecord]:
    """Up to `limit` records behind a sequence number, oldest first."""
    rows = tx.all(
        "SELECT seq, event, created, key FROM ddb_records WHERE stream=? AND seq>? AND created>?"
        " ORDER BY seq LIMIT ?",
        (stream, int(after or 0), tx.now - KEPT_SECONDS, limit),
    )
    records = []
    for seq, text, created, partition_key in rows:
        event = json.loads(text)
        event["dynamodb"]["SequenceNumber"] = sequence(seq)
        records.append(StreamRecord(sequence(seq), event, created, partition_key))
    return records


def closed(tx: Transaction, stream: str, shard: str) -> bool:
    """Whether the stream is gone: its one shard is never closed."""
    return not exists(tx, stream)


def before(tx: Transaction, stream: str, shard: str, moment: float) -> str | None:
    """Always the beginning: a day of records is short enough to pass over."""
    return None


def trim(tx: Transaction) -> None:
    """Delete records older than a day."""
    tx.execute("DELETE FROM ddb_records WHERE created<=?", (tx.now - KEPT_SECONDS,))


def exists(tx: Transaction, arn: str) -> bool:
    """Whether the stream exists."""
    return bool(shards(tx, arn))
