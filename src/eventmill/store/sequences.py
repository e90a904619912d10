"""Ascending numbers that are never given twice, across deletions, failures and starts.

SQLite's AUTOINCREMENT promises the same, and writes a page of its own with every row. Here a block
of numbers is reserved in one row, and the rest of the block is counted in memory; what a stop
leaves of it is never used.
"""

from __future__ import annotations

import sqlite3

SCHEMA = (
    """
    CREATE TABLE sequences(
      name TEXT PRIMARY KEY,
      free INTEGER NOT NULL            -- this number and those above it are not reserved
    ) WITHOUT ROWID;
    """,
)
_BLOCK = 1_000


class Sequences:
    """The numbers of one database. For the writer alone."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}
        self._end: dict[str, int] = {}
        self._uncommitted: set[str] = set()

    def take(self, connection: sqlite3.Connection, name: str) -> int:
        """The next number of the sequence `name`, which begins at 1."""
        number = self._next.get(name, 0)
        if number == self._end.get(name, 0):
            (end,) = connection.execute(
                "INSERT INTO sequences VALUES(?, 1+?)"
                " ON CONFLICT(name) DO UPDATE SET free=free+? RETURNING free",
                (name, _BLOCK, _BLOCK),
            ).fetchone()
            self._uncommitted.add(name)
            self._end[name] = end
            number = end - _BLOCK
        self._next[name] = number + 1
        return number

    def committed(self) -> None:
        """The transaction is on the disk, and so is what it reserved."""
        self._uncommitted.clear()

    def undone(self) -> None:
        """Changes were rolled back, perhaps a reservation too: reserve again before use."""
        for name in self._uncommitted:
            self._next.pop(name, None)
            self._end.pop(name, None)
        self._uncommitted.clear()
