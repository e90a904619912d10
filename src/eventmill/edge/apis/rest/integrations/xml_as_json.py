"""XML answers of query services as JSON, which API Gateway asks them for."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import orjson


def as_json(body: bytes) -> bytes:
    """`<A><B>1</B></A>` → `{"A":{"B":"1"}}`; repeated elements and `member` become lists."""
    root = ElementTree.fromstring(body)
    return orjson.dumps({_name(root): _value(root)})


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _value(element: ElementTree.Element) -> Any:
    children = list(element)
    if not children:
        return element.text
    names = [_name(child) for child in children]
    if set(names) == {"member"}:
        return [_value(child) for child in children]
    result: dict[str, Any] = {}
    for name, child in zip(names, children, strict=True):
        held = _value(child)
        if names.count(name) > 1:
            result.setdefault(name, []).append(held)
        else:
            result[name] = held
    return result
