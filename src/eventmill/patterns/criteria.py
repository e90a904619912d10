"""FilterCriteria of event source mappings and pipes: which records reach the function.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Any

from eventmill.patterns.pattern import Pattern, compile_pattern
from eventmill.patterns.profiles import LAMBDA, Profile

_NOT_JSON = object()


class RecordFilter:
    """The filters of one mapping; a record passes when any of them matches it.

    `data_key` is the field with the user's data (`body`, `data`, `value`); `encoded` tells that it
    is base64. A filter that looks into the data as an object drops what is no JSON, and one that
    compares it as text drops what is JSON: the two formats do not mix.
    """

    def __init__(
        self,
        patterns: Iterable[str],
        data_key: str | None = None,
        *,
        encoded: bool = False,
        profile: Profile = LAMBDA,
    ) -> None:
        """Raises PatternError."""
        self._patterns = [_Filter(compile_pattern(text, profile), data_key) for text in patterns]
        self._data_key = data_key
        self._encoded = encoded

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def passes(self, record: dict[str, Any]) -> bool:
        """Whether the record, in the shape that the function would get, is wanted."""
        if not self._patterns:
            return True
        if self._data_key is None:
            return any(entry.pattern.matches(record) for entry in self._patterns)
        text = record.get(self._data_key)
        if self._encoded and isinstance(text, str):
            text = _decoded(text)
        parsed = _parse(text)
        return any(entry.matches(record, text, parsed) for entry in self._patterns)


class _Filter:
    """One pattern, and how it looks at the data."""

    def __init__(self, pattern: Pattern, data_key: str | None) -> None:
        self.pattern = pattern
        self._key = data_key
        tree = json.loads(pattern.text)
        wanted = tree.get(data_key) if data_key else None
        self._as_text = isinstance(wanted, list)
        self._as_object = isinstance(wanted, dict)

    def matches(self, record: dict[str, Any], text: Any, parsed: Any) -> bool:
        assert self._key is not None
        structured = isinstance(parsed, dict | list)
        if self._as_object:
            if parsed is _NOT_JSON or not structured:
                return False
            return self.pattern.matches({**record, self._key: parsed})
        if self._as_text:
            if structured:
                return False
            return self.pattern.matches({**record, self._key: text})
        return self.pattern.matches(record)


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _parse(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return _NOT_JSON
