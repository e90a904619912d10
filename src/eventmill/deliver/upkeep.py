"""What services do as time passes: retention, time to live, message move tasks.

Each chore runs when it is due or when it is announced, and says when it wants to run again. Idle
means no chore runs at all.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from eventmill.deliver.inflight import Flights, Motion
from eventmill.deliver.tasks import Tasks
from eventmill.kernel.clock import Clock
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

_AT_MOST_EVERY = 60.0
"""Seconds: what is past its time may lie a little longer, but must not cost a commit each."""

_AT_LEAST_EVERY = 3_600.0
"""Seconds: nobody tells a chore without a key of what came meanwhile and is due before the rest."""


@dataclass(frozen=True, slots=True)
class Chore:
    """`run` does what is due and returns when it wants to run again, or None.

    `key` is announced when it should run at once. `waiting` is set when what it does is an event on
    its way, which `settle` waits for: it tells when the chore has something to do, or None.
    """

    name: str
    run: Callable[[Transaction], float | None]
    key: str | None = None
    waiting: Callable[[Transaction], float | None] | None = None


class Upkeep:
    """One loop for each chore."""

    def __init__(self, database: Database, clock: Clock, flights: Flights) -> None:
        self._database = database
        self._clock = clock
        self._flights = flights
        self._tasks = Tasks()
        self._names: list[str] = []

    def start(self, chores: list[Chore]) -> None:
        """Begin."""
        for chore in chores:
            self._names.append(chore.name)
            if chore.waiting is not None:
                self._flights.add(partial(_moving, chore.name, chore.waiting))
            self._tasks.keep(partial(self._loop, chore), chore.name)

    async def stop(self) -> None:
        """Stop all."""
        await self._tasks.stop(0, *self._names)

    async def _loop(self, chore: Chore) -> None:
        keys = (chore.key,) if chore.key else ()
        with self._database.signals.listen(*keys) as signal:
            while True:
                due = await self._database.write(chore.run, long=True)
                if chore.key is None:
                    due = min(due or math.inf, self._clock.now() + _AT_LEAST_EVERY)
                if chore.waiting is None and due is not None:
                    due = max(due, self._clock.now() + _AT_MOST_EVERY)
                await signal.wait(due)
                await asyncio.sleep(0)


def _moving(
    name: str, waiting: Callable[[Transaction], float | None], tx: Transaction
) -> Iterator[Motion]:
    due = waiting(tx)
    if due is not None:
        yield Motion(name, 1, None if due <= tx.now else due)
