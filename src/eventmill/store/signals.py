"""Wake-ups: a commit announces what it changed, whoever waits for that goes on at once.

A signal is registered before its owner looks at the store. So a change between the look and the
wait is not missed: the signal is then already set, and the wait returns immediately.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType

from eventmill.kernel.clock import Clock


class Signal:
    """One waiter for a set of keys. Use it on the event loop only."""

    __slots__ = ("_clock", "_future", "_hub", "_set", "keys")

    def __init__(self, hub: Signals, clock: Clock, keys: Iterable[str]) -> None:
        self._hub = hub
        self._clock = clock
        self._future: asyncio.Future[bool] | None = None
        self._set = False
        self.keys = tuple(keys)
        hub.register(self)

    def fire(self) -> None:
        """Set it; a waiting owner goes on."""
        self._set = True
        if self._future is not None and not self._future.done():
            self._future.set_result(True)

    def take(self) -> bool:
        """Whether it was announced since the last look; clears the signal."""
        fired, self._set = self._set, False
        return fired

    async def wait(self, until: float | None = None) -> bool:
        """True once announced, False when the moved time reaches `until`; clears the signal."""
        if self._set:
            self._set = False
            return True
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._future = future
        timer = None
        if until is not None:
            timer = self._clock.timer(
                until, lambda: None if future.done() else future.set_result(False)
            )
        try:
            return await future
        finally:
            self._future = None
            self._set = False
            if timer is not None:
                timer.cancel()

    def close(self) -> None:
        """Stop listening."""
        self._hub.unregister(self)

    def __enter__(self) -> Signal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Signals:
    """Who waits for which key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, set[Signal]] = {}

    def listen(self, *keys: str) -> Signal:
        """A signal for any of `keys`; close it, or use it as a context manager."""
        return Signal(self, self._clock, keys)

    def register(self, signal: Signal) -> None:
        """Called by the signal itself."""
        for key in signal.keys:
            self._waiting.setdefault(key, set()).add(signal)

    def unregister(self, signal: Signal) -> None:
        """Called by the signal itself."""
        for key in signal.keys:
            waiting = self._waiting.get(key)
            if waiting is not None:
                waiting.discard(signal)
                if not waiting:
                    del self._waiting[key]

    def announce(self, keys: Iterable[str]) -> None:
        """Wake everyone who listens to one of `keys`. On the event loop's thread."""
        for key in keys:
            for signal in tuple(self._waiting.get(key, ())):
                signal.fire()
