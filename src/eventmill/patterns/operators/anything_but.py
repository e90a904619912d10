"""anything-but: any value that is present and is none of those listed.

`null` and values of another type match: they are something else.
"""

from __future__ import annotations

from typing import Any

from eventmill.patterns.errors import PatternError
from eventmill.patterns.operators import Test
from eventmill.patterns.operators.affix import compile_affix
from eventmill.patterns.operators.exact import compile_exact
from eventmill.patterns.operators.ignore_case import compile_ignore_case
from eventmill.patterns.operators.numeric import is_number
from eventmill.patterns.operators.wildcard import compile_wildcard


def compile_anything_but(operand: Any, nested: frozenset[str]) -> Test:
    """A literal, a list of literals of one type, or one operator of `nested` with its operand."""
    if isinstance(operand, dict):
        return _not_any(_nested(operand, nested))
    values = operand if isinstance(operand, list) else [operand]
    if isinstance(operand, bool) or operand is None:
        raise PatternError("Value of anything-but must be an array or single string/number value.")
    if not values:
        raise PatternError("Empty arrays are not allowed")
    for value in values:
        if not isinstance(value, str) and not is_number(value):
            kind = {dict: "start", list: "start", bool: "boolean"}.get(type(value), "null")
            raise PatternError(f"Inside anything but list, {kind} is not supported.")
    if len({isinstance(value, str) for value in values}) > 1:
        raise PatternError(
            "Inside anything but list, either all values are number or string, "
            "mixed type is not supported"
        )
    return _not_any([compile_exact(value) for value in values])


def _nested(operand: dict[str, Any], allowed: frozenset[str]) -> list[Test]:
    if len(operand) != 1:
        raise PatternError("Only one key allowed in match expression")
    name, value = next(iter(operand.items()))
    if name not in allowed:
        raise PatternError(f"Unsupported anything-but pattern: {name}")
    values = value if isinstance(value, list) else [value]
    if not values:
        raise PatternError("Empty arrays are not allowed")
    return [_one(name, entry) for entry in values]


def _one(name: str, value: Any) -> Test:
    if not isinstance(value, str):
        raise PatternError(f"{name} match pattern must be a string")
    if name in ("prefix", "suffix"):
        if not value:
            raise PatternError("Null prefix/suffix not allowed")
        return compile_affix(name, value)
    return compile_ignore_case(value) if name == "equals-ignore-case" else compile_wildcard(value)


def _not_any(tests: list[Test]) -> Test:
    if len(tests) == 1:
        only = tests[0]
        return lambda given: not only(given)
    return lambda given: not any(test(given) for test in tests)
