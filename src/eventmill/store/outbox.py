"""Events that a change caused and that still have to be carried to their targets.

A row is written in the transaction of the change. Only deliver takes rows, by due time; a hop
between two of our own services takes the row, makes the change and deletes the row in one
transaction, so that it happens exactly once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from eventmill.store.transaction import Transaction

SCHEMA = (
    """
    CREATE TABLE outbox(
      id INTEGER PRIMARY KEY,
      due REAL NOT NULL,          -- moved time from which it may be carried
      kind TEXT NOT NULL,         -- which carrier takes it, e.g. 's3.notification'
      target TEXT NOT NULL,       -- ARN or address
      payload BLOB NOT NULL,      -- what the carrier needs, JSON
      attempts INTEGER NOT NULL DEFAULT 0,
      created REAL NOT NULL,
      trace TEXT                  -- X-Ray header carried along
    );
    CREATE INDEX outbox_due ON outbox(kind, due, id);
    """,
    """
    -- From now on an id is taken from a sequence, and none is given twice.
    INSERT INTO sequences SELECT 'outbox', coalesce(max(id), 0) + 1 FROM outbox;
    """,
)
_SEQUENCE = "outbox"
"""Whoever carries a row outside a transaction knows it by its id, perhaps after it was deleted: the
id must not be that of another one by then."""

KEY = "outbox"
"""Announced when a row was added or its due time came closer."""

IN_ORDER = 0.0
"""The due time of what must be carried in the order in which it came: a clock that was set back
between two starts would put what came later in front."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event on its way. Times are epoch seconds on the moved clock."""

    id: int
    due: float
    kind: str
    target: str
    payload: bytes
    attempts: int
    created: float
    trace: str | None


def emit(
    tx: Transaction,
    kind: str,
    target: str,
    payload: bytes,
    *,
    due: float | None = None,
    trace: str | None = None,
) -> int:
    """Add an event to be carried to `target`, at once or from `due` on. Returns its row id."""
    number = tx.number(_SEQUENCE)
    tx.execute(
        "INSERT INTO outbox(id, due, kind, target, payload, created, trace) VALUES(?,?,?,?,?,?,?)",
        (number, tx.now if due is None else due, kind, target, payload, tx.now, trace),
    )
    tx.announce(KEY)
    return number


def due_rows(tx: Transaction, kinds: Iterable[str], limit: int) -> list[OutboxRow]:
    """Rows of `kinds` whose time has come, of each kind up to `limit`, oldest due first.

    Kind by kind, so that many rows of one whose target is slow do not hide the others.
    """
    rows: list[OutboxRow] = []
    for kind in kinds:
        found = tx.all(
            "SELECT id, due, kind, target, payload, attempts, created, trace FROM outbox"
            " WHERE kind=? AND due<=? ORDER BY due, id LIMIT ?",
            (kind, tx.now, limit),
        )
        rows.extend(OutboxRow(*row) for row in found)
    rows.sort(key=lambda row: (row.due, row.id))
    return rows


def look(tx: Transaction, kinds: Iterable[str]) -> tuple[list[str], float | None]:
    """Of which `kinds` a row's time has come, and the earliest later time of any; None without.

    One statement for all: this is asked for with every event.
    """
    rows = tx.all(
        "SELECT value,"
        " (SELECT min(due) FROM outbox WHERE kind=value AND due<=?),"
        " (SELECT min(due) FROM outbox WHERE kind=value AND due>?)"
        " FROM json_each(?)",
        (tx.now, tx.now, orjson.dumps(list(kinds)).decode()),
    )
    later = min((row[2] for row in rows if row[2] is not None), default=None)
    return [row[0] for row in rows if row[1] is not None], later


def waiting(tx: Transaction) -> list[tuple[str, float, int]]:
    """(kind, due, count) of what is due now, and of what is due later by its time."""
    return [
        (kind, due, count)
        for kind, due, count in tx.all(
            "SELECT kind, max(due, ?), count(*) FROM outbox GROUP BY kind, max(due, ?)",
            (tx.now, tx.now),
        )
    ]


def settle(tx: Transaction, row_id: int) -> bool:
    """Delete a carried row. False when another carrier was first: then change nothing."""
    return tx.execute("DELETE FROM outbox WHERE id=?", (row_id,)).rowcount == 1


def retry(tx: Transaction, row_id: int, due: float, *, counted: bool = True) -> None:
    """Try a row again from `due` on; `counted` tells whether it was tried now."""
    tx.execute("UPDATE outbox SET due=?, attempts=attempts+? WHERE id=?", (due, counted, row_id))
    tx.announce(KEY)
