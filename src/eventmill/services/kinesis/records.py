"""Records: put into the shard of their hash key, read in order, trimmed when their time is over."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5

from eventmill.services.kinesis import places, shards
from eventmill.services.kinesis.shards import Shard
from eventmill.services.kinesis.streams import Stream, all_streams, announce, key
from eventmill.store.transaction import Transaction

READ_BYTES = 10 * 1_024 * 1_024
"""Bytes of one answer of GetRecords."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A record to be put; `hash_key` overrides that of its partition key."""

    key: str
    data: bytes
    hash_key: int | None = None

    @property
    def size(self) -> int:
        """Bytes that count against limits."""
        return len(self.data) + len(self.key.encode())


@dataclass(frozen=True, slots=True)
class Record:
    """A record that lies in a shard."""

    place: int
    sequence: str
    created: float
    key: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Read:
    """Records, and whether more lie behind them."""

    records: list[Record]
    more: bool


def shard_key(arn: str, shard: str) -> str:
    """Announced when the shard has new records."""
    return f"{key(arn)}:{shard}"


def put(tx: Transaction, stream: Stream, drafts: Sequence[Draft]) -> list[tuple[Shard, str]]:
    """Append records; returns the shard and the sequence number of each, in order."""
    targets = shards.open_shards(tx, stream.id)
    lows = [shard.low for shard in targets]
    spread = stream.settings.get("RecordDistributionStrategy") == "AUTO"
    rows, answers = [], []
    touched: dict[str, None] = {}
    for draft in drafts:
        place = places.draw(tx)
        if spread:
            shard = targets[place % len(targets)]
        else:
            hash_key = draft.hash_key
            if hash_key is None:
                digest = md5(draft.key.encode(), usedforsecurity=False).digest()
                hash_key = int.from_bytes(digest)
            shard = targets[bisect_right(lows, hash_key) - 1]
        rows.append((places.row(shard.id, place), tx.now, draft.key, draft.data))
        answers.append((shard, shard.sequence(place, tx.now)))
        touched[shard.name] = None
    tx.executemany("INSERT INTO kinesis_records VALUES(?,?,?,?)", rows)
    tx.announce(*(shard_key(stream.arn, name) for name in touched))
    return answers


def read(
    tx: Transaction,
    stream: Stream,
    shard: Shard,
    after: int,
    limit: int,
    most: int = READ_BYTES,
) -> Read:
    """Up to `limit` records and `most` bytes behind the place `after`, one record at least."""
    found: list[Record] = []
    size = 0
    for record in _rows(tx, stream, shard, after, limit + 1):
        size += len(record.data) + len(record.key)
        if len(found) == limit or (found and size > most):
            return Read(found, more=True)
        found.append(record)
    return Read(found, more=False)


def _rows(
    tx: Transaction, stream: Stream, shard: Shard, after: int, limit: int
) -> Iterator[Record]:
    low, high = places.rows(shard.id)
    cursor = tx.execute(
        "SELECT id, created, key, data FROM kinesis_records"
        " WHERE id>? AND id<? AND created>? ORDER BY id LIMIT ?",
        (low + after, high, tx.now - stream.kept, limit),
    )
    try:
        for row, created, partition_key, data in cursor:
            place = places.place_of(row)
            yield Record(place, shard.sequence(place, created), created, partition_key, data)
    finally:
        # An unfinished statement would hold on to an old state of the database.
        cursor.close()


def newest(tx: Transaction, shard: Shard) -> int:
    """The place of the shard's last record; that of its opening when it has none."""
    low, high = places.rows(shard.id)
    row = tx.one("SELECT max(id) FROM kinesis_records WHERE id>=? AND id<?", (low, high))
    return shard.first if row is None or row[0] is None else places.place_of(row[0])


def before(tx: Transaction, shard: Shard, moment: float) -> int:
    """The place behind which lie the shard's records that arrived at `moment` or later.

    A bisection: records lie in the order of their arrival, so none needs an index by time.
    """
    low, high = places.rows(shard.id)
    row = tx.one("SELECT min(id), max(id) FROM kinesis_records WHERE id>=? AND id<?", (low, high))
    if row is None or row[0] is None:
        return shard.first
    low, high = row[0], row[1] + 1
    while low < high:
        middle = (low + high) // 2
        found = tx.one(
            "SELECT id, created FROM kinesis_records WHERE id>=? ORDER BY id LIMIT 1", (middle,)
        )
        assert found is not None
        if found[1] < moment:
            low = found[0] + 1
        else:
            high = middle
    return places.place_of(low) - 1


def trim(tx: Transaction) -> None:
    """Trim every stream."""
    for stream in all_streams(tx):
        trim_stream(tx, stream)


def trim_stream(tx: Transaction, stream: Stream) -> None:
    """Delete records older than the stream keeps, and closed shards that have none left."""
    oldest = tx.now - stream.kept
    gone = False
    for shard in shards.of_stream(tx, stream.id):
        low, high = places.rows(shard.id)
        if shard.closed is not None and shard.closed <= oldest:
            tx.execute("DELETE FROM kinesis_records WHERE id>=? AND id<?", (low, high))
            tx.execute("DELETE FROM kinesis_shards WHERE id=?", (shard.id,))
            gone = True
        else:
            end = low + before(tx, shard, oldest)
            tx.execute("DELETE FROM kinesis_records WHERE id>=? AND id<=?", (low, end))
    if gone:
        announce(tx, stream)
