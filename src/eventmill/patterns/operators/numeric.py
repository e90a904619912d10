"""numeric: one bound, or a lower and an upper one. JSON numbers only, never their text."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from eventmill.patterns.errors import PatternError
from eventmill.patterns.operators import Test

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def is_number(value: Any) -> bool:
    """A JSON number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def compile_numeric(operand: Any) -> Test:
    """`["=", 5]`, `[">", 0]`, `[">=", 0, "<", 5]`"""
    if not isinstance(operand, list):
        raise PatternError("Value of numeric must be an array.")
    bounds = _bounds(operand)
    tests = [(_COMPARE[sign], float(bound)) for sign, bound in bounds]
    if len(tests) == 1:
        compare, bound = tests[0]
        return lambda given: is_number(given) and bool(compare(given, bound))
    (above, low), (below, high) = tests
    return lambda given: is_number(given) and bool(above(given, low) and below(given, high))


def _bounds(operand: list[Any]) -> list[tuple[str, Any]]:
    if not operand:
        raise PatternError("Invalid member in numeric match: ]")
    if len(operand) % 2 or len(operand) > 4:
        raise PatternError(
            "Too many terms in numeric range expression"
            if len(operand) > 4
            else f"Value of {operand[-1]} must be numeric"
        )
    pairs = list(zip(operand[::2], operand[1::2], strict=True))
    for sign, bound in pairs:
        if not isinstance(sign, str) or sign not in _COMPARE:
            raise PatternError(f"Unrecognized numeric range operator: {sign}")
        if not is_number(bound):
            raise PatternError(f"Value of {'equals' if sign == '=' else sign} must be numeric")
    if len(pairs) == 2:
        (first, low), (second, high) = pairs
        if first not in (">", ">="):
            raise PatternError(
                "Too many terms in numeric range expression"
                if first == "="
                else f"Bad numeric range operator: {second}"
            )
        if second not in ("<", "<="):
            raise PatternError(f"Bad numeric range operator: {second}")
        if low >= high:
            raise PatternError("Bottom must be less than top")
    return pairs
