"""The durable state of a lane: which records of a shard are done with, and what is pending.

A shard is read by as many lanes as its mapping's ParallelizationFactor says. Each lane reads the
whole shard from its own position and keeps the records whose partition key falls to it: reading
is cheap, and so each lane has its own checkpoint and its own retries, and a restart needs nothing
but the position.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from eventmill.store.transaction import Transaction


@dataclass(slots=True)
class Pending:
    """A batch to be tried again: all records of the lane up to the sequence number `end`."""

    end: str
    failures: int
    tries: int


@dataclass(slots=True)
class Window:
    """An open tumbling window; `start` in epoch seconds."""

    start: float
    state: Any = field(default_factory=dict)
    failures: int = 0


@dataclass(slots=True)
class LaneState:
    """What a restart must know."""

    position: str | None = None
    pending: list[Pending] = field(default_factory=list)
    due: float = 0.0
    window: Window | None = None
    finished: bool = False


def lane_of(partition_key: str, lanes: int) -> int:
    """The lane of a partition key, the same at every start."""
    return zlib.crc32(partition_key.encode()) % lanes


def order(sequence: str) -> tuple[int, str]:
    """The key by which sequence numbers follow each other: decimal numbers of up to 128 bits, so
    a longer one is a later one."""
    return len(sequence), sequence


def load(tx: Transaction, mapping: str, shard: str, lane: int, lanes: int) -> LaneState:
    """The state of a lane.

    When the number of lanes has changed, all start from the earliest position of the old ones:
    some records come twice then, none is lost, and none overtakes another of its key.
    """
    rows = tx.all(
        "SELECT lane, lanes, position, pending, due, tumbling, finished FROM deliver_lanes"
        " WHERE mapping=? AND shard=? ORDER BY lane",
        (mapping, shard),
    )
    if any(row[1] != lanes for row in rows):
        positions = [row[2] for row in rows if not row[6]] or [row[2] for row in rows]
        finished = all(row[6] for row in rows)
        known = [position for position in positions if position is not None]
        earliest = min(known, key=order) if len(known) == len(positions) else None
        return LaneState(position=earliest, finished=finished)
    for number, _, position, pending, due, tumbling, finished in rows:
        if number == lane:
            return LaneState(
                position,
                [Pending(*entry) for entry in json.loads(pending)],
                due,
                None if tumbling is None else Window(**json.loads(tumbling)),
                bool(finished),
            )
    return LaneState()


def save(
    tx: Transaction, mapping: str, shard: str, lane: int, lanes: int, state: LaneState
) -> None:
    """Write the state of a lane."""
    pending = json.dumps([[entry.end, entry.failures, entry.tries] for entry in state.pending])
    tumbling = None
    if state.window is not None:
        window = state.window
        tumbling = json.dumps(
            {"start": window.start, "state": window.state, "failures": window.failures}
        )
    tx.execute(
        "INSERT OR REPLACE INTO deliver_lanes VALUES(?,?,?,?,?,?,?,?,?)",
        (
            mapping,
            shard,
            lane,
            lanes,
            state.position,
            pending,
            state.due,
            tumbling,
            int(state.finished),
        ),
    )


def adopt(tx: Transaction, mapping: str, shard: str, lanes: int) -> list[LaneState]:
    """Load all lanes of a shard, and bring their rows in line with the number of lanes."""
    states = [load(tx, mapping, shard, lane, lanes) for lane in range(lanes)]
    tx.execute("DELETE FROM deliver_lanes WHERE mapping=? AND shard=?", (mapping, shard))
    for lane, state in enumerate(states):
        save(tx, mapping, shard, lane, lanes, state)
    return states


def finished_shards(tx: Transaction, mapping: str) -> set[str]:
    """The shards of which every lane has reached the end."""
    rows = tx.all(
        "SELECT shard FROM deliver_lanes WHERE mapping=? GROUP BY shard HAVING min(finished)=1",
        (mapping,),
    )
    return {row[0] for row in rows}


def forget_shards(tx: Transaction, mapping: str, known: set[str]) -> None:
    """Drop the state of shards that the stream no longer has."""
    rows = tx.all("SELECT DISTINCT shard FROM deliver_lanes WHERE mapping=?", (mapping,))
    for (shard,) in rows:
        if shard not in known:
            tx.execute("DELETE FROM deliver_lanes WHERE mapping=? AND shard=?", (mapping, shard))


def forget_mappings(tx: Transaction, known: set[str]) -> None:
    """Drop the state of mappings that were deleted; `known` are those that exist."""
    for (mapping,) in tx.all("SELECT DISTINCT mapping FROM deliver_lanes"):
        if mapping not in known:
            tx.execute("DELETE FROM deliver_lanes WHERE mapping=?", (mapping,))
