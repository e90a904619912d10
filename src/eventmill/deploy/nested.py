"""Properties within properties that AWS does not have: misspelt, or in the wrong place.

nested.json has AWS's names; tools/nested.py writes it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from eventmill.kernel.similar import meant
from eventmill.template import CODE

_Objects = list[dict[str, int | None]]


def unheard(kind: str, properties: Mapping[str, Any], offered: Collection[str]) -> Iterator[str]:
    """What is to be said of each of them; `offered` are the dotted paths that the type knows."""
    types, objects = _names()
    number = types.get(kind)
    if number is None:
        return
    known = objects[number]
    # The translation puts it there for code that lies on this machine.
    own = f"{CODE.get(kind)}.LocalPath"
    for name, value in properties.items():
        for path, near in _strange(value, known.get(name), objects, name):
            if path != own and path not in offered:
                yield (
                    f"{path} is no property that AWS has: CloudFormation refuses it, and it has "
                    f"no effect here{near}"
                )


def _strange(
    value: Any, number: int | None, objects: _Objects, place: str
) -> Iterator[tuple[str, str]]:
    """(dotted path, what may have been meant) of each name that its object does not have."""
    if number is None:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _strange(entry, number, objects, place)
    elif isinstance(value, Mapping) and "Fn::If" in value:
        branches = value["Fn::If"]
        for branch in branches[1:] if isinstance(branches, list) else ():
            yield from _strange(branch, number, objects, place)
    elif isinstance(value, Mapping) and not _computed(value):
        known = objects[number]
        for name, inner in value.items():
            path = f"{place}.{name}"
            if name in known:
                yield from _strange(inner, known[name], objects, path)
            else:
                yield path, meant(str(name), [*known])


def _computed(value: Mapping[str, Any]) -> bool:
    """Whether an intrinsic function stands there, or something that a transform will expand."""
    return any(str(name).startswith(("Fn::", "Ref")) for name in value)


@cache
def _names() -> tuple[dict[str, int | None], _Objects]:
    found = json.loads(Path(__file__).with_name("nested.json").read_text())
    return found["types"], found["objects"]
