"""DynamoDB's numbers: 38 digits, exact; their one spelling, and bytes that sort as they do."""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache

from eventmill.services.dynamodb.faults import validation

_CONTEXT = Context(prec=38)
_LARGEST, _SMALLEST = 125, -130


@lru_cache(maxsize=65_536)
def canonical(text: str) -> str:
    """The number as DynamoDB returns it: no leading or trailing zeros. Raises Fault."""
    number = parse(text)
    if not number:
        return "0"
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise _bad(text)
    while len(digits) > 1 and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    if len(digits) > 38:
        raise validation("Attempting to store more than 38 significant digits in a Number")
    magnitude = len(digits) + exponent - 1
    if magnitude > _LARGEST:
        raise validation(
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range"
        )
    if magnitude < _SMALLEST:
        raise validation(
            "Number underflow. Attempting to store a number with magnitude smaller than supported "
            "range"
        )
    plain = Decimal((number.as_tuple().sign, digits, exponent))
    text = f"{plain:f}"
    return text if len(text) <= 40 else str(plain)


def parse(text: str) -> Decimal:
    """The value. Raises Fault for what is no number."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _bad(text) from None
    if not number.is_finite():
        raise _bad(text)
    return number


def _bad(text: str) -> Exception:
    return validation(f"The parameter cannot be converted to a numeric value: {text}")


def add(left: str, right: str, sign: int) -> str:
    """`left + right`, or `left - right` with sign -1."""
    other = parse(right)
    return canonical(str(_CONTEXT.add(parse(left), other if sign > 0 else -other)))


def sort_bytes(text: str) -> bytes:
    """Bytes in the order of the numbers: a sign, the magnitude, the digits.

    The bytes of a negative number are inverted, with a last byte above all others, so that -12
    comes after -123.
    """
    number = parse(text)
    if not number:
        return b"\x80"
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    while len(digits) > 1 and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    start = next(index for index, digit in enumerate(digits) if digit)
    digits = digits[start:]
    magnitude = (len(digits) + exponent + 0x8000).to_bytes(2, "big")
    body = magnitude + bytes(digit + 1 for digit in digits)
    if not sign:
        return b"\xc0" + body
    return b"\x40" + bytes(255 - byte for byte in body) + b"\xff"
