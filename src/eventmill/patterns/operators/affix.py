"""prefix and suffix, each also without regard to case. Strings only."""

from __future__ import annotations

from typing import Any

from eventmill.patterns.errors import PatternError
from eventmill.patterns.operators import Test


def compile_affix(name: str, operand: Any) -> Test:
    """`{"prefix": "x"}` or `{"prefix": {"equals-ignore-case": "x"}}`; likewise suffix."""
    if isinstance(operand, dict):
        if set(operand) != {"equals-ignore-case"}:
            raise PatternError(f"Unsupported anything-but pattern: {next(iter(operand), '')}")
        folded = operand["equals-ignore-case"]
        if not isinstance(folded, str):
            raise PatternError(f"{name} match pattern must be a string")
        return _folded(name, folded.casefold())
    if not isinstance(operand, str):
        raise PatternError(f"{name} match pattern must be a string")
    text = operand
    if name == "prefix":
        return lambda given: isinstance(given, str) and given.startswith(text)
    return lambda given: isinstance(given, str) and given.endswith(text)


def _folded(name: str, text: str) -> Test:
    if name == "prefix":
        return lambda given: isinstance(given, str) and given.casefold().startswith(text)
    return lambda given: isinstance(given, str) and given.casefold().endswith(text)
