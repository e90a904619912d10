"""Patterns of events in columns: `[ip, user, ..., status = 4*, bytes > 1000 && bytes < 5000]`.

Columns stand between spaces; quotes and brackets hold one that has spaces of its own. The number
of columns must be the pattern's, where it has no `...` for any number of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from eventmill.services.logs.filters.values import LITERAL, OPERATOR, comparison, refused

_COLUMN = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')
_PART = re.compile(rf"(?:{LITERAL}|[^,\"%]|%(?![^%,]*%))+")
_CONDITION = re.compile(rf"\s*([\w.\-]+)\s*({OPERATOR})\s*({LITERAL}|[^\s()&|]+)\s*\Z")
_NAME = re.compile(r"[\w.\-]+\Z")
_ANY_NUMBER = "..."

_Test = Callable[[str], bool]


class Columns:
    """See the module."""

    def __init__(self, text: str) -> None:
        """Raises Invalid."""
        if not text.endswith("]"):
            raise refused(text)
        parts = [part.strip() for part in _PART.findall(text[1:-1])]
        if not parts or parts.count(_ANY_NUMBER) > 1 or not all(parts):
            raise refused(text)
        self._open = parts.index(_ANY_NUMBER) if _ANY_NUMBER in parts else None
        named = [_column(part, text) for part in parts if part != _ANY_NUMBER]
        self._names = [name for name, _ in named]
        self._tests = [test for _, test in named]

    def matches(self, message: str) -> bool:
        """Whether the event has these columns and each is as it should be."""
        values = self._aligned(message)
        if values is None:
            return False
        return all(test(value) for test, value in zip(self._tests, values, strict=True))

    def extracted(self, message: str) -> dict[str, str]:
        """The columns by `$` and their names."""
        values = self._aligned(message) or []
        return {f"${name}": value for name, value in zip(self._names, values, strict=False)}

    def reader(self, message: str) -> Callable[[str], str | None]:
        """The columns, by `$` and their names."""
        return self.extracted(message).get

    def _aligned(self, message: str) -> list[str] | None:
        values = [a or b or c for a, b, c in _COLUMN.findall(message)]
        wanted = len(self._names)
        if self._open is None:
            return values if len(values) == wanted else None
        if len(values) < wanted:
            return None
        behind = wanted - self._open
        return values[: self._open] + (values[-behind:] if behind else [])


def _column(part: str, pattern: str) -> tuple[str, _Test]:
    """The column's name and the test of its value."""
    if _NAME.match(part):
        return part, lambda value: True
    groups = [
        [_condition(one, pattern) for one in group.split("&&")]
        for group in part.replace("(", "").replace(")", "").split("||")
    ]
    name = groups[0][0][0]

    def test(value: str) -> bool:
        return any(all(holds(value) for _, holds in group) for group in groups)

    return name, test


def _condition(text: str, pattern: str) -> tuple[str, _Test]:
    found = _CONDITION.match(text)
    if found is None:
        raise refused(pattern)
    name, operator, literal = found.groups()
    return name, comparison(operator, literal, pattern)
