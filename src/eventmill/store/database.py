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
from eventmill.store.connection import connect
from eventmill.store.migrations import migrate
from eventmill.store.signals import Signals
from eventmill.store.transaction import Transaction

T = TypeVar("T")
Closure = Callable[[Transaction], Any]
Answer = Callable[[Any, BaseException | None], None]
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
        migrate(self._writer, schemas)
        self._reader = connect(path, durability, read_only=True)
        self._local = threading.local()
        self._scanning: list[sqlite3.Connection] = []
        self._scanners = ThreadPoolExecutor(2, thread_name_prefix="reader")
        self._queue: SimpleQueue[tuple[Closure, Answer] | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    async def write(self, closure: Callable[[Transaction], T]) -> T:
        """Run `closure` on the writer; returns once its change is on disk.

        What it raises undoes its change alone and is raised here.
        """
        future: asyncio.Future[T] = self._loop.create_future()

        def answer(result: Any, error: BaseException | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self._queue.put((closure, answer))
        return await future

    def post(self, closure: Closure) -> None:
        """Run `closure` on the writer soon, from any thread, without waiting for it.

        For what nobody was promised: log lines, metrics. Its errors are dropped.
        """
        self._queue.put((closure, _ignore))

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

    def _commit(self, group: list[tuple[Closure, Answer]]) -> None:
        answers: list[tuple[Answer, Any, BaseException | None]] = []
        announced: list[str] = []
        actions: list[Callable[[], None]] = []
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for closure, answer in group:
                try:
                    result, transaction = self._run(closure)
                except Exception as error:
                    answers.append((answer, None, error))
                    continue
                keys, after = transaction.drain()
                announced.extend(keys)
                actions.extend(after)
                answers.append((answer, result, None))
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            failure = StoreError(f"the change could not be written to {self._path}: {error}")
            answers = [(answer, None, failure) for _, answer in group]
            announced, actions = [], []
        for action in actions:
            action()
        self._loop.call_soon_threadsafe(self._answer, answers, announced)

    def _run(self, closure: Closure) -> tuple[Any, Transaction]:
        transaction = Transaction(self._writer, self._clock.now())
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
        return result, transaction

    def _answer(
        self,
        answers: list[tuple[Answer, Any, BaseException | None]],
        announced: list[str],
    ) -> None:
        for answer, result, error in answers:
            answer(result, error)
        if announced:
            self.signals.announce(dict.fromkeys(announced))


def _ignore(result: Any, error: BaseException | None) -> None:
    """The answer nobody waits for."""
