"""A literal: equal in type and value; numbers by value, so 300 matches 3.0e2.

true is not 1: JSON's types are told apart although Python's booleans are numbers.
"""

from __future__ import annotations

from typing import Any

from eventmill.patterns.operators import Test


def key_of(value: Any) -> tuple[str, Any]:
    """What two equal JSON scalars share, and unequal ones do not."""
    if isinstance(value, bool) or value is None:
        return ("literal", value)
    if isinstance(value, int | float):
        return ("number", float(value))
    return ("string", value)


def compile_exact(value: Any) -> Test:
    """Matches `value` itself."""
    if isinstance(value, str):
        return lambda given: given == value and isinstance(given, str)
    wanted = key_of(value)
    return lambda given: key_of(given) == wanted
