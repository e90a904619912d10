"""FilterCriteria: which records of a source reach the function.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from eventmill.kernel.arns import service_of
from eventmill.patterns import Pattern, PatternError, compile_pattern
from eventmill.services.lambda_.faults import parameter

MOST = 10
"""Filters of one mapping; AWS's quota once raised."""

LONGEST = 4_096
"""Characters of one pattern."""

_DATA_KEYS = {"sqs": "body", "kinesis": "data"}
"""Where the payload lies that is JSON inside a string. DynamoDB's records have none."""


def check(config: Mapping[str, Any]) -> None:
    """Raises Invalid for criteria that AWS would refuse."""
    entries = (config.get("FilterCriteria") or {}).get("Filters", ())
    if len(entries) > MOST:
        raise parameter(f"The number of filters must be at most {MOST}.")
    for entry in entries:
        pattern = entry.get("Pattern") or ""
        if len(pattern) > LONGEST:
            raise parameter(f"Filter pattern must have at most {LONGEST} characters.")
        _compile(pattern)


def _compile(text: str) -> tuple[Pattern, Any]:
    """The pattern and, of its parsed text, the object itself. Raises Invalid."""
    try:
        parsed = orjson.loads(text)
        return compile_pattern(text), parsed
    except (PatternError, orjson.JSONDecodeError):
        raise parameter("Invalid filter pattern definition.") from None


class Filters:
    """The compiled criteria of one mapping; without patterns every record passes."""

    def __init__(self, source: str, patterns: Sequence[str]) -> None:
        """`source` is the ARN. Raises Invalid for a pattern that is none."""
        self._key = _DATA_KEYS.get(service_of(source))
        self._nested = service_of(source) == "kinesis"
        compiled = [_compile(text) for text in patterns]
        self._patterns = [
            (pattern, type(parsed[self._key]) if self._key in parsed else None)
            for pattern, parsed in compiled
        ]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def keep(self, record: Mapping[str, Any]) -> bool:
        """Whether a record, in the shape in which the function gets it, passes any filter."""
        if not self._patterns:
            return True
        view = dict(record["kinesis"]) if self._nested else dict(record)
        text, data = self._data(view)
        return any(
            self._matches(pattern, wants, view, text, data) for pattern, wants in self._patterns
        )

    def _data(self, view: Mapping[str, Any]) -> tuple[str | None, Any]:
        """The payload as text and, when it is a JSON object or array, parsed."""
        if self._key is None:
            return None, None
        try:
            raw = view[self._key]
            text = base64.b64decode(raw).decode() if self._nested else raw
            parsed = orjson.loads(text)
        except (binascii.Error, UnicodeDecodeError):
            return None, None
        except orjson.JSONDecodeError:
            return text, None
        return text, parsed if isinstance(parsed, dict | list) else None

    def _matches(
        self,
        pattern: Pattern,
        wants: type | None,
        view: dict[str, Any],
        text: str | None,
        data: Any,
    ) -> bool:
        """`wants` is how the pattern speaks of the payload: an object (dict), a plain string
        (list), or not at all. A payload of the other format is dropped."""
        if wants is None or self._key is None:
            return pattern.matches(view)
        if wants is dict:
            return data is not None and pattern.matches({**view, self._key: data})
        return data is None and text is not None and pattern.matches({**view, self._key: text})
