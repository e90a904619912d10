"""The JSON paths of inputs and parameters, on buses and in pipes.

`$.detail.items[0]['a b']`; `[*]` is every element.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import orjson

MISSING = object()
"""What stands at a path that leads nowhere."""

_STEP = re.compile(r"\.([^.\[\]\s]+)|\[(\d+|\*)\]|\['([^']+)'\]|\[\"([^\"]+)\"\]")

Step = str | int


@lru_cache(maxsize=4_096)
def steps_of(path: str) -> tuple[Step, ...] | None:
    """The path's steps; `*` for every element. None when it is no path."""
    if not path.startswith("$"):
        return None
    steps: list[Step] = []
    place = 1
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            return None
        name, index, quoted, double = match.groups()
        if index is not None:
            steps.append("*" if index == "*" else int(index))
        else:
            steps.append(name or quoted or double)
        place = match.end()
    return tuple(steps)


def _at(event: Any, steps: tuple[Step, ...]) -> Any:
    value = event
    for place, step in enumerate(steps):
        if step == "*" and isinstance(value, list):
            rest = steps[place + 1 :]
            found = (_at(entry, rest) for entry in value)
            return [entry for entry in found if entry is not MISSING]
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return MISSING
            value = value[step]
        else:
            if not isinstance(value, dict) or step not in value:
                return MISSING
            value = value[step]
    return value


def text_at(event: Any, text: str) -> str:
    """A parameter as it stands, or, where it is a path, what it finds in the event as text."""
    if not text.startswith("$"):
        return text
    value = value_at(event, text)
    if value is MISSING:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def value_at(event: Any, path: str) -> Any:
    """The value at a path, or MISSING."""
    steps = steps_of(path)
    return MISSING if steps is None else _at(event, steps)
