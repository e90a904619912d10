"""The database: one writer with group commit, readers of committed state.

The writer thread takes whatever closures are queued, runs them in one transaction, a savepoint
each so that one failing request fails alone, commits once with one fsync, and then answers all.
Answering before the commit would acknowledge what a crash can still take away.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, TypeVar

from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import StoreError
from eventmill.store.connection import connect, reserve_log
from eventmill.store.migrations import migrate
from eventmill.store.sequences import SCHEMA as SEQUENCES
from eventmill.store.sequences import Sequences
from eventmill.store.signals import Signals
from eventmill.store.transaction import Transaction

T = TypeVar("T")
Closure = Callable[[Transaction], Any]
Work = tuple[Closure, "asyncio.Future[Any] | None"]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]
Durability = Literal["power", "process"]

_GROUP = 256
"""Closures in one commit at the most: beyond it the first would wait for the last."""


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
        self._writer = connect(path, durability)
        migrate(self._writer, {"sequences": SEQUENCES, **schemas})
        if durability == "power":
            reserve_log(path)
        self._reader = connect(path, durability, read_only=True)
        self._sequences = Sequences()
        self._local = threading.local()
        self._scanning: list[sqlite3.Connection] = []
        self._scanners = ThreadPoolExecutor(2, thread_name_prefix="reader")
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    async def write(self, closure: Callable[[Transaction], T]) -> T:
        """Run `closure` on the writer; returns once its change is on disk.

        What it raises undoes its change alone and is raised here.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put((closure, future))
        return await future

    def post(self, closure: Closure) -> None:
        """Run `closure` on the writer soon, from any thread, without waiting for it.

        For what nobody was promised: log lines, metrics. Its errors are dropped.
        """
        self._queue.put((closure, None))

    def read(self, closure: Callable[[Transaction], T]) -> T:
        """Run a short `closure` over committed state, here and now on the event loop.

        A point query takes some ten microseconds, a hop to a thread and back five times that.
        What may scan many rows belongs into `scan`.
        """
        return closure(Transaction(self._reader, self._clock.now()))

    async def scan(self, closure: Callable[[Transaction], T]) -> T:
        """Run a long `closure` over committed state on a reader thread."""
        return await self._loop.run_in_executor(self._scanners, self._scan, closure)

    async def close(self) -> None:
        """Finish what is queued, then close the files."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._scanners.shutdown(wait=True)
        for connection in (*self._scanning, self._reader, self._writer):
            connection.close()

    def _scan(self, closure: Callable[[Transaction], T]) -> T:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path, "power", read_only=True)
            self._scanning.append(connection)
        return closure(Transaction(connection, self._clock.now()))

    def _serve(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first]
            stop = False
            while len(group) < _GROUP and not self._queue.empty():
                item = self._queue.get()
                if item is None:
                    stop = True
                    break
                group.append(item)
            self._commit(group)
            if stop:
                return

    def _commit(self, group: list[Work]) -> None:
        outcomes: list[Outcome] = []
        announced: list[str] = []
        actions: list[Callable[[], None]] = []
        run = self._run if len(group) > 1 else self._run_alone
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for closure, future in group:
                transaction = Transaction(self._writer, self._clock.now(), self._sequences)
                result: Any = None
                failure: Exception | None = None
                try:
                    result = run(closure, transaction)
                except Exception as error:
                    failure = error
                    self._sequences.undone()
                else:
                    keys, after = transaction.drain()
                    announced += keys
                    actions += after
                if future is not None:
                    outcomes.append((future, result, failure))
            self._writer.execute("COMMIT")
            self._sequences.committed()
        except sqlite3.Error as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            self._sequences.undone()
            lost = StoreError(f"the change could not be written to {self._path}: {error}")
            outcomes = [(future, None, lost) for _, future in group if future is not None]
            announced, actions = [], []
        for action in actions:
            action()
        if outcomes or announced:
            self._loop.call_soon_threadsafe(self._answer, outcomes, announced)

    def _run(self, closure: Closure, transaction: Transaction) -> Any:
        self._writer.execute("SAVEPOINT call")
        try:
            result = closure(transaction)
        except BaseException:
            # Disk errors such as SQLITE_FULL end the whole transaction by themselves.
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK TO call")
                self._writer.execute("RELEASE call")
            raise
        self._writer.execute("RELEASE call")
        return result

    def _run_alone(self, closure: Closure, transaction: Transaction) -> Any:
        """Without a savepoint: a failure undoes the whole transaction and begins an empty one."""
        try:
            return closure(transaction)
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
                self._writer.execute("BEGIN IMMEDIATE")
            raise

    def _answer(self, outcomes: list[Outcome], announced: list[str]) -> None:
        for future, result, error in outcomes:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        if announced:
            self.signals.announce(dict.fromkeys(announced))
