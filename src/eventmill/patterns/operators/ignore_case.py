"""equals-ignore-case: one string, equal but for case."""

from __future__ import annotations

from typing import Any

from eventmill.patterns.errors import PatternError
from eventmill.patterns.operators import Test


def compile_ignore_case(operand: Any) -> Test:
    """`{"equals-ignore-case": "alice"}`"""
    if not isinstance(operand, str):
        raise PatternError("equals-ignore-case match pattern must be a string")
    text = operand.casefold()
    return lambda given: isinstance(given, str) and given.casefold() == text
