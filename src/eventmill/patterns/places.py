"""Where an index files an alternative of a leaf: by what every value that it matches has.

A place is a kind and a key: the value itself, its beginning, its end, or itself without regard
to case. Alternatives such as numeric ranges have no place, since a lookup cannot find them.
"""

from __future__ import annotations

import re
from typing import Any, Generic, TypeVar

from eventmill.patterns.operators.exact import key_of

EXACT, PREFIX, SUFFIX, FOLDED = "exact", "prefix", "suffix", "folded"

Place = tuple[str, Any]

K = TypeVar("K")
_STAR = re.compile(r"(?<!\\)(?:\\\\)*\*")


def place_of(name: str, operand: Any) -> Place | None:
    """The place of an operator's operand, which has been compiled before; None without one."""
    if name in (PREFIX, SUFFIX) and isinstance(operand, str):
        return name, operand
    if name == "equals-ignore-case":
        return FOLDED, operand.casefold()
    if name == "numeric" and operand[0] == "=":
        return EXACT, key_of(operand[1])
    return _of_wildcard(operand) if name == "wildcard" else None


def _of_wildcard(operand: str) -> Place | None:
    stars = list(_STAR.finditer(operand))
    if not stars:
        return EXACT, key_of(_plain(operand))
    head, tail = operand[: stars[0].end() - 1], operand[stars[-1].end() :]
    if head:
        return PREFIX, _plain(head)
    return (SUFFIX, _plain(tail)) if tail else None


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


class Shelf(Generic[K]):
    """The keys that are filed under the places of one path."""

    __slots__ = ("_affixes", "_exact", "_folded")

    def __init__(self) -> None:
        self._exact: dict[Any, set[K]] = {}
        self._folded: dict[Any, set[K]] = {}
        # By the length of the affix, so that a value is looked up once for each length in use.
        self._affixes: dict[tuple[str, int], dict[Any, set[K]]] = {}

    def __bool__(self) -> bool:
        return bool(self._exact or self._folded or self._affixes)

    def add(self, place: Place, key: K) -> None:
        """File a key."""
        self._drawer(place).setdefault(place[1], set()).add(key)

    def remove(self, place: Place, key: K) -> None:
        """Take a key out that is filed there."""
        drawer = self._drawer(place)
        drawer[place[1]].discard(key)
        if not drawer[place[1]]:
            del drawer[place[1]]
        if not drawer and place[0] in (PREFIX, SUFFIX):
            del self._affixes[place[0], len(place[1])]

    def crowd(self, place: Place) -> int:
        """How many keys are filed at a place."""
        kind, key = place
        if kind == EXACT:
            drawer = self._exact
        elif kind == FOLDED:
            drawer = self._folded
        else:
            drawer = self._affixes.get((kind, len(key)), {})
        return len(drawer.get(key, ()))

    def collect(self, value: Any, found: set[K]) -> None:
        """Add the keys whose place a scalar has."""
        at = self._exact.get(key_of(value))
        if at:
            found |= at
        if not isinstance(value, str):
            return
        if self._folded:
            found |= self._folded.get(value.casefold(), set())
        for (kind, size), drawer in self._affixes.items():
            affix = value[:size] if kind == PREFIX else value[len(value) - size :]
            at = drawer.get(affix) if size <= len(value) else None
            if at:
                found |= at

    def _drawer(self, place: Place) -> dict[Any, set[K]]:
        kind, key = place
        if kind == EXACT:
            return self._exact
        if kind == FOLDED:
            return self._folded
        return self._affixes.setdefault((kind, len(key)), {})
