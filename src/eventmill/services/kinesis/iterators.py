"""Shard iterators: where in a shard to read on, good for five minutes.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.kinesis import places, records, shards
from eventmill.services.kinesis.faults import argument, missing
from eventmill.services.kinesis.shards import Shard
from eventmill.services.kinesis.streams import Stream
from eventmill.store.transaction import Transaction

GOOD_SECONDS = 300
_NUMBERED = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


@dataclass(frozen=True, slots=True)
class Iterator:
    """`after` is the place behind which it reads; `made` epoch seconds."""

    stream: int
    shard: int
    after: int
    made: float

    def text(self) -> str:
        """As clients hold it."""
        inner = [self.stream, self.shard, self.after, round(self.made * 1_000)]
        return base64.urlsafe_b64encode(json.dumps(inner).encode()).decode()


def parse(text: str, now: float) -> Iterator:
    """Raises Invalid (InvalidArgumentException, ExpiredIteratorException)."""
    try:
        stream, shard, after, made = json.loads(base64.urlsafe_b64decode(text))
        iterator = Iterator(int(stream), int(shard), int(after), made / 1_000)
    except (ValueError, TypeError):
        raise argument("Invalid ShardIterator.") from None
    if now - iterator.made > GOOD_SECONDS:
        raise Invalid(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created at time {_moment(iterator.made)} while "
            f"right now it is {_moment(now)} which is further in the future than the tolerated "
            f"delay of {GOOD_SECONDS * 1_000} milliseconds.",
        )
    return iterator


def _moment(epoch: float) -> str:
    return f"{datetime.fromtimestamp(epoch, UTC):%a %b %d %H:%M:%S UTC %Y}"


def shard_of(tx: Transaction, stream: Stream, name: str) -> Shard:
    """The shard that a request names. Raises Invalid (ResourceNotFoundException)."""
    number = shards.number_of(name)
    where = f"in stream {stream.name} under account {stream.account}"
    if number is None:
        raise missing(f"Could not find shard {name} {where}.")
    shard = shards.find(tx, stream.id, number)
    oldest = tx.now - stream.kept
    if shard is None or (shard.closed is not None and shard.closed <= oldest):
        raise missing(f"Shard {shards.name_of(number)} {where} does not exist")
    return shard


def place(
    tx: Transaction,
    stream: Stream,
    shard: Shard,
    kind: str,
    sequence: str | None,
    timestamp: float | None,
) -> int:
    """The place behind which a starting position of that kind reads. Raises Invalid."""
    if (kind in _NUMBERED) != (sequence is not None):
        given = "no" if sequence is None else "also a"
        raise argument(
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
            "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
            f"Request specified {kind} and {given} StartingSequenceNumber."
        )
    if kind == "TRIM_HORIZON":
        return 0
    if kind == "LATEST":
        return records.newest(tx, shard)
    if kind == "AT_TIMESTAMP":
        return _since(tx, shard, timestamp)
    if kind not in _NUMBERED:
        raise argument(f"{kind} is no type of a shard iterator.")
    found = _numbered(stream, shard, str(sequence))
    return found - 1 if kind == "AT_SEQUENCE_NUMBER" else found


def _since(tx: Transaction, shard: Shard, timestamp: float | None) -> int:
    if timestamp is None:
        raise argument(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP."
        )
    if timestamp > tx.now + 1:
        raise argument(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {timestamp * 1_000:.0f}, "
            f"currentTimestampInMillis: {tx.now * 1_000:.0f}"
        )
    return records.before(tx, shard, timestamp)


def _numbered(stream: Stream, shard: Shard, sequence: str) -> int:
    try:
        number, found = places.parse(sequence)
    except ValueError:
        raise argument(
            f"StartingSequenceNumber {sequence} used in GetShardIterator on shard {shard.name} in "
            f"stream {stream.name} under account {stream.account} is invalid."
        ) from None
    if number != shard.number:
        raise argument(
            f"Invalid StartingSequenceNumber. It encodes {shards.name_of(number)}, while it was "
            f"used in a call to a shard with {shard.name}"
        )
    if found < shard.first:
        raise argument(
            f"StartingSequenceNumber {sequence} used in GetShardIterator on shard {shard.name} in "
            f"stream {stream.name} under account {stream.account} is invalid because it did not "
            "come from this stream."
        )
    return found


def starting(tx: Transaction, stream: Stream, shard: Shard, position: Mapping[str, Any]) -> int:
    """The place of a StartingPosition. Raises Invalid."""
    return place(
        tx,
        stream,
        shard,
        position["Type"],
        position.get("SequenceNumber"),
        position.get("Timestamp"),
    )
