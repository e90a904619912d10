"""Event patterns: a tree of fields whose leaves list alternatives.

Every field must match; inside an array of objects one and the same element must satisfy all
fields of its branch. Keys with dots and nested objects are the same path on both sides.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

from __future__ import annotations

import json
from typing import Any

from eventmill.patterns.errors import PatternError
from eventmill.patterns.leaf import MISSING, OPERATORS, Leaf, compile_leaf, flatten
from eventmill.patterns.places import Place
from eventmill.patterns.profiles import EVENTBRIDGE, Profile

_OR_LIMIT = 1_000


class Node:
    """The fields of one object of the pattern, and the alternatives of its `$or`s."""

    __slots__ = ("children", "leaves", "ors")

    def __init__(self) -> None:
        self.leaves: list[tuple[str, Leaf]] = []
        self.children: list[tuple[str, Node]] = []
        self.ors: list[list[Node]] = []

    def matches(self, event: dict[str, Any]) -> bool:
        """Whether one object satisfies all."""
        for name, leaf in self.leaves:
            if not leaf.matches(event.get(name, MISSING)):
                return False
        for name, child in self.children:
            if not child.matches_value(event.get(name, MISSING)) and not (
                _dotted(event) and child.matches(_below(event, name))
            ):
                return False
        return all(any(option.matches(event) for option in options) for options in self.ors)

    def matches_value(self, value: Any) -> bool:
        """Whether an object, any object of an array, or the lack of one satisfies all."""
        if isinstance(value, dict):
            return self.matches(value)
        if isinstance(value, list):
            objects = [entry for entry in flatten(value) if isinstance(entry, dict)]
            if objects:
                return any(self.matches(entry) for entry in objects)
        return self.matches({})


def _dotted(event: dict[str, Any]) -> bool:
    return any("." in key for key in event)


def _below(event: dict[str, Any], name: str) -> dict[str, Any]:
    """What keys such as `name.rest` hold, as if it were nested."""
    prefix = name + "."
    return {key[len(prefix) :]: value for key, value in event.items() if key.startswith(prefix)}


class Pattern:
    """A compiled pattern."""

    __slots__ = ("root", "text")

    def __init__(self, root: Node, text: str) -> None:
        self.root = root
        self.text = text

    def matches(self, event: dict[str, Any]) -> bool:
        """Whether the event matches."""
        return self.root.matches(event)

    def anchors(self) -> list[Anchor]:
        """Sets of places of which an event that matches has at least one each."""
        return _anchors(self.root, ())


Path = tuple[str, ...]
Anchor = frozenset[tuple[Path, Place]]


def _anchors(node: Node, path: Path) -> list[Anchor]:
    found = [
        frozenset(((*path, name), place) for place in leaf.places)
        for name, leaf in node.leaves
        if leaf.places is not None
    ]
    for name, child in node.children:
        found += _anchors(child, (*path, name))
    for options in node.ors:
        ways = [_anchors(option, path) for option in options]
        if all(ways):
            found.append(frozenset().union(*(min(way, key=len) for way in ways)))
    return found


def compile_pattern(source: str | dict[str, Any], profile: Profile = EVENTBRIDGE) -> Pattern:
    """Raises PatternError with AWS's reason."""
    if isinstance(source, str):
        text = source
        try:
            tree = json.loads(source)
        except (ValueError, RecursionError):
            raise PatternError("Filter is not an object") from None
    else:
        tree, text = source, json.dumps(source)
    if not isinstance(tree, dict):
        raise PatternError("Filter is not an object")
    if not tree:
        raise PatternError("Empty objects are not allowed")
    if _combinations(tree) > _OR_LIMIT:
        raise PatternError(f"too many combinations: $or makes more than {_OR_LIMIT}")
    return Pattern(_compile(tree, profile), text)


def _combinations(tree: dict[str, Any]) -> int:
    total = 1
    for key, value in tree.items():
        if key == "$or" and _is_or(value):
            total *= sum(_combinations(option) for option in value)
        elif isinstance(value, dict):
            total *= _combinations(value)
    return total


def _is_or(value: Any) -> bool:
    """`$or` is the operator only with two or more objects that are no match expressions."""
    return (
        isinstance(value, list)
        and len(value) >= 2
        and all(isinstance(option, dict) and option for option in value)
        and not any(set(option) & OPERATORS for option in value)
    )


def _compile(tree: dict[str, Any], profile: Profile) -> Node:
    node = Node()
    for key, value in tree.items():
        if key == "$or" and _is_or(value):
            node.ors.append([_compile(option, profile) for option in value])
            continue
        *parents, last = key.split(".") if key.strip(".") == key and ".." not in key else [key]
        holder = node
        for parent in parents:
            child = Node()
            holder.children.append((parent, child))
            holder = child
        _add(holder, last, value, profile)
    return node


def _add(node: Node, name: str, value: Any, profile: Profile) -> None:
    if isinstance(value, list):
        node.leaves.append((name, compile_leaf(value, profile)))
    elif isinstance(value, dict):
        if not value:
            raise PatternError("Empty objects are not allowed")
        node.children.append((name, _compile(value, profile)))
    else:
        raise PatternError(f'"{name}" must be an object or an array')
