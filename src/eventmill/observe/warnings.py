"""What the owner of an application is told while it runs, each cause once."""

from __future__ import annotations

from collections.abc import Callable

_CAUSES = 1_000
"""So many are remembered; then they may be told anew."""


class Warnings:
    """`tell` shows a line to whoever runs the engine."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told: set[str] = set()

    def __call__(self, place: str, reason: str) -> None:
        """Tell why something failed at a place, unless it was told. What follows the first colon
        in the reason may differ from time to time."""
        cause = f"{place} {reason.partition(': ')[0]}"
        if cause in self._told:
            return
        if len(self._told) >= _CAUSES:
            self._told.clear()
        self._told.add(cause)
        self._tell(f"warning: {place}: {reason}")
