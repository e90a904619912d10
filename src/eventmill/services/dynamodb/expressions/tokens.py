"""The text of an expression → tokens, and a reader over them."""

from __future__ import annotations

import re
from typing import NamedTuple

from eventmill.services.dynamodb.faults import validation

_TOKEN = re.compile(
    r"\s*(?:(?P<name>#?[A-Za-z_][A-Za-z0-9_\-]*|#[0-9A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<value>:[A-Za-z0-9_]+)|(?P<number>\d+)|(?P<sign><>|<=|>=|[=<>(),.\[\]+\-]))"
)


class Token(NamedTuple):
    """`kind` is name, value, number, sign or end."""

    kind: str
    text: str


def tokens_of(text: str, what: str) -> list[Token]:
    """Raises Fault naming the place of a character that fits nothing."""
    tokens: list[Token] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            near = text[position : position + 10].strip()
            raise validation(f'Invalid {what}: Syntax error; token: "{near[:1]}", near: "{near}"')
        kind = found.lastgroup or "sign"
        tokens.append(Token(kind, found.group(kind)))
        position = found.end()
    tokens.append(Token("end", "<EOF>"))
    return tokens


class Reader:
    """Walks over tokens. `what` names the expression in messages."""

    def __init__(self, text: str, what: str) -> None:
        if not text.strip():
            raise validation(f"Invalid {what}: The expression can not be empty;")
        self.what = what
        self._tokens = tokens_of(text, what)
        self._position = 0
        self.mentioned: set[str] = set()
        self.heads: set[str] = set()
        """Attributes that paths begin with, as they are written."""

    @property
    def next(self) -> Token:
        """The token ahead."""
        return self._tokens[self._position]

    def take(self) -> Token:
        """That token, and go on."""
        token = self._tokens[self._position]
        self._position += 1
        if token.kind == "value" or token.text.startswith("#"):
            self.mentioned.add(token.text)
        return token

    def accept(self, *texts: str) -> str | None:
        """Take the next token when it is one of `texts`, words without regard to case."""
        token = self.next
        folded = token.text.upper()
        if token.kind != "value" and folded in texts:
            self.take()
            return folded
        return None

    def expect(self, *texts: str) -> str:
        """As `accept`, but nothing else may stand here. Raises Fault."""
        found = self.accept(*texts)
        if found is None:
            raise self.unexpected()
        return found

    def unexpected(self) -> Exception:
        """The fault for the token ahead."""
        near = " ".join(t.text for t in self._tokens[max(0, self._position - 1) :][:3])
        return validation(
            f'Invalid {self.what}: Syntax error; token: "{self.next.text}", near: "{near}"'
        )
