"""Regular expressions as Java writes them, which is what API Gateway and Velocity take."""

from __future__ import annotations

import re
from functools import lru_cache

_NAMED = re.compile(r"\(\?<(?![=!])")


@lru_cache(maxsize=1_024)
def compiled(pattern: str) -> re.Pattern[str]:
    """Python's form; the two differ in how groups are named. Raises re.error."""
    return re.compile(_NAMED.sub("(?P<", pattern))
