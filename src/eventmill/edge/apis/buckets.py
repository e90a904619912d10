"""Token buckets, on the moved time: how API Gateway throttles.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

from collections.abc import Hashable

from eventmill.kernel.clock import Clock

_KEPT = 10_000
"""Buckets that are kept: a full one that is forgotten is full again, so the oldest may go."""


class Buckets:
    """One for each key that was ever asked for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._filled: dict[Hashable, tuple[float, float]] = {}

    def take(self, key: Hashable, rate: float, burst: float) -> bool:
        """Take a token of the key's bucket, which holds `burst` and gets `rate` a second."""
        now = self._clock.now()
        tokens, then = self._filled.pop(key, (burst, now))
        tokens = min(burst, tokens + (now - then) * rate)
        taken = tokens >= 1
        if len(self._filled) >= _KEPT:
            del self._filled[next(iter(self._filled))]
        self._filled[key] = (tokens - taken, now)
        return taken
