"""Many patterns at once: the cost grows with the event, not with the number of patterns.

Each pattern is filed under one field that must hold one of a list of literals: the one that
shares its places with the fewest others. An event then looks its own values up and tries only the
patterns filed there. Patterns without such a field are tried every time.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, Generic, TypeVar

from eventmill.patterns.leaf import flatten
from eventmill.patterns.operators.exact import key_of
from eventmill.patterns.pattern import Pattern

K = TypeVar("K", bound=Hashable)
Path = tuple[str, ...]
Literal = tuple[str, Any]


class PatternIndex(Generic[K]):
    """Patterns by key."""

    def __init__(self) -> None:
        self._patterns: dict[K, Pattern] = {}
        self._filed: dict[K, tuple[Path, frozenset[Literal]] | None] = {}
        self._by_path: dict[Path, dict[Literal, set[K]]] = {}
        self._rest: set[K] = set()

    def __len__(self) -> int:
        return len(self._patterns)

    def add(self, key: K, pattern: Pattern) -> None:
        """File a pattern; one of the same key is replaced."""
        if key in self._patterns:
            self.remove(key)
        self._patterns[key] = pattern
        anchor = min(pattern.anchors(), key=self._crowd, default=None)
        self._filed[key] = anchor
        if anchor is None:
            self._rest.add(key)
            return
        places = self._by_path.setdefault(anchor[0], {})
        for literal in anchor[1]:
            places.setdefault(literal, set()).add(key)

    def _crowd(self, anchor: tuple[Path, frozenset[Literal]]) -> tuple[int, int]:
        places = self._by_path.get(anchor[0], {})
        return sum(len(places.get(literal, ())) for literal in anchor[1]), -len(anchor[0])

    def remove(self, key: K) -> None:
        """Take a pattern out. Raises KeyError."""
        del self._patterns[key]
        anchor = self._filed.pop(key)
        if anchor is None:
            self._rest.discard(key)
            return
        places = self._by_path[anchor[0]]
        for literal in anchor[1]:
            places[literal].discard(key)
            if not places[literal]:
                del places[literal]
        if not places:
            del self._by_path[anchor[0]]

    def match(self, event: dict[str, Any]) -> set[K]:
        """The keys of the patterns that the event matches."""
        candidates = set(self._rest)
        for path, places in self._by_path.items():
            for value in _values(event, path):
                found = places.get(key_of(value))
                if found:
                    candidates |= found
        patterns = self._patterns
        return {key for key in candidates if patterns[key].root.matches(event)}


def _values(value: Any, path: Path) -> Iterator[Any]:
    """The scalars at a path, through arrays and through keys that hold dots."""
    if isinstance(value, list):
        for entry in flatten(value):
            yield from _values(entry, path)
        return
    if not path:
        if not isinstance(value, dict):
            yield value
        return
    if not isinstance(value, dict):
        return
    if path[0] in value:
        yield from _values(value[path[0]], path[1:])
    for size in range(2, len(path) + 1):
        joined = ".".join(path[:size])
        if joined in value:
            yield from _values(value[joined], path[size:])
