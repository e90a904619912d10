"""What a field is compared with: numbers, texts with `*`, regular expressions between `%`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from eventmill.kernel.errors import Invalid

Test = Callable[[Any], bool]

OPERATOR = r"!=|>=|<=|=|>|<"
LITERAL = r'"(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)*%'
"""A quoted text or a regular expression."""

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\Z")
_ORDER: dict[str, Callable[[float, float], bool]] = {
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
}


def refused(pattern: str) -> Invalid:
    """A pattern that is none."""
    return Invalid("InvalidParameterException", f"Invalid filter pattern: {pattern}")


def regular(literal: str, pattern: str) -> re.Pattern[str]:
    """A regular expression between `%`. Raises Invalid; AWS has no groups."""
    body = literal[1:-1]
    if re.search(r"(?<!\\)[()]", body):
        raise refused(pattern)
    try:
        return re.compile(body)
    except re.error:
        raise refused(pattern) from None


def quoted(literal: str) -> str:
    """The text between quotation marks."""
    return re.sub(r"\\(.)", r"\1", literal[1:-1])


def comparison(operator: str, literal: str, pattern: str) -> Test:
    """A test of a field's value, which is text or comes from JSON. Raises Invalid."""
    if operator in _ORDER:
        if not _NUMBER.match(literal):
            raise refused(pattern)
        order, bound = _ORDER[operator], float(literal)

        def ordered(value: Any) -> bool:
            number = _number(value)
            return number is not None and order(number, bound)

        return ordered
    equal = _equality(literal, pattern)
    return equal if operator == "=" else lambda value: not equal(value)


def _equality(literal: str, pattern: str) -> Test:
    if literal.startswith("%"):
        expression = regular(literal, pattern)
        return lambda value: _found(expression, value)
    text = quoted(literal) if literal.startswith('"') else literal
    wanted = re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)
    number = float(literal) if _NUMBER.match(literal) else None

    def equal(value: Any) -> bool:
        if isinstance(value, bool):
            return text == str(value).lower()
        if number is not None:
            found = _number(value)
            return found is not None and found == number
        return value is not None and wanted.fullmatch(str(value)) is not None

    return equal


def _found(expression: re.Pattern[str], value: Any) -> bool:
    if isinstance(value, bool | dict | list) or value is None:
        return False
    return expression.search(str(value)) is not None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
