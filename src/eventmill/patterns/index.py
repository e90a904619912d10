"""Many patterns at once: the cost grows with the event, not with the number of patterns.

Each pattern is filed under the places of one of its fields (or of one in each way of an `$or`):
the one that shares its places with the fewest others. An event then looks its own values up and
tries only the patterns filed there. Patterns without such a field (bounds, anything-but, exists)
are tried every time.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, Generic, TypeVar

from eventmill.patterns.leaf import flatten
from eventmill.patterns.pattern import Anchor, Path, Pattern
from eventmill.patterns.places import Shelf

K = TypeVar("K", bound=Hashable)


class PatternIndex(Generic[K]):
    """Patterns by key."""

    def __init__(self) -> None:
        self._patterns: dict[K, Pattern] = {}
        self._filed: dict[K, Anchor | None] = {}
        self._shelves: dict[Path, Shelf[K]] = {}
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
        for path, place in anchor:
            self._shelves.setdefault(path, Shelf()).add(place, key)

    def _crowd(self, anchor: Anchor) -> tuple[int, int]:
        crowd = sum(
            self._shelves[path].crowd(place) for path, place in anchor if path in self._shelves
        )
        # Of two that are as empty, the deeper field tells more rules apart.
        return crowd, -max(len(path) for path, _ in anchor)

    def remove(self, key: K) -> None:
        """Take a pattern out. Raises KeyError."""
        del self._patterns[key]
        anchor = self._filed.pop(key)
        if anchor is None:
            self._rest.discard(key)
            return
        for path, place in anchor:
            shelf = self._shelves[path]
            shelf.remove(place, key)
            if not shelf:
                del self._shelves[path]

    def match(self, event: dict[str, Any]) -> set[K]:
        """The keys of the patterns that the event matches."""
        candidates = set(self._rest)
        for path, shelf in self._shelves.items():
            for value in _values(event, path):
                shelf.collect(value, candidates)
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
