"""What a closure is given to read or change the store with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from eventmill.kernel.metrics import Count
from eventmill.store.sequences import Sequences

Row = tuple[Any, ...]


class Transaction:
    """One closure's view of the database.

    On the writer all closures of a group share one SQLite transaction and see each other's
    changes in order; on a reader it is the last committed state and changing it fails.
    """

    __slots__ = (
        "_announced",
        "_committed",
        "_connection",
        "_sequences",
        "_undone",
        "counted",
        "now",
    )

    def __init__(
        self, connection: sqlite3.Connection, now: float, sequences: Sequences | None = None
    ) -> None:
        self._connection = connection
        self._sequences = sequences or Sequences()
        self._announced: list[str] = []
        self._committed: list[Callable[[], None]] = []
        self._undone: list[Callable[[], None]] = []
        self.counted: list[Count] = []
        """What happened in it, for metrics; it counts once the change is committed."""
        self.now = now
        """The moved time at which the closure started; one value for all that it writes."""

    def execute(self, sql: str, params: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._connection.execute(sql, params)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> sqlite3.Cursor:
        """Run one statement for each row."""
        return self._connection.executemany(sql, rows)

    def one(self, sql: str, params: Sequence[Any] | dict[str, Any] = ()) -> Row | None:
        """The first row, or None."""
        row: Row | None = self._connection.execute(sql, params).fetchone()
        return row

    def all(self, sql: str, params: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        """Every row."""
        return self._connection.execute(sql, params).fetchall()

    def number(self, sequence: str) -> int:
        """The next number of a sequence: higher than every one before, and never given twice."""
        return self._sequences.take(self._connection, sequence)

    def announce(self, *keys: str) -> None:
        """Wake, after the commit, whoever watches one of `keys` (see store/signals.py)."""
        self._announced.extend(keys)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the change is on disk; never when it is not.

        It runs where the commit was made, on the event loop or on the writer's thread. For what
        the database does not hold, such as deleting a file that no row names any more.
        """
        self._committed.append(action)

    def unless_committed(self, action: Callable[[], None]) -> None:
        """Run `action` when the change does not come about, such as deleting a file that a row was
        to name. Where and for what as for `after_commit`."""
        self._undone.append(action)

    @property
    def ended(self) -> bool:
        """Whether an error of the disk ended the transaction: what else were done in it now would
        be committed statement by statement, so nothing may be."""
        return not self._connection.in_transaction

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that may fail alone: what it raises undoes only its own change.

        For a closure that does many independent things in one commit. Attempts do not nest. Who
        goes on after one that failed looks whether the transaction has `ended`.
        """
        announced, committed = len(self._announced), len(self._committed)
        undone, counted = len(self._undone), len(self.counted)
        self.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            if not self.ended:
                self.execute("ROLLBACK TO attempt")
                self.execute("RELEASE attempt")
            self._sequences.undone()
            del self._announced[announced:], self.counted[counted:]
            # What undoes this part does so whatever becomes of the others.
            self._committed[committed:] = self._undone[undone:]
            raise
        self.execute("RELEASE attempt")

    def drain(self) -> tuple[list[str], list[Callable[[], None]]]:
        """What to announce and to run after the commit. For the writer alone."""
        return self._announced, self._committed

    @property
    def undone(self) -> list[Callable[[], None]]:
        """What to run when there is none. For the writer alone."""
        return self._undone
