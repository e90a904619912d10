"""A value of a metric, as those who measure hand it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Dimensions = tuple[tuple[str, str], ...]
"""(name, value) pairs in the order of their names."""

Count = tuple[Any, ...]
"""Something that happened once: its kind, to what (names, or none), and last a hashable value by
which it is measured. What the kinds mean is in observe/named.py."""


def milliseconds(seconds: float) -> float:
    """A duration for a count: cut short, so that calls which took about as long share theirs."""
    return int(seconds * 10_000) / 10 if seconds < 0.01 else float(int(seconds * 1_000))


@dataclass(frozen=True, slots=True)
class Sample:
    """A value at a moved time; `count` says how often it occurred."""

    namespace: str
    name: str
    dimensions: Dimensions
    value: float
    at: float
    unit: str = "None"
    count: float = 1.0
