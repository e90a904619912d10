"""XML answers of query services as JSON, which API Gateway asks them for."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import orjson

_LISTS = {
    "ReceiveMessageResult": {"Message": "messages"},
    "ListQueuesResult": {"QueueUrl": "queueUrls"},
    "GetQueueAttributesResult": {"Attribute": "Attributes"},
    "ListQueueTagsResult": {"Tag": "Tags"},
    "Message": {"Attribute": "Attributes", "MessageAttribute": "MessageAttributes"},
}
"""What SQS calls its lists in JSON, by the element that holds them: null when one is empty."""


def as_json(body: bytes) -> bytes:
    """`<A><B>1</B></A>` → `{"A":{"B":"1"}}`; repeated elements and `member` become lists."""
    root = ElementTree.fromstring(body)
    return orjson.dumps({_name(root): _value(root)})


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _value(element: ElementTree.Element) -> Any:
    children = list(element)
    lists = _LISTS.get(_name(element), {})
    if not children and not lists:
        return element.text
    names = [_name(child) for child in children]
    if names and set(names) == {"member"}:
        return [_value(child) for child in children]
    result: dict[str, Any] = dict.fromkeys(lists.values())
    for name, child in zip(names, children, strict=True):
        held = _value(child)
        if name in lists:
            result[lists[name]] = [*(result[lists[name]] or ()), held]
        elif names.count(name) > 1:
            result.setdefault(name, []).append(held)
        else:
            result[name] = held
    return result
