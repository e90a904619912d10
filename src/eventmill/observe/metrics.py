"""Metrics on their way to the store: gathered for a second, then written in one closure.

As with log lines nobody was promised them, so they must cost those who measure next to nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from eventmill.kernel.clock import Clock
from eventmill.kernel.metrics import Dimensions, Sample
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

_DELAY = 1.0
_MOST = 200_000
_LONG = 500
"""Samples of one write at the most that the event loop may make itself."""

Put = Callable[[Transaction, Sequence[Sample]], None]


class MetricWriter:
    """See kernel.ports.MetricSink. `put` stores samples.

    Made on the event loop; values come from the writer's thread too.
    """

    def __init__(self, database: Database, clock: Clock, put: Put) -> None:
        self._database = database
        self._clock = clock
        self._put = put
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Sample] = []
        self._begun = False
        self._timer: asyncio.TimerHandle | None = None

    def add(
        self, namespace: str, name: str, value: float, unit: str, dimensions: Dimensions
    ) -> None:
        """Note a value of now."""
        if len(self._waiting) >= _MOST:
            return
        self._waiting.append(Sample(namespace, name, dimensions, value, self._clock.now(), unit))
        if not self._begun:
            self._begun = True
            self._loop.call_soon_threadsafe(self._begin)

    @property
    def waiting(self) -> bool:
        """Whether some values are not on their way to the store yet."""
        return bool(self._waiting)

    def _begin(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(_DELAY, self.flush)

    def flush(self) -> None:
        """Hand what is waiting to the writer now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._begun = False
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._database.post(lambda tx: self._put(tx, waiting), long=len(waiting) > _LONG)
