"""Where an index files an alternative of a leaf: by what every value that it matches has.

A place is a kind, a size and a key: the value itself, its beginning or end of that many characters,
itself without regard to case, or the stretch of numbers, two to the power of the size long, that it
lies in. Alternatives such as anything-but have no place, since a lookup cannot find them.
"""

from __future__ import annotations

import math
import re
from typing import Any, Generic, TypeVar

from eventmill.patterns.operators.exact import key_of
from eventmill.patterns.operators.numeric import is_number

EXACT, PREFIX, SUFFIX, FOLDED, STRETCH = "exact", "prefix", "suffix", "folded", "stretch"

_LONGEST = 1_025
"""The size of a stretch that holds half of all finite numbers."""

Place = tuple[str, int, Any]

K = TypeVar("K")
_STAR = re.compile(r"(?<!\\)(?:\\\\)*\*")


def exactly(value: Any) -> Place:
    """The place of a literal."""
    return EXACT, 0, key_of(value)


def places_of(name: str, operand: Any) -> tuple[Place, ...]:
    """The places of an operator's operand, which has been compiled before; empty without any.

    A value that the operator matches is at one of them.
    """
    if name in (PREFIX, SUFFIX) and isinstance(operand, str):
        return ((name, len(operand), operand),)
    if name == "equals-ignore-case":
        return ((FOLDED, 0, operand.casefold()),)
    if name == "numeric":
        return _of_numbers(operand)
    return _of_wildcard(operand) if name == "wildcard" else ()


def _of_numbers(operand: list[Any]) -> tuple[Place, ...]:
    if operand[0] == "=":
        return (exactly(operand[1]),)
    if len(operand) == 2:
        return ()
    low, high = float(operand[1]), float(operand[3])
    length = high - low
    if not length:
        return (exactly(low),)
    # A stretch as long as the range, so that the range touches two of them at the most.
    size = math.ceil(math.log2(length)) if math.isfinite(length) else _LONGEST
    return tuple({(STRETCH, size, _stretch(bound, size)) for bound in (low, high)})


def _stretch(number: float, size: int) -> int | None:
    """The stretch that a number lies in; None for one so far out that none is filed there."""
    try:
        return math.floor(math.ldexp(number, -size))
    except (OverflowError, ValueError):
        return None


def _of_wildcard(operand: str) -> tuple[Place, ...]:
    stars = list(_STAR.finditer(operand))
    if not stars:
        return (exactly(_plain(operand)),)
    head, tail = _plain(operand[: stars[0].end() - 1]), _plain(operand[stars[-1].end() :])
    if head:
        return ((PREFIX, len(head), head),)
    return ((SUFFIX, len(tail), tail),) if tail else ()


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _key(kind: str, size: int, value: Any) -> Any:
    """The key of a scalar's place of a kind and size; None where it has none."""
    if kind == EXACT:
        return key_of(value)
    if kind == STRETCH:
        return _stretch(float(value), size) if is_number(value) else None
    if not isinstance(value, str):
        return None
    if kind == FOLDED:
        return value.casefold()
    if size > len(value):
        return None
    return value[:size] if kind == PREFIX else value[len(value) - size :]


class Shelf(Generic[K]):
    """The keys that are filed under the places of one path."""

    __slots__ = ("_drawers",)

    def __init__(self) -> None:
        # A value is looked up once for each kind and size in use.
        self._drawers: dict[tuple[str, int], dict[Any, set[K]]] = {}

    def __bool__(self) -> bool:
        return bool(self._drawers)

    def add(self, place: Place, key: K) -> None:
        """File a key."""
        kind, size, at = place
        self._drawers.setdefault((kind, size), {}).setdefault(at, set()).add(key)

    def remove(self, place: Place, key: K) -> None:
        """Take a key out that is filed there."""
        kind, size, at = place
        drawer = self._drawers[kind, size]
        drawer[at].discard(key)
        if not drawer[at]:
            del drawer[at]
        if not drawer:
            del self._drawers[kind, size]

    def crowd(self, place: Place) -> int:
        """How many keys are filed at a place."""
        kind, size, at = place
        return len(self._drawers.get((kind, size), {}).get(at, ()))

    def collect(self, value: Any, found: set[K]) -> None:
        """Add the keys whose place a scalar has."""
        for (kind, size), drawer in self._drawers.items():
            at = drawer.get(_key(kind, size, value))
            if at:
                found |= at
