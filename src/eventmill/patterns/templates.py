"""Input templates: text with placeholders `<name>`, on buses and in pipes.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from eventmill.patterns.paths import MISSING

_PLACEHOLDER = re.compile(r"<([^<>\s]+)>")


class NotShapable(Exception):
    """The template gives no JSON with this event, so nothing can be delivered."""


def placeholders(template: str) -> list[str]:
    """The names in a template, in order."""
    return _PLACEHOLDER.findall(template)


def fill(template: str, value_of: Callable[[str], Any]) -> str:
    """The template with the value of each name in its place. Raises NotShapable.

    `value_of` gives MISSING for what is not there. What stands in quotation marks is inserted as
    text, escaped, all else as JSON.
    """
    is_object = template.startswith(("{", "["))
    return "".join(
        text if name is None else _inserted(value_of(name), quoted, is_object)
        for text, name, quoted in _pieces(template)
    )


def _pieces(template: str) -> Iterator[tuple[str, str | None, bool]]:
    """(text, None, _) and ("", placeholder, whether inside quotes), in order."""
    quoted, place = False, 0
    for match in _PLACEHOLDER.finditer(template):
        text = template[place : match.start()]
        yield text, None, quoted
        quoted ^= _quotes(text) % 2 == 1
        yield "", match[1], quoted
        place = match.end()
    yield template[place:], None, quoted


def _quotes(text: str) -> int:
    """Quotation marks that are not escaped."""
    return len(re.findall(r'(?<!\\)(?:\\\\)*"', text))


def _inserted(value: Any, quoted: bool, is_object: bool) -> str:
    if value is MISSING:
        return "" if quoted else '""'
    if not quoted:
        return orjson.dumps(value).decode()
    if isinstance(value, str):
        # Escaped, so that a quotation mark in the value does not end the template's string.
        return json.dumps(value, ensure_ascii=False)[1:-1]
    if isinstance(value, list) and is_object:
        raise NotShapable("an array stands inside quotation marks of the template")
    return orjson.dumps(value).decode().replace('"', "")
