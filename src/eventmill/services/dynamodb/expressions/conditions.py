"""Conditions, filters and key conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eventmill.services.dynamodb.expressions.env import Env
from eventmill.services.dynamodb.expressions.paths import Path, get, read_path, resolve
from eventmill.services.dynamodb.expressions.tokens import Reader
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.numbers import parse
from eventmill.services.dynamodb.values import TYPES, Item, Value

Operand = Callable[[Item, Env], Value | None]
Test = Callable[[Item, Env], bool]

_COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
_FUNCTIONS = (
    "ATTRIBUTE_EXISTS",
    "ATTRIBUTE_NOT_EXISTS",
    "ATTRIBUTE_TYPE",
    "BEGINS_WITH",
    "CONTAINS",
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition, the placeholders in it, and the attributes as they are written."""

    test: Test
    mentioned: frozenset[str]
    heads: frozenset[str]


@lru_cache(maxsize=4_096)
def condition(text: str, what: str = "ConditionExpression") -> Condition:
    """Raises Fault (ValidationException) for a text that is no condition."""
    reader = Reader(text, what)
    test = _or(reader)
    if reader.next.kind != "end":
        raise reader.unexpected()
    return Condition(test, frozenset(reader.mentioned), frozenset(reader.heads))


def _or(reader: Reader) -> Test:
    tests = [_and(reader)]
    while reader.accept("OR"):
        tests.append(_and(reader))
    if len(tests) == 1:
        return tests[0]
    return lambda item, env: any(test(item, env) for test in tests)


def _and(reader: Reader) -> Test:
    tests = [_not(reader)]
    while reader.accept("AND"):
        tests.append(_not(reader))
    if len(tests) == 1:
        return tests[0]
    return lambda item, env: all(test(item, env) for test in tests)


def _not(reader: Reader) -> Test:
    if reader.accept("NOT"):
        inner = _not(reader)
        return lambda item, env: not inner(item, env)
    if reader.accept("("):
        inner = _or(reader)
        reader.expect(")")
        return inner
    return _comparison(reader)


def _comparison(reader: Reader) -> Test:
    name = reader.next.text.upper()
    if name in _FUNCTIONS and reader.next.kind == "name":
        reader.take()
        return _function(reader, name)
    left = operand(reader)
    if reader.accept("BETWEEN"):
        low = operand(reader)
        reader.expect("AND")
        high = operand(reader)
        return lambda item, env: (
            compare(">=", left(item, env), low(item, env))
            and compare("<=", left(item, env), high(item, env))
        )
    if reader.accept("IN"):
        reader.expect("(")
        options = [operand(reader)]
        while reader.accept(","):
            options.append(operand(reader))
        reader.expect(")")
        return lambda item, env: any(
            compare("=", left(item, env), option(item, env)) for option in options
        )
    sign = reader.expect(*_COMPARATORS)
    right = operand(reader)
    return lambda item, env: compare(sign, left(item, env), right(item, env))


def operand(reader: Reader) -> Operand:
    """A value, a path or size(path)."""
    token = reader.next
    if token.kind == "value":
        text = reader.take().text
        return lambda item, env: env.value(text)
    if token.text.upper() == "SIZE":
        reader.take()
        reader.expect("(")
        path = read_path(reader)
        reader.expect(")")
        return lambda item, env: _size(get(item, resolve(path, env)))
    path = read_path(reader)
    return lambda item, env: get(item, resolve(path, env))


def _size(value: Value | None) -> Value | None:
    if value is None:
        return None
    kind, held = next(iter(value.items()))
    if kind in ("N", "BOOL", "NULL"):
        return None
    length = len(held.encode()) if kind == "S" else len(held)
    return {"N": str(length)}


def _function(reader: Reader, name: str) -> Test:
    reader.expect("(")
    path = read_path(reader) if reader.next.kind == "name" else None
    if path is None:
        raise reader.unexpected()
    if name in ("ATTRIBUTE_EXISTS", "ATTRIBUTE_NOT_EXISTS"):
        reader.expect(")")
        wanted = name == "ATTRIBUTE_EXISTS"
        return lambda item, env: (get(item, resolve(path, env)) is not None) is wanted
    reader.expect(",")
    second = operand(reader)
    reader.expect(")")
    check = {"ATTRIBUTE_TYPE": _is_type, "BEGINS_WITH": _begins, "CONTAINS": _contains}[name]
    return lambda item, env: check(get(item, resolve(path, env)), second(item, env))


def _is_type(value: Value | None, wanted: Value | None) -> bool:
    kind = (wanted or {}).get("S")
    if kind not in TYPES:
        raise validation(
            f"Invalid ConditionExpression: Invalid attribute type name found; type: {kind}, valid "
            f"types: {{{','.join(sorted(TYPES))}}}"
        )
    return value is not None and kind in value


def _begins(value: Value | None, start: Value | None) -> bool:
    if value is None or start is None:
        return False
    kind, held = next(iter(value.items()))
    return kind in ("S", "B") and kind in start and held.startswith(start[kind])


def _contains(value: Value | None, part: Value | None) -> bool:
    if value is None or part is None:
        return False
    kind, held = next(iter(value.items()))
    inner, wanted = next(iter(part.items()))
    if kind in ("S", "B"):
        return kind == inner and wanted in held
    if kind in ("SS", "NS", "BS"):
        return kind[0] == inner and wanted in held
    return kind == "L" and part in held


def compare(sign: str, left: Value | None, right: Value | None) -> bool:
    """Whether a comparison holds; values of different types are unequal and have no order.

    An attribute that is missing is unequal to everything.
    """
    if left is None or right is None:
        return sign == "<>"
    if sign == "=":
        return left == right
    if sign == "<>":
        return left != right
    kind, held = next(iter(left.items()))
    if kind not in right or kind not in ("S", "N", "B"):
        return False
    a, b = _sortable(kind, held), _sortable(kind, right[kind])
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign])


def _sortable(kind: str, held: Any) -> Any:
    return parse(held) if kind == "N" else held.encode() if kind == "S" else held


@dataclass(frozen=True, slots=True)
class KeyPart:
    """`sign` is a comparator, `between` or `begins_with`; `values` are placeholders."""

    path: Path
    sign: str
    values: tuple[str, ...]


@lru_cache(maxsize=4_096)
def key_condition(text: str) -> tuple[tuple[KeyPart, ...], frozenset[str]]:
    """(its parts, placeholders) of a KeyConditionExpression. Raises Fault."""
    reader = Reader(text, "KeyConditionExpression")
    parts = [_key_part(reader)]
    while reader.accept("AND"):
        parts.append(_key_part(reader))
    if reader.next.kind != "end":
        if reader.next.text.upper() in ("OR", "NOT", "IN"):
            raise validation(
                f"Invalid operator used in KeyConditionExpression: {reader.next.text.upper()}"
            )
        raise reader.unexpected()
    return tuple(parts), frozenset(reader.mentioned)


def _key_part(reader: Reader) -> KeyPart:
    if reader.accept("("):
        part = _key_part(reader)
        reader.expect(")")
        return part
    if reader.next.text.upper() == "BEGINS_WITH":
        reader.take()
        reader.expect("(")
        path = read_path(reader)
        reader.expect(",")
        value = _placeholder(reader)
        reader.expect(")")
        return KeyPart(path, "begins_with", (value,))
    path = read_path(reader)
    if reader.accept("BETWEEN"):
        low = _placeholder(reader)
        reader.expect("AND")
        return KeyPart(path, "between", (low, _placeholder(reader)))
    if reader.next.text == "<>" or reader.next.text.upper() in ("IN", "CONTAINS"):
        raise validation(
            f"Invalid operator used in KeyConditionExpression: {reader.next.text.upper()}"
        )
    sign = reader.expect("=", "<", "<=", ">", ">=")
    return KeyPart(path, sign, (_placeholder(reader),))


def _placeholder(reader: Reader) -> str:
    if reader.next.kind != "value":
        raise reader.unexpected()
    return reader.take().text
