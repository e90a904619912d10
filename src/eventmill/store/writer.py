"""The one connection that changes the database, and its commits.

Closures that arrive in the same turn of the event loop, or while a commit is under way, are run in
one transaction, a savepoint each so that one failing request fails alone, committed with one
sync, and then answered. Answering before the commit would acknowledge what a crash can still take
away.

Where a sync takes a millisecond or so the commit is made on the event loop itself: to hand it
to a thread and be woken again costs more processor time than the whole change, and the loop would
have little else to do in the meantime. On slower disks, and for closures that say they are long,
a thread does it, so that reads and running functions do not wait.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import StoreError
from eventmill.kernel.metrics import Count
from eventmill.store.sequences import Sequences
from eventmill.store.signals import Signals
from eventmill.store.transaction import Transaction

Closure = Callable[[Transaction], Any]

_GROUP = 256
"""Closures in one commit at the most: beyond it the first would wait for the last."""
_QUICK = 0.003
"""Seconds that a commit may take on average to be made on the event loop."""
_WEIGHT = 0.05
"""Of the newest commit in that average."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Work:
    closure: Closure
    future: asyncio.Future[Any] | None
    long: bool


@dataclass(slots=True)
class _Committed:
    """What to tell whom."""

    outcomes: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = field(
        default_factory=list
    )
    announced: list[str] = field(default_factory=list)
    counted: list[Count] = field(default_factory=list)


class Writer:
    """See the module. Everything but the commit itself happens on the event loop."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        clock: Clock,
        signals: Signals,
        counted: Callable[[Sequence[Count]], None],
    ) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock
        self._signals = signals
        self.counted = counted
        self._sequences = Sequences()
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Work] = []
        self._scheduled = False
        self._gathering = False
        self._handed = False
        self._took = 0.0
        self._groups: SimpleQueue[list[_Work] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    def add(self, closure: Closure, future: asyncio.Future[Any] | None, *, long: bool) -> None:
        """Run `closure` in the next commit, then settle `future`."""
        work = _Work(closure, future, long)
        if not (self._gathering or self._handed or self._waiting or long or self._took > _QUICK):
            # Alone, as far as can be told; who comes in the same turn of the loop is gathered.
            self._gathering = True
            self._schedule()
            self._answer(self._commit([work]))
            return
        self._waiting.append(work)
        if not self._handed:
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._turn)

    async def close(self) -> None:
        """Finish what was added, then end."""
        future: asyncio.Future[None] = self._loop.create_future()
        self.add(lambda tx: None, future, long=False)
        await future
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)

    def _turn(self) -> None:
        """Commit what has gathered, here or on the thread."""
        self._scheduled = False
        if self._handed or not self._waiting:
            self._gathering = False
            return
        group, self._waiting = self._waiting[:_GROUP], self._waiting[_GROUP:]
        if self._took > _QUICK or any(work.long for work in group):
            self._handed = True
            self._groups.put(group)
            return
        self._answer(self._commit(group))
        self._gathering = len(group) > 1
        if self._waiting:
            self._schedule()

    def _serve(self) -> None:
        while (group := self._groups.get()) is not None:
            committed = self._commit(group)
            self._loop.call_soon_threadsafe(self._returned, committed)

    def _returned(self, committed: _Committed) -> None:
        self._handed = False
        self._answer(committed)
        self._turn()

    def _answer(self, committed: _Committed) -> None:
        for future, result, error in committed.outcomes:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        if committed.announced:
            self._signals.announce(dict.fromkeys(committed.announced))
        if committed.counted:
            self.counted(committed.counted)

    def _commit(self, group: list[_Work]) -> _Committed:
        committed = _Committed()
        actions: list[Callable[[], None]] = []
        undone: list[Callable[[], None]] = []
        run = self._run if len(group) > 1 else self._run_alone
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for work in group:
                transaction = Transaction(self._connection, self._clock.now(), self._sequences)
                result: Any = None
                failure: Exception | None = None
                try:
                    result = run(work.closure, transaction)
                except Exception as error:
                    if not self._connection.in_transaction:
                        # The disk's error undid what the others did, too.
                        return self._lost(group, error, undone + transaction.undone)
                    failure = error
                    self._sequences.undone()
                    _follow(transaction.undone)
                else:
                    keys, after = transaction.drain()
                    committed.announced += keys
                    actions += after
                    undone += transaction.undone
                    committed.counted += transaction.counted
                if work.future is not None:
                    committed.outcomes.append((work.future, result, failure))
            began = self._clock.real()
            self._connection.execute("COMMIT")
            self._took += (self._clock.real() - began - self._took) * _WEIGHT
            self._sequences.committed()
        except sqlite3.Error as error:
            return self._lost(group, error, undone)
        _follow(actions)
        return committed

    def _lost(
        self, group: list[_Work], error: Exception, undone: list[Callable[[], None]]
    ) -> _Committed:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._sequences.undone()
        _follow(undone)
        lost = StoreError(f"the change could not be written to {self._path}: {error}")
        return _Committed([(work.future, None, lost) for work in group if work.future is not None])

    def _run(self, closure: Closure, transaction: Transaction) -> Any:
        self._connection.execute("SAVEPOINT call")
        try:
            result = closure(transaction)
        except BaseException:
            # Some errors of the disk end the whole transaction by themselves.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO call")
                self._connection.execute("RELEASE call")
            raise
        self._connection.execute("RELEASE call")
        return result

    def _run_alone(self, closure: Closure, transaction: Transaction) -> Any:
        """Without a savepoint: a failure undoes the whole transaction and begins an empty one."""
        try:
            return closure(transaction)
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
                self._connection.execute("BEGIN IMMEDIATE")
            raise


def _follow(actions: list[Callable[[], None]]) -> None:
    for action in actions:
        try:
            action()
        except Exception:
            # Those who wait for the commit must hear of it all the same.
            _log.exception("what follows a commit failed")
