"""XML ⇄ Python values by shape: bodies of rest-xml, answers of query."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from eventmill.kernel.errors import Invalid
from eventmill.wire.timestamps import FORMATS, to_epoch

Emit = Callable[[Any, list[str]], None]


def parse(body: bytes) -> ElementTree.Element:
    """The root element. Raises Invalid (MalformedXML). Entities are refused, not expanded."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise malformed()
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise malformed() from None


def malformed() -> Invalid:
    """S3's answer to XML that does not fit its schema."""
    return Invalid(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def decode(element: ElementTree.Element, shape: Any) -> Any:
    """The value of `shape` that `element` holds. Raises Invalid."""
    kind = shape.type_name
    if kind == "structure":
        return _decode_structure(element, shape)
    if kind == "list":
        return [decode(child, shape.member) for child in element]
    if kind == "map":
        return dict(_decode_entry(child, shape) for child in element)
    return _decode_scalar(element.text or "", kind)


def _decode_structure(element: ElementTree.Element, shape: Any) -> dict[str, Any]:
    children: dict[str, list[ElementTree.Element]] = {}
    for child in element:
        children.setdefault(_tag(child), []).append(child)
    attributes = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    result: dict[str, Any] = {}
    for name, member in shape.members.items():
        serialization = member.serialization
        wire = serialization.get("name", name)
        if serialization.get("xmlAttribute"):
            short = wire.rpartition(":")[2]
            if short in attributes:
                result[name] = attributes[short]
            continue
        flat = serialization.get("flattened") and member.type_name in ("list", "map")
        if flat and member.type_name == "list":
            wire = member.member.serialization.get("name", wire)
        found = children.get(wire)
        if not found:
            continue
        if flat and member.type_name == "list":
            result[name] = [decode(child, member.member) for child in found]
        elif flat:
            result[name] = dict(_decode_entry(child, member) for child in found)
        else:
            result[name] = decode(found[0], member)
    return result


def _decode_entry(element: ElementTree.Element, shape: Any) -> tuple[Any, Any]:
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    parts = {_tag(child): child for child in element}
    if key_name not in parts or value_name not in parts:
        raise malformed()
    return decode(parts[key_name], shape.key), decode(parts[value_name], shape.value)


def _decode_scalar(text: str, kind: str) -> Any:
    try:
        return from_text(text, kind)
    except ValueError:
        raise malformed() from None


def from_text(text: str, kind: str) -> Any:
    """A scalar from its text in XML, a header or a query. Raises ValueError."""
    if kind in ("integer", "long"):
        return int(text)
    if kind in ("float", "double"):
        return float(text)
    if kind == "boolean":
        if text.strip().lower() not in ("true", "false", "1", "0"):
            raise ValueError(text)
        return text.strip().lower() in ("true", "1")
    if kind == "timestamp":
        return to_epoch(text)
    return base64.b64decode(text) if kind == "blob" else text


def to_text(value: Any, shape: Any, timestamp: str = "iso8601") -> str:
    """A scalar's text."""
    kind = shape.type_name
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        form = shape.serialization.get("timestampFormat", timestamp)
        return str(FORMATS[form](value))
    if kind == "blob":
        data = value.encode() if isinstance(value, str) else value
        return base64.b64encode(data).decode()
    return str(value)


class Encoder:
    """Compiles shapes to functions that append the text of their content."""

    def __init__(self, *, namespaces: bool = True) -> None:
        self._namespaces = namespaces
        self._done: dict[str, Emit] = {}
        self._open: set[str] = set()

    def compile(self, shape: Any) -> Emit:
        """A function appending what stands between the tags of a value."""
        name = shape.name
        if name in self._done:
            return self._done[name]
        if name in self._open:
            return lambda value, out: self._done[name](value, out)
        self._open.add(name)
        emit = self._make(shape)
        self._open.discard(name)
        self._done[name] = emit
        return emit

    def _make(self, shape: Any) -> Emit:
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            return self._list(shape, shape.member.serialization.get("name", "member"))
        if kind == "map":
            return self._map(shape, "entry")
        return lambda value, out: out.append(escape(to_text(value, shape)))

    def _structure(self, shape: Any) -> Emit:
        fields: dict[str, Emit] = {}
        attributes: dict[str, str] = {}
        for name, member in shape.members.items():
            serialization = member.serialization
            if "location" in serialization:
                continue
            wire = serialization.get("name", name)
            if serialization.get("xmlAttribute"):
                attributes[name] = wire
                continue
            fields[name] = self._member(member, wire)

        def emit(value: Any, out: list[str]) -> None:
            for name, field in fields.items():
                held = value.get(name)
                if held is not None:
                    field(held, out)

        return emit

    def _member(self, member: Any, wire: str) -> Emit:
        flat = member.serialization.get("flattened")
        if flat and member.type_name == "list":
            return self._list(member, member.member.serialization.get("name", wire))
        if flat and member.type_name == "map":
            return self._map(member, wire)
        inner = self.compile(member)
        opening, closing = f"<{wire}>", f"</{wire}>"
        attribute = next(
            (
                (name, part.serialization["name"])
                for name, part in getattr(member, "members", {}).items()
                if part.serialization.get("xmlAttribute")
            ),
            None,
        )

        def emit(value: Any, out: list[str]) -> None:
            if attribute is not None and attribute[0] in value:
                text = escape(str(value[attribute[0]]), {'"': "&quot;"})
                out.append(
                    f'<{wire} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
                    f' {attribute[1]}="{text}">'
                )
            else:
                out.append(opening)
            inner(value, out)
            out.append(closing)

        return emit

    def _list(self, shape: Any, wire: str) -> Emit:
        inner = self.compile(shape.member)
        opening, closing = f"<{wire}>", f"</{wire}>"

        def emit(value: Any, out: list[str]) -> None:
            for entry in value:
                out.append(opening)
                inner(entry, out)
                out.append(closing)

        return emit

    def _map(self, shape: Any, wire: str) -> Emit:
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        inner = self.compile(shape.value)

        def emit(value: Any, out: list[str]) -> None:
            for key, entry in value.items():
                out.append(f"<{wire}><{key_name}>{escape(str(key))}</{key_name}><{value_name}>")
                inner(entry, out)
                out.append(f"</{value_name}></{wire}>")

        return emit
