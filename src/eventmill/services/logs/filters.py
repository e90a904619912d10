"""Filter patterns of unstructured and JSON log events.

Terms must all stand in the event; `?term` makes terms alternatives, `-term` excludes, quotes hold
several words. `{ $.field = value }` compares a field of a JSON event.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from eventmill.kernel.errors import Invalid

Matches = Callable[[str], bool]

_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
_COMPARISON = re.compile(
    r"\s*\$\.([\w.\[\]-]+)\s*(=|!=|>=|<=|>|<)\s*(\"(?:[^\"\\]|\\.)*\"|[^\s\"&|]+)\s*\Z"
)


def compile_filter(pattern: str) -> Matches:
    """Raises Invalid (InvalidParameterException)."""
    text = pattern.strip()
    if not text:
        return lambda message: True
    if text.startswith("{"):
        return _structured(text)
    if text.startswith("["):
        raise Invalid(
            "InvalidParameterException",
            "Space-delimited filter patterns ([...]) are not offered; use terms or { $.field = "
            "value }.",
        )
    return _terms(text)


def _terms(text: str) -> Matches:
    needed: list[str] = []
    excluded: list[str] = []
    optional: list[str] = []
    for sign, quoted, bare in _TERM.findall(text):
        term = quoted.replace('\\"', '"') if quoted else bare
        {"": needed, "-": excluded, "?": optional}[sign].append(term)

    def matches(message: str) -> bool:
        if any(term in message for term in excluded):
            return False
        if optional and not any(term in message for term in optional):
            return False
        return all(term in message for term in needed)

    return matches


def _structured(text: str) -> Matches:
    body = text.strip()[1:-1] if text.endswith("}") else ""
    groups = [[_comparison(part, text) for part in group.split("&&")] for group in body.split("||")]

    def matches(message: str) -> bool:
        try:
            event = json.loads(message)
        except ValueError:
            return False
        return any(all(test(event) for test in tests) for tests in groups)

    return matches


def _comparison(part: str, text: str) -> Callable[[Any], bool]:
    found = _COMPARISON.match(part.strip().removeprefix("(").removesuffix(")"))
    if found is None:
        raise Invalid("InvalidParameterException", f"Invalid filter pattern: {text}")
    path, sign, literal = found.groups()
    wanted = literal[1:-1] if literal.startswith('"') else literal

    def test(event: Any) -> bool:
        value = _field(event, path)
        if sign in ("=", "!="):
            return _equal(value, wanted) is (sign == "=")
        try:
            left, right = float(value), float(wanted)
        except (TypeError, ValueError):
            return False
        return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[
            sign
        ]

    return test


def _equal(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == str(value).lower()
    if isinstance(value, int | float):
        try:
            return float(wanted) == value
        except ValueError:
            return False
    return isinstance(value, str) and fnmatchcase(value, wanted)


def _field(event: Any, path: str) -> Any:
    for name in re.findall(r"[^.\[\]]+", path):
        if isinstance(event, list) and name.isdigit() and int(name) < len(event):
            event = event[int(name)]
        elif isinstance(event, dict):
            event = event.get(name)
        else:
            return None
    return event
