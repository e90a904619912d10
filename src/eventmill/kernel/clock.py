"""The one clock: real time plus an offset that tests may raise.

Everything that waits (visibility, delay, retry, window, schedule, retention) reads `now()` and
sets `timer()`; what lives in another process (a function's deadline, a signature's age) reads
`real()`. The clock never stands still and never goes back: a wall clock that is set back
between two readings would otherwise make due work wait again.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any


class Timer:
    """A callback waiting for its due time; `cancel()` forgets it."""

    __slots__ = ("callback", "due")

    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Forget the callback. Cancelling twice, or after it ran, does nothing."""
        self.callback = None


class Clock:
    """Readings are seconds since the epoch. Timers run on the event loop that sets them."""

    def __init__(self, offset: float = 0.0) -> None:
        self._offset = offset
        self._epoch = time.time() - time.monotonic()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handle: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """The moved time."""
        return self._epoch + time.monotonic() + self._offset

    def now_ms(self) -> int:
        """The moved time in milliseconds."""
        return int(self.now() * 1000)

    def real(self) -> float:
        """The time that other processes see."""
        return self._epoch + time.monotonic()

    ticks = staticmethod(time.perf_counter)
    """Seconds from some moment on, for durations: the cheapest of the readings."""

    @property
    def offset(self) -> float:
        """Seconds by which the moved time is ahead of the real one."""
        return self._offset

    def advance(self, seconds: float) -> None:
        """Move time forward and run what becomes due. Call it on the event loop's thread."""
        if seconds < 0:
            raise ValueError("time only moves forward")
        self._offset += seconds
        self._fire()

    def timer(self, due: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` once the moved time reaches `due`. Call it on the event loop's thread."""
        timer = Timer(due, callback)
        heapq.heappush(self._timers, (due, next(self._order), timer))
        if self._timers[0][2] is timer:
            self._arm()
        return timer

    async def sleep_until(self, due: float) -> None:
        """Wait until the moved time reaches `due`."""
        reached = asyncio.get_running_loop().create_future()
        timer = self.timer(due, lambda: None if reached.done() else reached.set_result(None))
        try:
            await reached
        finally:
            timer.cancel()

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        if not self._timers:
            return
        loop = asyncio.get_running_loop()
        # A loop's timers are exact to its own clock's grain, so firing a hair early is possible:
        # _fire then arms again for the rest.
        delay = max(0.0, self._timers[0][0] - self.now())
        self._handle = loop.call_later(min(delay, 86_400.0), self._fire)

    def _fire(self) -> None:
        now = self.now()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()
        self._arm()


def iso_epoch(text: str) -> float:
    """The moment that ISO 8601 text names, in UTC where it says no zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def epoch_of(value: Any) -> float:
    """The moment that a number or a text means: epoch seconds or ISO 8601. Raises ValueError."""
    try:
        seconds = float(value)
    except ValueError:
        return iso_epoch(value)
    if not math.isfinite(seconds):
        raise ValueError(f"{value} is no moment")
    return seconds


def iso_millis(epoch: float) -> str:
    """`2019-11-14T18:16:05.568Z`"""
    moment = datetime.fromtimestamp(epoch, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def iso_seconds(epoch: float) -> str:
    """`2019-11-14T18:16:05Z`"""
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%dT%H:%M:%SZ}"


def clf_time(epoch: float) -> str:
    """`12/Mar/2020:19:03:58 +0000`, the form of API Gateway's requestTime."""
    return f"{datetime.fromtimestamp(epoch, UTC):%d/%b/%Y:%H:%M:%S} +0000"


def utc(epoch: float) -> datetime:
    """The moment with its zone, as libraries want it."""
    return datetime.fromtimestamp(epoch, UTC)


def mail_date(epoch: float) -> str:
    """`Tue, 12 Mar 2024 19:03:58 +0000`, as in a mail's headers."""
    return format_datetime(utc(epoch))
