"""How many batches of a queue run at once.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

from __future__ import annotations

START = 5
PER_SECOND = 5.0
"""300 a minute."""
MOST = 1_250


class Ramp:
    """Starts with 5 concurrent batches and adds 300 a minute for as long as there is work."""

    def __init__(self, maximum: int | None) -> None:
        self._most = MOST if maximum is None else maximum
        self._since: float | None = None

    def allowed(self, now: float) -> int:
        """Batches that may run at `now`."""
        if self._since is None:
            self._since = now
        return min(self._most, START + int((now - self._since) * PER_SECOND))

    def grows(self, now: float) -> float | None:
        """When one more than now will be allowed; None when there is no more to come."""
        allowed = self.allowed(now)
        if allowed >= self._most or self._since is None:
            return None
        return self._since + (allowed + 1 - START) / PER_SECOND

    def rest(self) -> None:
        """The queue ran empty, or its function fails: start over."""
        self._since = None
