"""JSON values ⇄ Python values by shape, compiled to closures.

A shape below which nothing needs converting compiles to None: the value is then passed through.
Recursive shapes refer to themselves through a cell that is filled when they are complete.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.wire.timestamps import FORMATS, to_epoch

Convert = Callable[[Any], Any]

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float, str),
    "double": (int, float, str),
    "boolean": (bool,),
}


def _wrong(value: Any, expected: str) -> Invalid:
    kind = {
        dict: "START_OBJECT",
        list: "START_ARRAY",
        str: "STRING_VALUE",
        bool: "TRUE_VALUE",
        int: "NUMBER_VALUE",
        float: "DECIMAL_VALUE",
        type(None): "NULL_VALUE",
    }.get(type(value), type(value).__name__)
    return Invalid("SerializationException", f"{kind} can not be converted to {expected}")


class Decoder:
    """Compiles shapes of requests. `key` gives the wire name of a member."""

    def __init__(self, *, wire_names: bool, binary_blobs: bool = False) -> None:
        self._wire_names = wire_names
        self._binary_blobs = binary_blobs
        self._done: dict[str, Convert] = {}
        self._open: set[str] = set()

    def compile(self, shape: Any) -> Convert:
        """A function that checks and converts a value of `shape`. It raises Invalid."""
        name = shape.name
        if name in self._done:
            return self._done[name]
        if name in self._open:
            return lambda value: self._done[name](value)
        self._open.add(name)
        convert = self._make(shape)
        self._open.discard(name)
        self._done[name] = convert
        return convert

    def _make(self, shape: Any) -> Convert:
        kind = shape.type_name
        if kind == "structure":
            if getattr(shape, "is_document_type", False):
                return lambda value: value
            return self._structure(shape)
        if kind == "list":
            return self._list(self.compile(shape.member))
        if kind == "map":
            return self._map(self.compile(shape.value))
        if kind == "blob":
            return _bytes if self._binary_blobs else _blob
        if kind == "timestamp":
            return to_epoch
        return _scalar(kind)

    def _structure(self, shape: Any) -> Convert:
        fields = {}
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name) if self._wire_names else name
            fields[wire] = (name, self.compile(member))

        def convert(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _wrong(value, "an object")
            result = {}
            for wire, held in value.items():
                known = fields.get(wire)
                if known is not None and held is not None:
                    result[known[0]] = known[1](held)
            return result

        return convert

    @staticmethod
    def _list(item: Convert) -> Convert:
        def convert(value: Any) -> list[Any]:
            if type(value) is not list:
                raise _wrong(value, "a list")
            return [item(entry) for entry in value]

        return convert

    @staticmethod
    def _map(item: Convert) -> Convert:
        def convert(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _wrong(value, "a map")
            return {key: item(entry) for key, entry in value.items() if entry is not None}

        return convert


def _scalar(kind: str) -> Convert:
    types = _SCALARS[kind]

    def convert(value: Any) -> Any:
        if type(value) in types:
            return float(value) if kind in ("float", "double") else value
        # SDKs of loosely typed languages send whole numbers as 5.0.
        if type(value) is float and value.is_integer() and kind in ("integer", "long"):
            return int(value)
        raise _wrong(value, kind.capitalize())

    return convert


def _blob(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Invalid("SerializationException", "The value is not valid base64.") from None


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise _wrong(value, "Blob")
    return value


class Encoder:
    """Compiles shapes of results; None stands for a shape that is passed through."""

    def __init__(
        self, *, wire_names: bool, blob: Convert | None, timestamp: Convert | None = None
    ) -> None:
        self._wire_names = wire_names
        self._blob = blob
        self._timestamp = timestamp
        self._done: dict[str, Convert | None] = {}
        self._open: set[str] = set()

    def compile(self, shape: Any) -> Convert | None:
        """A function that makes the wire's value, or None when the value is that already."""
        name = shape.name
        if name in self._done:
            return self._done[name]
        if name in self._open:
            return lambda value: self._recursive(name, value)
        self._open.add(name)
        convert = self._make(shape)
        self._open.discard(name)
        self._done[name] = convert
        return convert

    def _recursive(self, name: str, value: Any) -> Any:
        convert = self._done[name]
        return value if convert is None else convert(value)

    def _make(self, shape: Any) -> Convert | None:
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            item = self.compile(shape.member)
            return None if item is None else lambda value: [item(entry) for entry in value]
        if kind == "map":
            held = self.compile(shape.value)
            if held is None:
                return None
            return lambda value: {key: held(entry) for key, entry in value.items()}
        if kind == "blob":
            return self._blob
        if kind == "timestamp":
            return (
                self._timestamp
                or FORMATS[shape.serialization.get("timestampFormat", "unixTimestamp")]
            )
        return None

    def _structure(self, shape: Any) -> Convert | None:
        fields: dict[str, tuple[str, Convert | None]] = {}
        plain = True
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name) if self._wire_names else name
            convert = self.compile(member)
            fields[name] = (wire, convert)
            plain = plain and convert is None and wire == name
        if plain:
            return None

        def encode(value: Any) -> dict[str, Any]:
            result = {}
            for name, held in value.items():
                known = fields.get(name)
                if known is not None and held is not None:
                    wire, convert = known
                    result[wire] = held if convert is None else convert(held)
            return result

        return encode


def base64_text(value: Any) -> str:
    """A blob in JSON."""
    data = value.encode() if isinstance(value, str) else value
    return base64.b64encode(data).decode()
