"""The text of a statement → tokens with their places.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from eventmill.kernel.errors import Fault
from eventmill.services.dynamodb.faults import validation

_TOKEN = re.compile(
    r"""(?P<gap>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
    |(?P<parameter>\?)
    |(?P<sign><<|>>|<>|!=|<=|>=|[-=<>(),.\[\]{}:+*;])""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """`kind` is name, quoted, string, number, parameter, sign or end.

    `text` is without quotes; of a parameter it is its number, from 0. `place` is where the token
    stands, as AWS writes it: line:column:length.
    """

    kind: str
    text: str
    place: str


def malformed(detail: str = "") -> Fault:
    """A statement that the grammar does not know."""
    return validation(f"Statement wasn't well formed, can't be processed: {detail}")


def tokens_of(text: str) -> list[Token]:
    """Raises Fault for what begins no token: AWS gives no detail of it."""
    tokens: list[Token] = []
    position, line, start, parameters = 0, 1, 0, 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise malformed()
        kind, raw = found.lastgroup or "gap", found.group()
        if kind != "gap":
            place = f"{line}:{position - start + 1}:{len(raw)}"
            tokens.append(Token(kind, _content(kind, raw, parameters), place))
            parameters += kind == "parameter"
        position = found.end()
        if "\n" in raw:
            line += raw.count("\n")
            start = found.start() + raw.rindex("\n") + 1
    tokens.append(Token("end", "", f"{line}:{position - start + 1}:0"))
    return tokens


def _content(kind: str, raw: str, parameters: int) -> str:
    if kind in ("string", "quoted"):
        return raw[1:-1].replace(raw[0] * 2, raw[0])
    return str(parameters) if kind == "parameter" else raw
