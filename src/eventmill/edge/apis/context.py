"""Variables of `$context`, which name their place by a path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def value_at(context: Mapping[str, Any], path: str) -> Any:
    """What lies at `identity.sourceIp`, each step a member of the one before; None for nothing."""
    found: Any = context
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
