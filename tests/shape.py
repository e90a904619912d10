"""Payloads against the recorded shapes in tests/events, field by field."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parent / "events"


def recorded(name: str) -> Any:
    """The recorded shape of that name, such as `s3.put`."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def assert_shape(actual: Any, expected: Any, place: str = "$") -> None:
    """Every field is there, none is more, and each value is the recorded one.

    A recorded text that begins with `re:` is a regular expression for the whole of the actual
    text; `number`, `true or false` and `anything` stand for a value that differs from run to run.
    """
    if expected == "anything":
        return
    if expected == "number":
        assert isinstance(actual, int | float) and not isinstance(actual, bool), (place, actual)
    elif expected == "true or false":
        assert isinstance(actual, bool), (place, actual)
    elif isinstance(expected, str) and expected.startswith("re:"):
        assert isinstance(actual, str), (place, actual)
        assert re.fullmatch(expected[3:], actual), f"{place}: {actual!r} is not {expected}"
    elif isinstance(expected, dict):
        assert isinstance(actual, dict), (place, actual)
        assert sorted(actual) == sorted(expected), f"{place}: fields differ"
        for key, value in expected.items():
            assert_shape(actual[key], value, f"{place}.{key}")
    elif isinstance(expected, list):
        assert isinstance(actual, list) and len(actual) == len(expected), (place, actual)
        for number, value in enumerate(expected):
            assert_shape(actual[number], value, f"{place}[{number}]")
    else:
        assert actual == expected and type(actual) is type(expected), f"{place}: {actual!r}"
