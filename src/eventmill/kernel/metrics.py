"""A value of a metric, as those who measure hand it on."""

from __future__ import annotations

from dataclasses import dataclass

Dimensions = tuple[tuple[str, str], ...]
"""(name, value) pairs in the order of their names."""


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
