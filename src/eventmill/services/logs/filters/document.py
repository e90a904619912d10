"""Patterns of JSON events: `{ ($.level = "ERROR") && ($.user.age > 30 || $.tags[0] IS NULL) }`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from eventmill.services.logs.filters.values import LITERAL, OPERATOR, comparison, refused

_SELECTOR = r"\$(?:\.[\w\-@/]+|\[(?:\d+|\*|'[^']*'|\"[^\"]*\")\])+"
_TOKEN = re.compile(
    rf"\s*(?:(?P<mark>&&|\|\||[()])|(?P<selector>{_SELECTOR})|(?P<operator>{OPERATOR})"
    rf"|(?P<value>{LITERAL}|[^\s()&|=<>!]+))"
)
_STEP = re.compile(r"\.([\w\-@/]+)|\[(\d+|\*)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_MISSING = object()
_IS: dict[str, Callable[[Any], bool]] = {
    "NULL": lambda value: value is None,
    "TRUE": lambda value: value is True,
    "FALSE": lambda value: value is False,
}

_Test = Callable[[Any], bool]


class Document:
    """See the module. Events that are no JSON never match."""

    def __init__(self, text: str) -> None:
        """Raises Invalid."""
        if not text.endswith("}"):
            raise refused(text)
        self._selectors: list[str] = []
        parser = _Parser(text, self._selectors)
        self._test = parser.any_of()
        parser.end()

    def matches(self, message: str) -> bool:
        """Whether the event satisfies the expression."""
        try:
            event = json.loads(message)
        except ValueError:
            return False
        return self._test(event)

    def extracted(self, message: str) -> dict[str, str]:
        """The fields that the expression names."""
        read = self.reader(message)
        found = ((selector, read(selector)) for selector in self._selectors)
        return {selector: value for selector, value in found if value is not None}

    def reader(self, message: str) -> Callable[[str], str | None]:
        """The first of what a selector finds."""
        event = json.loads(message)

        def read(selector: str) -> str | None:
            value = _values(event, selector)[0]
            if value is _MISSING:
                return None
            return value if isinstance(value, str) else json.dumps(value)

        return read


class _Parser:
    """Recursive descent: `||` binds loosest, then `&&`, then parentheses and conditions."""

    def __init__(self, text: str, selectors: list[str]) -> None:
        self._text = text
        self._selectors = selectors
        self._tokens = list(_tokens(text))
        self._place = 0

    def any_of(self) -> _Test:
        tests = [self._all_of()]
        while self._take("||"):
            tests.append(self._all_of())
        return tests[0] if len(tests) == 1 else lambda event: any(test(event) for test in tests)

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise refused(self._text)

    def _all_of(self) -> _Test:
        tests = [self._one()]
        while self._take("&&"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda event: all(test(event) for test in tests)

    def _one(self) -> _Test:
        if self._take("("):
            test = self.any_of()
            if not self._take(")"):
                raise refused(self._text)
            return test
        selector = self._next("selector")
        self._selectors.append(selector)
        kind, word = self._peek()
        self._place += 1
        if kind == "operator":
            compare = comparison(word, self._next("value"), self._text)
            if word == "!=":
                # What is not there is something else, too.
                return lambda event: all(compare(_known(v)) for v in _values(event, selector))
            return lambda event: any(compare(_known(v)) for v in _values(event, selector))
        if word.upper() == "IS" and (state := self._next("value").upper()) in _IS:
            known = _IS[state]
            return lambda event: any(known(value) for value in _values(event, selector))
        if word.upper() == "NOT" and self._next("value").upper() == "EXISTS":
            return lambda event: all(value is _MISSING for value in _values(event, selector))
        if word.upper() == "EXISTS":
            return lambda event: any(value is not _MISSING for value in _values(event, selector))
        raise refused(self._text)

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("", "")

    def _take(self, mark: str) -> bool:
        if self._peek() == ("mark", mark):
            self._place += 1
            return True
        return False

    def _next(self, wanted: str) -> str:
        kind, text = self._peek()
        if kind != wanted:
            raise refused(self._text)
        self._place += 1
        return text


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    body, place = text[1:-1].rstrip(), 0
    while place < len(body):
        found = _TOKEN.match(body, place)
        if found is None or found.lastgroup is None:
            raise refused(text)
        yield found.lastgroup, found[found.lastgroup]
        place = found.end()


def _known(value: Any) -> Any:
    return None if value is _MISSING else value


def _values(event: Any, selector: str) -> list[Any]:
    """The values that a selector finds, several below `[*]`; one _MISSING for none."""
    values = [event]
    for name, index, single, double in _STEP.findall(selector):
        found: list[Any] = []
        for value in values:
            if index == "*":
                found += value if isinstance(value, list) else []
            elif index:
                inside = isinstance(value, list) and int(index) < len(value)
                found += [value[int(index)]] if inside else []
            elif isinstance(value, dict) and (key := name or single or double) in value:
                found.append(value[key])
        values = found
    return values or [_MISSING]
