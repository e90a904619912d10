"""Values as Velocity 1.7 compares, counts and writes them: the rules are Java's."""

from __future__ import annotations

import math
from typing import Any

from eventmill.velocity.errors import VelocityError


def number(value: Any) -> int | float | None:
    """The value when it is a number; a truth is none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def map_key(value: Any) -> Any:
    """The value as a key of a map. Raises VelocityError for a list or a map, which may change."""
    if isinstance(value, list | dict):
        raise VelocityError(f"{text(value)} cannot be the key of a map")
    return value


def truth(value: Any) -> bool:
    """False and null are false, all else is true, an empty text too."""
    return value if isinstance(value, bool) else value is not None


def equal(left: Any, right: Any) -> bool:
    """Values of different kinds are equal when they are written alike."""
    if left is None or right is None:
        return left is right
    if number(left) is not None and number(right) is not None:
        return bool(left == right)
    if type(left) is type(right):
        return bool(left == right)
    return text(left) == text(right)


def compare(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 for numbers, None for anything else."""
    a, b = number(left), number(right)
    if a is None or b is None:
        return None
    return (a > b) - (a < b)


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """The result; `+` joins texts; None where Java's would fail."""
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        return text(left) + text(right)
    a, b = number(left), number(right)
    if a is None or b is None or (operator in "/%" and b == 0):
        return None
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    if operator == "*":
        return a * b
    if isinstance(a, int) and isinstance(b, int):
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return quotient if operator == "/" else a - b * quotient
    return a / b if operator == "/" else math.fmod(a, b)


def text(value: Any) -> str:
    """A value as it is written into the result."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, list):
        return f"[{', '.join(text(entry) for entry in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={text(held)}' for key, held in value.items())}}}"
    return str(value)


def _float(value: float) -> str:
    """Java writes powers of ten from 1.0E7 on and below 0.001."""
    if math.isnan(value) or math.isinf(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = f"{value:e}".partition("e")
    digits = repr(value / 10 ** int(exponent)) if abs(int(exponent)) < 300 else mantissa
    whole = digits if "." in digits else f"{digits}.0"
    return f"{whole}E{int(exponent)}"
