"""The shards of table streams: each takes records for some hours, then a child goes on.

The rule is this engine's own: a stream has one open shard; it closes when its stream ends, or
four hours after it began once it has taken records. What AWS promises is kept: a shard closes, its
child names it as parent, and it can be read for a day after that.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""

from __future__ import annotations

from dataclasses import dataclass

from eventmill.services.contract import Call
from eventmill.store.transaction import Transaction

SEQUENCE = "dynamodb.records"
"""Numbers records and the limits of shards, over all streams."""

OPEN_SECONDS = 14_400
KEPT_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard. Its records are numbered from `first` to `last`, None while it is open."""

    shard_id: str
    parents: tuple[str, ...]
    first: int
    last: int | None
    ended: float | None

    @property
    def closed(self) -> bool:
        """Whether no record will follow."""
        return self.last is not None


def key(stream: str) -> str:
    """Announced when the stream has other shards."""
    return f"stream:{stream}"


def every(tx: Transaction, stream: str) -> list[Shard]:
    """All shards of a stream that can be read, oldest first."""
    rows = tx.all(
        "SELECT shard, parent, first, last, ended FROM ddb_shards WHERE stream=? ORDER BY first",
        (stream,),
    )
    return [_shard(row) for row in rows]


def find(tx: Transaction, stream: str, shard: str) -> Shard | None:
    """The shard, or None."""
    row = tx.one(
        "SELECT shard, parent, first, last, ended FROM ddb_shards WHERE stream=? AND shard=?",
        (stream, shard),
    )
    return None if row is None else _shard(row)


def _shard(row: tuple[str, str | None, int, int | None, float | None]) -> Shard:
    shard, parent, first, last, ended = row
    return Shard(shard, () if parent is None else (parent,), first, last, ended)


def begin(call: Call, stream: str, parent: str | None = None) -> None:
    """Open a shard."""
    name = f"shardId-{int(call.now * 1000):020d}-{call.ids.hex(8)}"
    call.tx.execute(
        "INSERT INTO ddb_shards VALUES(?,?,?,?,NULL,?,NULL)",
        (stream, name, parent, call.tx.number(SEQUENCE), call.now),
    )
    call.tx.announce(key(stream))


def end(tx: Transaction, stream: str) -> None:
    """Close the open shard, if there is one."""
    tx.execute(
        "UPDATE ddb_shards SET last=?, ended=? WHERE stream=? AND last IS NULL",
        (tx.number(SEQUENCE), tx.now, stream),
    )
    tx.announce(key(stream))


def roll(call: Call) -> None:
    """Close the shards that were open long enough, and open their children."""
    rows = call.tx.all(
        "SELECT stream, shard FROM ddb_shards s WHERE last IS NULL AND began<=? AND EXISTS"
        " (SELECT 1 FROM ddb_records r WHERE r.stream=s.stream AND r.seq>=s.first)",
        (call.now - OPEN_SECONDS,),
    )
    for stream, shard in rows:
        end(call.tx, stream)
        begin(call, stream, shard)


def trim(tx: Transaction) -> None:
    """Forget shards whose last record is older than a day."""
    for shard, stream in tx.all(
        "DELETE FROM ddb_shards WHERE ended<=? RETURNING shard, stream", (tx.now - KEPT_SECONDS,)
    ):
        tx.execute("UPDATE ddb_shards SET parent=NULL WHERE stream=? AND parent=?", (stream, shard))
        tx.announce(key(stream))
