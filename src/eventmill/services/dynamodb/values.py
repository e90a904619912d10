"""Attribute values: checking them, their one spelling, their size, their storage form.

A value is a mapping of one type to one content, as in the API: `{"S": "x"}`, `{"N": "1"}`.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.numbers import canonical, sort_bytes

Value = dict[str, Any]
Item = dict[str, Value]

TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"})
ITEM_LIMIT = 409_600
_DEPTH = 32


def checked_item(item: Mapping[str, Any]) -> tuple[Item, int]:
    """(the item with its values in one spelling, its size in bytes). Raises Fault."""
    result: Item = {}
    size = 0
    for name, value in item.items():
        result[name], grown = checked(value, 0)
        size += len(name.encode()) + grown
    return result, size


def checked(value: Mapping[str, Any], depth: int = 0) -> tuple[Value, int]:
    """(the value in one spelling, its size). Raises Fault."""
    if len(value) != 1:
        what = "has more than one datatypes set" if value else "is empty"
        raise validation(
            f"Supplied AttributeValue {what}, must contain exactly one of the supported datatypes"
        )
    kind, held = next(iter(value.items()))
    if kind == "S":
        return {"S": held}, len(held.encode())
    if kind == "N":
        text = canonical(held)
        return {"N": text}, len(text) // 2 + 2
    if kind in ("BOOL", "NULL"):
        return {kind: bool(held)}, 1
    if kind == "B":
        return {"B": held}, len(held)
    if kind in ("SS", "NS", "BS"):
        return _set(kind, held)
    if depth >= _DEPTH:
        raise validation("Nesting Levels have exceeded supported limits")
    if kind == "M":
        item: Item = {}
        size = 3
        for name, inner in held.items():
            item[name], grown = checked(inner, depth + 1)
            size += len(name.encode()) + grown + 1
        return {"M": item}, size
    entries = [checked(inner, depth + 1) for inner in held]
    return {"L": [entry for entry, _ in entries]}, 3 + sum(grown + 1 for _, grown in entries)


def _set(kind: str, held: list[Any]) -> tuple[Value, int]:
    if not held:
        raise validation(
            "One or more parameter values were invalid: An "
            f"{'string' if kind == 'SS' else 'number' if kind == 'NS' else 'binary'} set  may not "
            "be empty"
        )
    entries = [canonical(entry) for entry in held] if kind == "NS" else list(held)
    unique = sorted(set(entries))
    if len(unique) < len(entries):
        raise validation(
            "One or more parameter values were invalid: Input collection "
            f"[{', '.join(map(str, held))}] contains duplicates."
        )
    sizes = (len(e) if isinstance(e, bytes) else len(e.encode()) for e in unique)
    return {kind: unique}, sum(sizes)


def dump(item: Mapping[str, Any]) -> bytes:
    """The storage form: JSON, binaries as base64."""
    return orjson.dumps(item, default=_default)


def _default(value: Any) -> str:
    return base64.b64encode(value).decode()


def load(data: bytes | str) -> Item:
    """The item of a storage form."""
    item: Item = orjson.loads(data)
    marks = (b'"B":', b'"BS":') if isinstance(data, bytes) else ('"B":', '"BS":')
    if any(mark in data for mark in marks):  # type: ignore[operator]
        return {name: _restored(value) for name, value in item.items()}
    return item


def _restored(value: Value) -> Value:
    kind, held = next(iter(value.items()))
    if kind == "B":
        return {"B": base64.b64decode(held)}
    if kind == "BS":
        return {"BS": [base64.b64decode(entry) for entry in held]}
    if kind == "M":
        return {"M": {name: _restored(inner) for name, inner in held.items()}}
    if kind == "L":
        return {"L": [_restored(inner) for inner in held]}
    return value


def key_bytes(value: Mapping[str, Any]) -> bytes:
    """A key attribute's value in bytes that order as DynamoDB orders it."""
    kind, held = next(iter(value.items()))
    if kind == "S":
        return str(held).encode()
    return sort_bytes(held) if kind == "N" else bytes(held)
