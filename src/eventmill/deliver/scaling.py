"""How many batches of a queue run at once.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

from __future__ import annotations

from dataclasses import dataclass

from eventmill.services.lambda_ import EventSourceMapping


@dataclass(frozen=True, slots=True)
class Growth:
    """Batches at the start, at the most, and how many more each second of work allows."""

    start: int
    most: int
    per_second: float


PER_POLLER = 10
"""Batches that one provisioned poller has running at once."""


def growth_of(mapping: EventSourceMapping) -> Growth:
    """5 batches and 300 more a minute; a provisioned mapping has its own bounds and adds 1,000."""
    if mapping.pollers is not None:
        least, most = mapping.pollers
        return Growth(least * PER_POLLER, most * PER_POLLER, 1_000 / 60)
    most = 1_250 if mapping.maximum_concurrency is None else mapping.maximum_concurrency
    return Growth(5, most, 5.0)


class Ramp:
    """Allows more batches for as long as there is work."""

    def __init__(self, growth: Growth) -> None:
        self._growth = growth
        self._since: float | None = None

    def allowed(self, now: float) -> int:
        """Batches that may run at `now`."""
        if self._since is None:
            self._since = now
        growth = self._growth
        return min(growth.most, growth.start + int((now - self._since) * growth.per_second))

    def grows(self, now: float) -> float | None:
        """When one more than now will be allowed; None when there is no more to come."""
        allowed, growth = self.allowed(now), self._growth
        if allowed >= growth.most or self._since is None:
            return None
        return self._since + (allowed + 1 - growth.start) / growth.per_second

    def rest(self) -> None:
        """The queue ran empty, or its function fails: start over."""
        self._since = None
