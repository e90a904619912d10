"""Whether an invocation waits for an environment that is in use, or gets a new one."""

from __future__ import annotations

_WEIGHT = 0.2
"""Of the newest measurement in an average."""


class Pace:
    """How long a function's environments are in use for one invocation, and how long they take to
    start: moving averages, seconds; None before the first."""

    def __init__(self) -> None:
        self.use: float | None = None
        self.start: float | None = None

    def used(self, seconds: float) -> None:
        """An environment was given back after so long."""
        self.use = _average(self.use, seconds)

    def started(self, seconds: float) -> None:
        """An environment was ready after so long."""
        self.start = _average(self.start, seconds)

    def prefers_waiting(self, waiting: int, busy: int) -> bool:
        """Whether the last of `waiting` invocations is sooner served by the `busy` environments.

        A start takes the processor from what runs, and memory afterwards.
        """
        if not busy or self.use is None or self.start is None:
            return False
        return self.use * waiting / busy < self.start


def _average(before: float | None, seconds: float) -> float:
    return seconds if before is None else before + (seconds - before) * _WEIGHT
