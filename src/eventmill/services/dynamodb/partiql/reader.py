"""Walks over a statement's tokens: names, paths and values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.dynamodb.expressions.paths import Path
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.numbers import canonical
from eventmill.services.dynamodb.partiql.nodes import Given, Literal, Parameter
from eventmill.services.dynamodb.partiql.tokens import Token, malformed, tokens_of
from eventmill.services.dynamodb.values import Value, checked

KEYWORDS = frozenset(
    (
        *("ALL", "AND", "AS", "ASC", "BETWEEN", "BY", "DELETE", "DESC", "EXISTS", "FALSE", "FROM"),
        *("IN", "INSERT", "INTO", "IS", "LIKE", "MISSING", "NOT", "NULL", "OR", "ORDER", "REMOVE"),
        *("RETURNING", "SELECT", "SET", "TRUE", "UPDATE", "VALUE", "VALUES", "WHERE"),
    )
)
"""Names that are attributes only between double quotes."""

_DEPTH = 64
_LARGEST_INDEX = 2**31 - 1


class Reader:
    """The tokens of one statement."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens_of(text)
        self._position = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        """The token ahead."""
        return self._tokens[self._position]

    @property
    def parameters(self) -> int:
        """How many `?` the whole statement has."""
        return sum(token.kind == "parameter" for token in self._tokens)

    def after(self) -> Token:
        """The token behind the one ahead."""
        return self._tokens[min(self._position + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The token ahead, and go on."""
        token = self.next
        self._position += token.kind != "end"
        return token

    def ahead(self, *texts: str) -> str:
        """Which of these signs or words is ahead; empty for none. Words in upper case."""
        token = self.next
        folded = token.text.upper()
        return folded if token.kind in ("name", "sign") and folded in texts else ""

    def accept(self, *texts: str) -> str:
        """As `ahead`, and go on behind it."""
        found = self.ahead(*texts)
        if found:
            self.take()
        return found

    def expect(self, *texts: str, detail: str = "") -> str:
        """As `accept`, but nothing else may stand here. Raises Fault."""
        found = self.accept(*texts)
        if not found:
            raise malformed(detail or f"Expected {' or '.join(texts)}")
        return found

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level of nesting: Python's own stack must not be the limit. Raises Fault."""
        self._depth += 1
        if self._depth > _DEPTH:
            raise validation("Nesting Levels have exceeded supported limits")
        yield
        self._depth -= 1

    def unexpected(self) -> Fault:
        """The fault for a token where a term should begin."""
        if self.ahead(*KEYWORDS):
            operator = self.ahead("IS", "LIKE", "IN", "BETWEEN", "AND", "OR")
            return malformed("Unexpected operator" if operator else "Unexpected keyword")
        operator = self.ahead("=", "<>", "!=", "<", "<=", ">", ">=")
        return malformed("Unexpected operator" if operator else "Unexpected term")

    def at_name(self) -> bool:
        """Whether an attribute's or a table's name is ahead."""
        token = self.next
        return token.kind == "quoted" or (
            token.kind == "name" and token.text.upper() not in KEYWORDS
        )

    def name(self) -> str:
        """That name. Raises Fault."""
        if not self.at_name():
            raise self.unexpected()
        text = self.take().text
        if not text:
            raise validation("Path component cannot be an empty string")
        return text

    def path(self) -> Path:
        """A document path: `a."b c"[0]`. Raises Fault."""
        parts: list[str | int] = [self.name()]
        while True:
            if self.accept("."):
                if not self.at_name():
                    raise malformed("Invalid path dot component")
                parts.append(self.name())
            elif self.accept("["):
                parts.append(self._index())
                self.expect("]", detail="Expected RIGHT_BRACKET")
            else:
                return tuple(parts)

    def _index(self) -> int:
        sign = self.accept("-")
        token = self.take()
        if token.kind != "number" or not token.text.isdigit():
            raise malformed("Unexpected term")
        index = -int(token.text) if sign else int(token.text)
        if not 0 <= index <= _LARGEST_INDEX:
            raise validation(
                f"List index is not within the allowable range; index: [{index}] at {token.place}"
            )
        return index

    def given(self) -> Given | None:
        """The parameter or literal ahead; None for something else. Raises Fault."""
        if self.next.kind == "parameter":
            return Parameter(int(self.take().text))
        value = self._literal("root")
        return None if value is None else Literal(checked(value)[0])

    def _literal(self, under: str) -> Value | None:
        token = self.next
        if token.kind == "string":
            return {"S": self.take().text}
        if token.kind == "number" or self.ahead("+", "-"):
            return {"N": self._number(under)}
        word = self.accept("TRUE", "FALSE", "NULL")
        if word:
            return {"NULL": True} if word == "NULL" else {"BOOL": word == "TRUE"}
        with self.deeper():
            if self.accept("["):
                return {"L": self._entries("]", under)}
            if self.accept("<<"):
                return self._bag(under)
            if self.accept("{"):
                return {"M": self._map(under)}
        return None

    def _number(self, under: str) -> str:
        minus = False
        while sign := self.accept("+", "-"):
            minus ^= sign == "-"
        if self.next.kind != "number":
            raise malformed("Unexpected term")
        text = self.take().text
        if len(text.lower().partition("e")[2]) > 10:
            raise malformed()
        try:
            return canonical(("-" if minus else "") + text)
        except Fault as fault:
            raise validation(f"{fault.message} under {under}") from None

    def _entries(self, end: str, under: str) -> list[Value]:
        entries: list[Value] = []
        if self.accept(end):
            return entries
        while True:
            entries.append(self._inner(f"{under}[{len(entries)}]"))
            if self.expect(",", end, detail="Expected comma or end of collection") == end:
                return entries

    def _inner(self, under: str) -> Value:
        """A value within another. Raises Fault: parameters stand for whole values only."""
        token = self.next
        value = self._literal(under)
        if value is None:
            if token.kind == "parameter" or (token.kind == "name" and self.after().text == "("):
                what = "Parameter" if token.kind == "parameter" else token.text
                raise validation(
                    f"Unsupported data type: {what} under key {under} at {token.place}"
                )
            raise self.unexpected()
        return value

    def _bag(self, under: str) -> Value:
        entries = self._entries(">>", under)
        if not entries:
            raise validation("Empty bags are not supported")
        kinds = {next(iter(entry)) for entry in entries}
        if kinds not in ({"S"}, {"N"}):
            raise validation(
                "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in"
                " bags"
            )
        kind = kinds.pop()
        return {f"{kind}S": [entry[kind] for entry in entries]}

    def _map(self, under: str) -> dict[str, Any]:
        held: dict[str, Any] = {}
        if self.accept("}"):
            return held
        while True:
            key = self.key()
            held[key] = self._inner(f"{under}.{key}")
            if self.expect(",", "}", detail="Expected comma or end of struct") == "}":
                return held

    def key(self) -> str:
        """A member's name and the colon behind it. Raises Fault."""
        if self.next.kind not in ("string", "quoted"):
            raise self.unexpected()
        key = self.take().text
        self.expect(":", detail="Expected COLON")
        return key
