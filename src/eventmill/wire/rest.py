"""Where rest protocols put members: path, query, headers, status, payload."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from eventmill.kernel.errors import Invalid
from eventmill.kernel.http import grouped
from eventmill.wire.http import HttpRequest
from eventmill.wire.timestamps import FORMATS
from eventmill.wire.xml_codec import from_text, to_text

Parse = Callable[[str], Any]
Format = Callable[[Any], str]


class Bindings:
    """The locations of one shape's members, sorted once, and how their texts are read."""

    def __init__(self, shape: Any) -> None:
        self.uri: list[tuple[str, str, Parse]] = []
        self.query: list[tuple[str, str, Any]] = []
        self.query_maps: list[tuple[str, Any]] = []
        self.headers: dict[str, tuple[str, Parse]] = {}
        """Members by the header's name in lower case."""
        self.header_of: dict[str, tuple[str, Format]] = {}
        """Headers by the member's name."""
        self.prefixes: list[tuple[str, str]] = []
        self.status: str | None = None
        self.body: list[str] = []
        self.payload: str | None = shape.serialization.get("payload") if shape else None
        for name, member in (shape.members if shape else {}).items():
            self._place(name, member)

    def _place(self, name: str, member: Any) -> None:
        serialization = member.serialization
        location = serialization.get("location")
        wire = serialization.get("name", name)
        if location == "uri":
            self.uri.append((name, wire, _parser(member, name)))
        elif location == "querystring" and member.type_name == "map":
            self.query_maps.append((name, member))
        elif location == "querystring":
            self.query.append((name, wire, member))
        elif location == "header":
            self.headers[wire.lower()] = (name, _header_parser(member, name))
            self.header_of[name] = (wire.lower(), _formatter(member))
        elif location == "headers":
            self.prefixes.append((name, wire.lower()))
        elif location == "statusCode":
            self.status = name
        else:
            self.body.append(name)


def decode_locations(
    bindings: Bindings, request: HttpRequest, labels: Mapping[str, str]
) -> dict[str, Any]:
    """The members outside the body. Raises Invalid for a text that is not of its type."""
    result: dict[str, Any] = {}
    for name, wire, parse in bindings.uri:
        if wire in labels:
            result[name] = parse(unquote(labels[wire]))
    if bindings.query or bindings.query_maps:
        _decode_query(bindings, request, result)
    headers = request.headers
    if bindings.headers:
        for wire, text in headers.items():
            bound = bindings.headers.get(wire)
            if bound is not None:
                name, parse = bound
                result[name] = parse(text)
    for name, prefix in bindings.prefixes:
        found = {
            key[len(prefix) :]: value for key, value in headers.items() if key.startswith(prefix)
        }
        if found:
            result[name] = found
    return result


def _decode_query(bindings: Bindings, request: HttpRequest, result: dict[str, Any]) -> None:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if not pairs:
        return
    values = grouped(pairs)
    for name, wire, member in bindings.query:
        found = values.get(wire)
        if found is None:
            continue
        if member.type_name == "list":
            result[name] = [_typed(text, member.member, name) for text in found]
        else:
            result[name] = _typed(found[-1], member, name)
    known = {wire for _, wire, _ in bindings.query}
    for name, _ in bindings.query_maps:
        result[name] = {key: found[-1] for key, found in values.items() if key not in known}


def _header_parser(member: Any, name: str) -> Parse:
    if member.type_name == "list":
        return lambda text: [part.strip() for part in text.split(",")]
    if member.serialization.get("jsonvalue"):
        return lambda text: json.loads(base64.b64decode(text))
    return _parser(member, name)


def _parser(member: Any, name: str) -> Parse:
    if member.type_name == "string":
        return str
    return lambda text: _typed(text, member, name)


def _typed(text: str, member: Any, name: str) -> Any:
    try:
        return from_text(text, member.type_name)
    except ValueError:
        raise Invalid(
            "InvalidArgument", f"{name}: {text!r} is not a value of type {member.type_name}."
        ) from None


def _formatter(member: Any) -> Format:
    if member.type_name == "string":
        return str
    if member.type_name == "timestamp":
        form = FORMATS[member.serialization.get("timestampFormat", "rfc822")]
        return lambda value: str(form(value))
    if member.type_name == "list":
        return lambda value: ",".join(str(entry) for entry in value)
    return lambda value: to_text(value, member)


def encode_headers(bindings: Bindings, result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The headers that carry members of a result."""
    headers: list[tuple[str, str]] = []
    for name, value in result.items():
        bound = bindings.header_of.get(name)
        if bound is None or value is None:
            continue
        wire, form = bound
        headers.append((wire, form(value)))
    for name, prefix in bindings.prefixes:
        headers.extend(
            (prefix + key, str(value)) for key, value in (result.get(name) or {}).items()
        )
    return headers
