"""wildcard: `*` stands for any characters, `\\*` and `\\\\` for themselves."""

from __future__ import annotations

import re
from typing import Any

from eventmill.patterns.errors import PatternError
from eventmill.patterns.operators import Test


def compile_wildcard(operand: Any) -> Test:
    """`{"wildcard": "a*/b*"}`; two `*` side by side are refused, as they mean what one does."""
    if not isinstance(operand, str):
        raise PatternError("wildcard match pattern must be a string")
    expression = re.compile("".join(_parts(operand)), re.DOTALL)
    return lambda given: isinstance(given, str) and expression.fullmatch(given) is not None


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\":
            if position + 1 >= len(text) or text[position + 1] not in "*\\":
                raise PatternError(f"Invalid escape character at pos {position}")
            position += 1
            parts.append(re.escape(text[position]))
        elif character == "*":
            if parts and parts[-1] == ".*?":
                raise PatternError(f"Consecutive wildcard characters at pos {position}")
            parts.append(".*?")
        else:
            parts.append(re.escape(character))
        position += 1
    return parts
