"""The database: one writer with group commit (see writer.py), readers of committed state."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from traceback import clear_frames
from typing import Literal, TypeVar

from eventmill.kernel.clock import Clock
from eventmill.kernel.metrics import Count
from eventmill.store.connection import connect, reserve_log
from eventmill.store.migrations import migrate
from eventmill.store.sequences import SCHEMA as SEQUENCES
from eventmill.store.signals import Signals
from eventmill.store.transaction import Transaction
from eventmill.store.writer import Closure, Writer

T = TypeVar("T")
Durability = Literal["power", "process"]


class Database:
    """See the module. Open it on the event loop that will use it."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        schemas: Mapping[str, Sequence[str]],
        durability: Durability = "power",
    ) -> None:
        """`schemas` names each component's migrations, SQL scripts in order.

        Raises StoreError when the file is no database of ours, is damaged or is newer than us.
        """
        self.signals = Signals(clock)
        self._clock = clock
        self._path = path
        self._changing = connect(path, durability)
        migrate(self._changing, {"sequences": SEQUENCES, **schemas})
        if durability == "power":
            reserve_log(path)
        self._reader = connect(path, durability, read_only=True)
        self._local = threading.local()
        self._scanning: list[sqlite3.Connection] = []
        self._scanners = ThreadPoolExecutor(2, thread_name_prefix="reader")
        self._loop = asyncio.get_running_loop()
        self._counted: Callable[[Sequence[Count]], None] = lambda counts: None
        self._writer = Writer(self._changing, path, clock, self.signals, self._counted)

    def count_into(self, sink: Callable[[Sequence[Count]], None]) -> None:
        """Have `sink` told, on the event loop, what closures counted."""
        self._counted = self._writer.counted = sink

    async def write(self, closure: Callable[[Transaction], T], *, long: bool = False) -> T:
        """Run `closure` in a write transaction; returns once its change is on disk.

        `long` says that it may take more than a few milliseconds: many rows, or other files.
        What it raises undoes its change alone and is raised here.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._writer.add(closure, future, long=long)
        return future.result() if future.done() else await future

    def post(self, closure: Closure, *, long: bool = False) -> None:
        """Run `closure` in a write transaction soon, without waiting for it.

        For what nobody was promised: log lines, metrics. Its errors are dropped; `long` as in
        `write`.
        """
        self._writer.add(closure, None, long=long)

    def read(self, closure: Callable[[Transaction], T]) -> T:
        """Run a short `closure` over committed state, here and now on the event loop.

        A point query takes some ten microseconds, a hop to a thread and back five times that.
        What may scan many rows belongs into `scan`.
        """
        result, counts = self._read(self._reader, closure)
        if counts:
            self._counted(counts)
        return result

    async def scan(self, closure: Callable[[Transaction], T]) -> T:
        """Run a long `closure` over committed state on a reader thread."""
        result, counts = await self._loop.run_in_executor(self._scanners, self._scan, closure)
        if counts:
            self._counted(counts)
        return result

    async def close(self) -> None:
        """Finish what is queued, then close the files."""
        await self._writer.close()
        self._scanners.shutdown(wait=True)
        for connection in (*self._scanning, self._reader, self._changing):
            connection.close()

    def _scan(self, closure: Callable[[Transaction], T]) -> tuple[T, list[Count]]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path, "power", read_only=True)
            self._scanning.append(connection)
        return self._read(connection, closure)

    def _read(
        self, connection: sqlite3.Connection, closure: Callable[[Transaction], T]
    ) -> tuple[T, list[Count]]:
        """Everything that `closure` reads is of one moment, whatever the writer's thread commits
        meanwhile; one that is run within another reads that one's."""
        transaction = Transaction(connection, self._clock.now())
        if connection.in_transaction:
            return closure(transaction), transaction.counted
        connection.execute("BEGIN")
        try:
            return closure(transaction), transaction.counted
        except BaseException as error:
            # A query that was left half read keeps its moment: as long as the error's frames held
            # it, everything read on this connection would be of then.
            clear_frames(error.__traceback__)
            raise
        finally:
            connection.execute("COMMIT")
