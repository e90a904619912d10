"""Shards: ranges of hash keys, opened, split, merged and closed.

https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-resharding.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eventmill.services.kinesis import places
from eventmill.store.transaction import Transaction

HASH_KEYS = 1 << 128
_COLUMNS = "id, number, parent, adjacent, low, high, created, first, closed, last"


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard. `parent` and `adjacent` are numbers of shards; `closed` is when it was."""

    id: int
    number: int
    parent: int | None
    adjacent: int | None
    low: int
    high: int
    created: float
    first: int
    closed: float | None
    last: int | None

    @property
    def name(self) -> str:
        """Its ShardId."""
        return name_of(self.number)

    @property
    def parents(self) -> tuple[int, ...]:
        """Numbers of the one or two shards that it continues."""
        return tuple(one for one in (self.parent, self.adjacent) if one is not None)

    def sequence(self, place: int, moment: float) -> str:
        """The sequence number of a place of this shard."""
        return places.text(self.created, self.number, place, moment)

    def hash_range(self) -> dict[str, str]:
        """HashKeyRange of the API."""
        return {"StartingHashKey": str(self.low), "EndingHashKey": str(self.high)}

    def shape(self) -> dict[str, Any]:
        """Shard of the API."""
        sequences = {"StartingSequenceNumber": self.sequence(self.first, self.created)}
        if self.closed is not None and self.last is not None:
            sequences["EndingSequenceNumber"] = self.sequence(self.last, self.closed)
        shape: dict[str, Any] = {
            "ShardId": self.name,
            "HashKeyRange": self.hash_range(),
            "SequenceNumberRange": sequences,
        }
        if self.parent is not None:
            shape["ParentShardId"] = name_of(self.parent)
        if self.adjacent is not None:
            shape["AdjacentParentShardId"] = name_of(self.adjacent)
        return shape


def name_of(number: int) -> str:
    """`shardId-000000000007`"""
    return f"shardId-{number:012d}"


def number_of(name: str) -> int | None:
    """The number in a ShardId, with or without its prefix; None when there is none."""
    digits = name.removeprefix("shardId-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else None


def _shard(row: Sequence[Any]) -> Shard:
    number, low, high = row[1], int(row[4]), int(row[5])
    return Shard(row[0], number, row[2], row[3], low, high, *row[6:])


def of_stream(tx: Transaction, stream: int, *, since: float = 0.0) -> list[Shard]:
    """Shards by number; those that were closed before `since` are left out."""
    found = tx.all(
        f"SELECT {_COLUMNS} FROM kinesis_shards WHERE stream=? AND (closed IS NULL OR closed>?)"
        " ORDER BY number",
        (stream, since),
    )
    return [_shard(row) for row in found]


def open_shards(tx: Transaction, stream: int) -> list[Shard]:
    """Those that take records, in the order of their hash keys."""
    found = tx.all(
        f"SELECT {_COLUMNS} FROM kinesis_shards WHERE stream=? AND closed IS NULL", (stream,)
    )
    return sorted(map(_shard, found), key=lambda shard: shard.low)


def find(tx: Transaction, stream: int, number: int) -> Shard | None:
    """A shard by its number."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM kinesis_shards WHERE stream=? AND number=?", (stream, number)
    )
    return None if row is None else _shard(row)


def children(tx: Transaction, stream: int, shard: Shard) -> list[dict[str, Any]]:
    """ChildShards of the API."""
    found = tx.all(
        f"SELECT {_COLUMNS} FROM kinesis_shards WHERE stream=?1 AND (parent=?2 OR adjacent=?2)"
        " ORDER BY number",
        (stream, shard.number),
    )
    return [
        {
            "ShardId": child.name,
            "ParentShards": [name_of(parent) for parent in child.parents],
            "HashKeyRange": child.hash_range(),
        }
        for child in map(_shard, found)
    ]


def open_first(tx: Transaction, stream: int, count: int) -> None:
    """The shards of a new stream, of equal ranges."""
    for low, high in ranges(count):
        _open(tx, stream, low, high)


def ranges(count: int) -> list[tuple[int, int]]:
    """All hash keys in `count` parts of equal size; the last takes what is left over."""
    size = HASH_KEYS // count
    lows = [index * size for index in range(count)]
    return list(zip(lows, [low - 1 for low in lows[1:]] + [HASH_KEYS - 1], strict=True))


def _open(
    tx: Transaction,
    stream: int,
    low: int,
    high: int,
    parent: int | None = None,
    adjacent: int | None = None,
) -> Shard:
    row = tx.one(
        "UPDATE kinesis_streams SET numbers=numbers+1 WHERE id=? RETURNING numbers-1", (stream,)
    )
    assert row is not None
    shard = Shard(
        id=tx.number("kinesis.shards"),
        number=row[0],
        parent=parent,
        adjacent=adjacent,
        low=low,
        high=high,
        created=tx.now,
        first=places.draw(tx),
        closed=None,
        last=None,
    )
    tx.execute(
        "INSERT INTO kinesis_shards VALUES(?,?,?,?,?,?,?,?,?,NULL,NULL)",
        (
            shard.id,
            stream,
            shard.number,
            parent,
            adjacent,
            str(low),
            str(high),
            shard.created,
            shard.first,
        ),
    )
    return shard


def _close(tx: Transaction, shard: Shard) -> None:
    tx.execute(
        "UPDATE kinesis_shards SET closed=?, last=? WHERE id=?",
        (tx.now, places.draw(tx), shard.id),
    )


def split(tx: Transaction, stream: int, shard: Shard, at: int) -> tuple[Shard, Shard]:
    """Close a shard and continue it with two, the upper of which begins with the key `at`."""
    _close(tx, shard)
    lower = _open(tx, stream, shard.low, at - 1, shard.number)
    return lower, _open(tx, stream, at, shard.high, shard.number)


def merge(tx: Transaction, stream: int, shard: Shard, adjacent: Shard) -> Shard:
    """Close two neighbours and continue them with one."""
    _close(tx, shard)
    _close(tx, adjacent)
    low, high = min(shard.low, adjacent.low), max(shard.high, adjacent.high)
    return _open(tx, stream, low, high, shard.number, adjacent.number)


def scale(tx: Transaction, stream: int, count: int) -> None:
    """Bring the open shards to `count` of equal ranges, by splits and merges as AWS does.

    A shard in between that lives only within this change is closed and empty.
    """
    rest = open_shards(tx, stream)
    for low, high in ranges(count):
        whole: Shard | None = None
        while rest and rest[0].low <= high:
            part = rest.pop(0)
            if part.high > high:
                part, above = split(tx, stream, part, high + 1)
                rest.insert(0, above)
            whole = part if whole is None else merge(tx, stream, whole, part)
        assert whole is not None and (whole.low, whole.high) == (low, high)
