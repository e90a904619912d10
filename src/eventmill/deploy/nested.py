"""What AWS's schemas say of properties: names within them that it does not have, because they are
misspelt or in the wrong place, names that it requires, and values that it does not have.

nested.json has AWS's names and values; tools/nested.py writes it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from eventmill.kernel.similar import meant
from eventmill.services.contract import UNKNOWN, attribute_text
from eventmill.template import CODE

_Known = int | list[str] | None
"""The number of an object, the values there are, or None for what is not judged."""
_Objects = list[tuple[dict[str, _Known], list[str]]]
"""Of each object its members, and the names of those that it must have."""


def unheard(kind: str, properties: Mapping[str, Any], offered: Collection[str]) -> Iterator[str]:
    """What is to be said of each name that AWS does not have.

    `offered` are the dotted paths that the type knows. Functions may stand in the properties.
    """
    types, objects = _schemas()
    number = types.get(kind)
    if not isinstance(number, int):
        return
    members, _ = objects[number]
    # The translation puts it there for code that lies on this machine.
    own = f"{CODE.get(kind)}.LocalPath"
    for name, value in properties.items():
        for path, near in _strange(value, members.get(name), objects, name):
            if path != own and path not in offered:
                yield (
                    f"{path} is no property that AWS has: CloudFormation refuses it, and it has "
                    f"no effect here{near}"
                )


def lacking(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """What is to be said of each name that AWS requires and that plain properties do not have."""
    types, objects = _schemas()
    for path, value, known in _judged(properties, types.get(kind), objects, ""):
        if not isinstance(known, int) or not isinstance(value, Mapping):
            continue
        if path == CODE.get(kind) and "LocalPath" in value:
            continue
        for name in objects[known][1]:
            if name not in value:
                yield f"{f'{path}.{name}'.lstrip('.')} is missing, which AWS requires"


def unknown_values(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """What is to be said of each value in plain properties that AWS does not have there."""
    types, objects = _schemas()
    for path, value, known in _judged(properties, types.get(kind), objects, ""):
        if isinstance(known, int) or value is UNKNOWN or not isinstance(value, str | int):
            continue
        if attribute_text(value) not in known:
            near = meant(str(value), known) or f"; it is one of {', '.join(known)}"
            yield f"{path} cannot be {value!r}{near}"


def _judged(
    value: Any, known: _Known, objects: _Objects, place: str
) -> Iterator[tuple[str, Any, int | list[str]]]:
    """(dotted path, value, what is known of it) of all that stands below, lists' entries alone."""
    if isinstance(value, list):
        for entry in value:
            yield from _judged(entry, known, objects, place)
    elif known is not None:
        yield place, value, known
        if isinstance(known, int) and isinstance(value, Mapping):
            members, _ = objects[known]
            for name, inner in value.items():
                path = f"{place}.{name}".lstrip(".")
                yield from _judged(inner, members.get(name), objects, path)


def _strange(value: Any, known: _Known, objects: _Objects, place: str) -> Iterator[tuple[str, str]]:
    """(dotted path, what may have been meant) of each name that its object does not have."""
    if not isinstance(known, int):
        return
    if isinstance(value, list):
        for entry in value:
            yield from _strange(entry, known, objects, place)
    elif isinstance(value, Mapping) and "Fn::If" in value:
        branches = value["Fn::If"]
        for branch in branches[1:] if isinstance(branches, list) else ():
            yield from _strange(branch, known, objects, place)
    elif isinstance(value, Mapping) and not _computed(value):
        members, _ = objects[known]
        for name, inner in value.items():
            path = f"{place}.{name}"
            if name in members:
                yield from _strange(inner, members[name], objects, path)
            else:
                yield path, meant(str(name), [*members])


def _computed(value: Mapping[str, Any]) -> bool:
    """Whether an intrinsic function stands there, or something that a transform will expand."""
    return any(str(name).startswith(("Fn::", "Ref")) for name in value)


@cache
def _schemas() -> tuple[dict[str, _Known], _Objects]:
    found = json.loads(Path(__file__).with_name("nested.json").read_text())
    return found["types"], found["objects"]
