"""Sequence numbers, and the rows that records lie in.

A record's place is a number that the writer draws, so later records have higher ones. Its row's
key holds the shard's id above the place: the records of a shard lie side by side, in order, in one
B-tree without a further index. Its sequence number is the place in the form that AWS's numbers
have: 56 digits, of a shard's creation, the place, the second and the shard.
"""

from __future__ import annotations

from eventmill.store.transaction import Transaction

SEQUENCE = "kinesis.places"

_BITS = 40
"""Enough for a million records a second over twelve days, or a thousand over thirty years."""


def draw(tx: Transaction) -> int:
    """The next place."""
    return tx.number(SEQUENCE)


def row(shard: int, place: int) -> int:
    """The key of the record's row."""
    return shard << _BITS | place


def place_of(row_id: int) -> int:
    """The place in a row's key."""
    return row_id & ((1 << _BITS) - 1)


def rows(shard: int) -> tuple[int, int]:
    """The keys of a shard's rows: from the first up to, but without, the second."""
    return shard << _BITS, (shard + 1) << _BITS


def text(opened: float, number: int, place: int, moment: float) -> str:
    """The sequence number of a place in the shard `number` that was opened at `opened`."""
    return str(
        int(
            f"2{int(opened):09x}{number & 15:x}{place:016x}0{int(moment):010x}{number:08x}2",
            16,
        )
    )


def parse(sequence: str) -> tuple[int, int]:
    """(shard's number, place). Raises ValueError when it is no sequence number of ours."""
    digits = f"{int(sequence):x}"
    if len(digits) != 47 or digits[0] != "2" or digits[-1] != "2":
        raise ValueError(f"not a sequence number: {sequence}")
    return int(digits[38:46], 16), int(digits[11:27], 16)
