"""The query protocol's flat form parameters → Python values by shape."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from eventmill.kernel.errors import Invalid
from eventmill.wire.http import HttpRequest
from eventmill.wire.xml_codec import from_text

Tree = dict[str, Any]


def parse_form(text: str) -> dict[str, str]:
    """Raises Invalid (MalformedQueryString) when it is no form."""
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except (ValueError, UnicodeDecodeError):
        raise Invalid("MalformedQueryString", "The query string is malformed.") from None


def form_of(request: HttpRequest) -> dict[str, str]:
    """The parameters of a request, those of its query string too, whatever its method."""
    given = parse_form(request.query) if request.query else {}
    return given | parse_form(request.body.decode("utf-8", "replace")) if request.body else given


def tree_of(form: dict[str, str]) -> Tree:
    """`A.member.1.B=x` as nested dictionaries; a node's own text is under the empty key."""
    root: Tree = {}
    for name, value in form.items():
        node = root
        for part in name.split("."):
            node = node.setdefault(part, {})
        node[""] = value
    return root


def decode(node: Tree, shape: Any) -> Any:
    """The value of `shape` in `node`. Raises Invalid."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(node, shape)
    if kind == "list":
        return _list(node, shape)
    if kind == "map":
        return _map(node, shape)
    try:
        return from_text(node.get("", ""), kind)
    except ValueError:
        raise Invalid(
            "MalformedInput", f"{node.get('')!r} is not a value of type {kind}."
        ) from None


def _structure(node: Tree, shape: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        if member.serialization.get("flattened") and member.type_name == "list":
            wire = member.member.serialization.get("name", wire)
        held = node.get(wire)
        if held is None and wire != name:
            held = node.get(name)
        if held is not None:
            result[name] = decode(held, member)
    return result


def _numbered(node: Tree) -> list[Tree]:
    return [node[key] for key in sorted((k for k in node if k.isdigit()), key=int)]


def _list(node: Tree, shape: Any) -> list[Any]:
    if not shape.serialization.get("flattened"):
        node = node.get(shape.member.serialization.get("name", "member"), {})
    return [decode(entry, shape.member) for entry in _numbered(node)]


def _map(node: Tree, shape: Any) -> dict[str, Any]:
    if not shape.serialization.get("flattened"):
        node = node.get("entry", {})
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    return {
        decode(entry.get(key_name, {}), shape.key): decode(entry.get(value_name, {}), shape.value)
        for entry in _numbered(node)
    }
