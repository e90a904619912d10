"""Log lines on their way to the store: gathered for a moment, then written in one closure.

A line is nothing that anybody was promised, so it must cost its writer as little as possible. It
waits a few milliseconds, and when a function prints faster than the disk takes it, lines beyond a
limit are dropped rather than memory filled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

_DELAY = 0.02
_MOST = 200_000
_LONG = 500
"""Lines of one write at the most that the event loop may make itself."""

Lines = list[tuple[int, str]]
Put = Callable[[Transaction, str, str, Sequence[tuple[int, str]]], None]


class LogWriter:
    """See kernel.ports.LogSink. `put` stores the lines of one stream. On the event loop only."""

    def __init__(self, database: Database, put: Put) -> None:
        self._database = database
        self._put = put
        self._waiting: dict[tuple[str, str], Lines] = {}
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> bool:
        """Whether lines are still to be handed to the writer."""
        return bool(self._waiting)

    def put(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Append (epoch milliseconds, text) lines."""
        if self._count > _MOST:
            return
        self._waiting.setdefault((group, stream), []).extend(lines)
        self._count += len(lines)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_DELAY, self.flush)

    def flush(self) -> None:
        """Hand what is waiting to the writer now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, {}
        count, self._count = self._count, 0
        if not waiting:
            return

        def write(tx: Transaction) -> None:
            for (group, stream), lines in waiting.items():
                self._put(tx, group, stream, lines)

        self._database.post(write, long=count > _LONG)
