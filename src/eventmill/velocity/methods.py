"""Members and methods of values: those of Java's String, List and Map that templates use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from eventmill.kernel.java_patterns import compiled
from eventmill.velocity.errors import VelocityError
from eventmill.velocity.values import equal, map_key, text


@runtime_checkable
class Offers(Protocol):
    """An object of the application that templates may use, such as `$input`."""

    def velocity_member(self, name: str) -> Any:
        """`$object.name`; None when there is none."""

    def velocity_call(self, name: str, arguments: Sequence[Any]) -> Any:
        """`$object.name(arguments)`. Raises VelocityError when there is no such method."""


_PLAIN = (str, int, float, list, dict, type(None))


def member(value: Any, name: str) -> Any:
    """`$value.name`; None when there is none."""
    if isinstance(value, dict):
        return value.get(name)
    if not isinstance(value, _PLAIN) and isinstance(value, Offers):
        return value.velocity_member(name)
    if isinstance(value, list | str) and name in ("empty", "length", "size"):
        return not value if name == "empty" else len(value)
    return None


def call(value: Any, name: str, arguments: Sequence[Any]) -> Any:
    """`$value.name(arguments)`. Raises VelocityError for arguments that do not fit.

    None for a method that is not there, as for a value that is null.
    """
    for kind, methods in _METHODS:
        if isinstance(value, kind) and name in methods:
            try:
                return methods[name](value, *arguments)
            except (TypeError, ValueError, OverflowError, IndexError, re.error) as error:
                raise VelocityError(f"{name}: {error}") from None
    if not isinstance(value, _PLAIN) and isinstance(value, Offers):
        return value.velocity_call(name, arguments)
    if name == "toString" and value is not None:
        return text(value)
    return equal(value, arguments[0]) if name == "equals" and len(arguments) == 1 else None


def index(value: Any, key: Any) -> Any:
    """`$value[key]`; None when there is none."""
    if isinstance(value, dict):
        return value.get(map_key(key), value.get(text(key)))
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if -len(value) <= key < len(value) else None
    return None


def _replacement(java: str) -> Callable[[re.Match[str]], str]:
    """A replacement in which `$1` is a group and a backslash takes the next character as it is."""

    def fill(found: re.Match[str]) -> str:
        parts = re.split(r"\\(.)|\$(\d)", java)
        result = parts[0]
        for position in range(1, len(parts), 3):
            literal, group, rest = parts[position : position + 3]
            result += literal if literal is not None else (found.group(int(group)) or "")
            result += rest
        return result

    return fill


def _split(value: str, pattern: str, limit: int = 0) -> list[str]:
    """Without the empty texts at the end, as Java does it."""
    parts = compiled(pattern).split(value, maxsplit=max(limit - 1, 0))
    while limit == 0 and len(parts) > 1 and parts[-1] == "":
        parts.pop()
    return parts


def _substring(value: str, start: int, end: int | None = None) -> str:
    stop = len(value) if end is None else end
    if not 0 <= start <= stop <= len(value):
        raise ValueError("the range lies outside the text")
    return value[start:stop]


_TEXT: Mapping[str, Callable[..., Any]] = {
    "length": len,
    "isEmpty": lambda value: value == "",
    "substring": _substring,
    "indexOf": lambda value, part, start=0: value.find(part, start),
    "lastIndexOf": lambda value, part: value.rfind(part),
    "contains": lambda value, part: text(part) in value,
    "startsWith": lambda value, part: value.startswith(part),
    "endsWith": lambda value, part: value.endswith(part),
    "equals": lambda value, other: value == other,
    "equalsIgnoreCase": lambda value, other: value.lower() == text(other).lower(),
    "compareTo": lambda value, other: (value > other) - (value < other),
    "replace": lambda value, old, new: value.replace(old, text(new)),
    "replaceAll": lambda value, old, new: compiled(old).sub(_replacement(text(new)), value),
    "replaceFirst": lambda value, old, new: compiled(old).sub(
        _replacement(text(new)), value, count=1
    ),
    "matches": lambda value, pattern: compiled(pattern).fullmatch(value) is not None,
    "split": _split,
    "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "trim": str.strip,
    "concat": lambda value, other: value + other,
    "charAt": lambda value, place: _substring(value, place, place + 1),
}


def _add(value: list[Any], *arguments: Any) -> bool:
    value.insert(arguments[0] if len(arguments) > 1 else len(value), arguments[-1])
    return True


def _set(value: list[Any], place: int, entry: Any) -> Any:
    old, value[place] = value[place], entry
    return old


def _remove(value: list[Any], entry: Any) -> Any:
    if isinstance(entry, int) and not isinstance(entry, bool):
        return value.pop(entry)
    if entry not in value:
        return False
    value.remove(entry)
    return True


def _add_all(value: list[Any], others: list[Any]) -> bool:
    value.extend(others)
    return bool(others)


_LIST: Mapping[str, Callable[..., Any]] = {
    "size": len,
    "length": len,
    "isEmpty": lambda value: not value,
    "get": lambda value, place: value[place],
    "contains": lambda value, entry: any(equal(held, entry) for held in value),
    "indexOf": lambda value, entry: value.index(entry) if entry in value else -1,
    "add": _add,
    "addAll": _add_all,
    "set": _set,
    "remove": _remove,
    "subList": lambda value, start, end: value[start:end],
    "clear": list.clear,
}


def _put(value: dict[Any, Any], key: Any, held: Any) -> Any:
    old = value.get(key)
    value[key] = held
    return old


_MAP: Mapping[str, Callable[..., Any]] = {
    "size": len,
    "isEmpty": lambda value: not value,
    "get": lambda value, key: value.get(key),
    "getOrDefault": lambda value, key, default: value.get(key, default),
    "put": _put,
    "putAll": lambda value, others: value.update(others),
    "remove": lambda value, key: value.pop(key, None),
    "containsKey": lambda value, key: key in value,
    "containsValue": lambda value, held: held in value.values(),
    "keySet": list,
    "values": lambda value: list(value.values()),
    "entrySet": lambda value: [{"key": key, "value": held} for key, held in value.items()],
    "getKey": lambda value: value.get("key"),
    "getValue": lambda value: value.get("value"),
    "clear": dict.clear,
}
_NUMBER: Mapping[str, Callable[..., Any]] = {
    "intValue": int,
    "longValue": int,
    "doubleValue": float,
    "compareTo": lambda value, other: (value > other) - (value < other),
    # Static methods of Java's numbers, which templates reach through any value:
    # `$x.parseInt("5")`.
    "parseInt": lambda value, other: int(other),
    "parseDouble": lambda value, other: float(other),
}
_METHODS: tuple[tuple[type, Mapping[str, Callable[..., Any]]], ...] = (
    (str, _TEXT),
    (list, _LIST),
    (dict, _MAP),
    (int, _NUMBER),
    (float, _NUMBER),
)
