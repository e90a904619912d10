"""What a deployment tells of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class StackResult:
    """What a deployment did, by logical id."""

    number: str = ""
    """The stack's id."""
    outputs: dict[str, Any] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
