"""Terms: all must stand in the event; `?term`s are alternatives, `-term` excludes.

Quotes hold several words, `%` a regular expression. No term at all matches every event.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from eventmill.services.logs.filters.values import LITERAL, quoted, refused, regular

_TERM = re.compile(rf'\s*([-?]?)({LITERAL}|[^\s"%]+)')
_Test = Callable[[str], bool]


class Terms:
    """See the module."""

    def __init__(self, text: str) -> None:
        """Raises Invalid."""
        self._tests: dict[str, list[_Test]] = {"": [], "-": [], "?": []}
        place = 0
        while place < len(text):
            found = _TERM.match(text, place)
            if found is None:
                raise refused(text)
            sign, term = found.groups()
            self._tests[sign].append(_test(term, text))
            place = found.end()

    def matches(self, message: str) -> bool:
        """Whether the event has what it must have and not what it must not."""
        tests = self._tests
        if any(test(message) for test in tests["-"]):
            return False
        if tests["?"] and not any(test(message) for test in tests["?"]):
            return False
        return all(test(message) for test in tests[""])

    def extracted(self, message: str) -> dict[str, str]:
        """Terms name nothing."""
        return {}

    def reader(self, message: str) -> Callable[[str], str | None]:
        """Nothing can be selected by terms."""
        return lambda selector: None


def _test(term: str, pattern: str) -> _Test:
    if term.startswith("%"):
        expression = regular(term, pattern)
        return lambda message: expression.search(message) is not None
    text = quoted(term) if term.startswith('"') else term
    return lambda message: text in message
