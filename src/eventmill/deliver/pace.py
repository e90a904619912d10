"""How a lane waits, and what it lets be known about it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from eventmill.deliver.inflight import Flights
from eventmill.kernel.clock import Clock
from eventmill.store.signals import Signal

T = TypeVar("T")


class Pace:
    """`waits_until` is set during a wait that time ends; `blocked` when nothing else ends it."""

    def __init__(self, clock: Clock, flights: Flights, name: str) -> None:
        """`name` is what the hold of a batch in hand is called."""
        self.stopped = False
        self.waits_until: float | None = None
        self.blocked = False
        self._clock = clock
        self._flights = flights
        self._name = name
        self._held = ExitStack()
        self._signal: Signal | None = None
        self._work: asyncio.Future[Any] | None = None

    def follow(self, signal: Signal) -> None:
        """From now on news come by this signal."""
        self._signal = signal

    def stop(self) -> None:
        """End every wait, now and later."""
        self.stopped = True
        if self._signal is not None:
            self._signal.fire()
        if self._work is not None:
            self._work.cancel()

    async def unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What `work` returns; None when the lane is stopped before."""
        task = asyncio.ensure_future(work)
        self._work = task
        try:
            return await task
        except asyncio.CancelledError:
            if not self.stopped:
                raise
            return None
        finally:
            self._work = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """A batch is in hand."""
        self._take_hold()
        try:
            yield
        finally:
            self._held.close()

    async def pause(self, until: float | None, *, blocked: bool = True) -> None:
        """Wait in the midst of a hold: meanwhile nothing but time, or the news that `wait` looks
        at, moves the batch on."""
        self._held.close()
        try:
            await self.wait(until, blocked=blocked)
        finally:
            self._take_hold()

    async def wait(self, until: float | None, *, blocked: bool) -> None:
        """Wait for news or for `until`; `blocked` waits on through news."""
        assert self._signal is not None
        while not self.stopped and (until is None or self._clock.now() < until):
            self.waits_until, self.blocked = until, blocked
            try:
                await self._signal.wait(until)
            finally:
                self.waits_until, self.blocked = None, False
            if not blocked:
                return

    def _take_hold(self) -> None:
        self._held.enter_context(self._flights.hold(self._name))
