"""References and expressions within a template's text."""

from __future__ import annotations

import re
from collections.abc import Callable

from eventmill.velocity.errors import VelocityError
from eventmill.velocity.nodes import (
    Binary,
    Block,
    Expression,
    Index,
    Interpolated,
    ListOf,
    Literal,
    MapOf,
    Member,
    Method,
    Negative,
    Not,
    RangeOf,
    Reference,
    Step,
)

_NAME = re.compile(r"[a-zA-Z_][\w-]*")
_START = re.compile(r"\$(!?)(\{?)([a-zA-Z_][\w-]*)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+")
_SPACE = re.compile(r"\s*")
_COMMAS = re.compile(r"[\s,]*")
_LEVELS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("||", "||"), ("or", "||")),
    (("&&", "&&"), ("and", "&&")),
    (("==", "=="), ("!=", "!="), ("eq", "=="), ("ne", "!=")),
    (
        ("<=", "<="),
        (">=", ">="),
        ("<", "<"),
        (">", ">"),
        ("lt", "<"),
        ("gt", ">"),
        ("le", "<="),
        ("ge", ">="),
    ),
    (("+", "+"), ("-", "-")),
    (("*", "*"), ("/", "/"), ("%", "%")),
)
"""Operators from the loosest to the tightest, each with its common name."""
_WORDS = {"true": True, "false": False, "null": None}


class Expressions:
    """Reads at a position and returns the position behind; `inner` parses quoted templates."""

    def __init__(self, text: str, inner: Callable[[str], Block]) -> None:
        self._text = text
        self._inner = inner

    def _error(self, at: int, message: str) -> VelocityError:
        line = self._text.count("\n", 0, at) + 1
        return VelocityError(f"line {line}: {message}")

    def space(self, at: int, *, commas: bool = False) -> int:
        """The position behind white space."""
        return (_COMMAS if commas else _SPACE).match(self._text, at).end()  # type: ignore[union-attr]

    def reference(self, at: int) -> tuple[Reference | None, int]:
        """A reference, or None when the `$` is but a character. Raises VelocityError."""
        found = _START.match(self._text, at)
        if found is None:
            return None, at
        silent, formal, name = bool(found.group(1)), bool(found.group(2)), found.group(3)
        steps, end = self._steps(found.end())
        if formal:
            if not self._text.startswith("}", end):
                return None, at
            end += 1
        return Reference(name, tuple(steps), silent, self._text[at:end]), end

    def _steps(self, at: int) -> tuple[list[Step], int]:
        steps: list[Step] = []
        while at < len(self._text):
            if self._text[at] == ".":
                found = _NAME.match(self._text, at + 1)
                if found is None:
                    break
                at = found.end()
                if self._text.startswith("(", at):
                    arguments, at = self._listed(at + 1, ")")
                    steps.append(Method(found.group(), tuple(arguments)))
                else:
                    steps.append(Member(found.group()))
            elif self._text[at] == "[":
                key, at = self.expression(self.space(at + 1))
                at = self._expect(at, "]")
                steps.append(Index(key))
            else:
                break
        return steps, at

    def _expect(self, at: int, sign: str) -> int:
        at = self.space(at)
        if not self._text.startswith(sign, at):
            raise self._error(at, f"{sign} is missing")
        return at + len(sign)

    def _listed(self, at: int, closing: str) -> tuple[list[Expression], int]:
        entries: list[Expression] = []
        at = self.space(at)
        while not self._text.startswith(closing, at):
            entry, at = self.expression(at)
            entries.append(entry)
            at = self.space(at)
            if self._text.startswith(",", at):
                at = self.space(at + 1)
            elif not self._text.startswith(closing, at):
                raise self._error(at, f"{closing} is missing")
        return entries, at + 1

    def expression(self, at: int, level: int = 0) -> tuple[Expression, int]:
        """An expression. Raises VelocityError."""
        at = self.space(at)
        if level == len(_LEVELS):
            return self._unary(at)
        left, at = self.expression(at, level + 1)
        while True:
            behind = self.space(at)
            operator = self._operator(behind, level)
            if operator is None:
                return left, at
            right, at = self.expression(behind + len(operator[0]), level + 1)
            left = Binary(operator[1], left, right)

    def _operator(self, at: int, level: int) -> tuple[str, str] | None:
        for written, meant in _LEVELS[level]:
            if self._text.startswith(written, at):
                following = self._text[at + len(written) : at + len(written) + 1]
                if not written.isalpha() or not (following.isalnum() or following in ("_", "-")):
                    return written, meant
        return None

    def _unary(self, at: int) -> tuple[Expression, int]:
        text = self._text
        if text.startswith("!", at) or re.compile(r"not\b").match(text, at):
            value, at = self._unary(self.space(at + (1 if text[at] == "!" else 3)))
            return Not(value), at
        if text.startswith("-", at):
            value, at = self._unary(self.space(at + 1))
            return Negative(value), at
        if text.startswith("(", at):
            value, at = self.expression(at + 1)
            return value, self._expect(at, ")")
        return self._primary(at)

    def _primary(self, at: int) -> tuple[Expression, int]:
        sign = self._text[at : at + 1]
        if sign == "$":
            reference, end = self.reference(at)
            if reference is None:
                raise self._error(at, "a reference such as $name is missing")
            return reference, end
        if sign in ("'", '"') and sign:
            return self._quoted(at, sign)
        if sign == "[":
            return self._list(at)
        if sign == "{":
            return self._map(at)
        number = _NUMBER.match(self._text, at)
        if number is not None:
            return self._number(at, number)
        word = _NAME.match(self._text, at)
        if word is not None and word.group() in _WORDS:
            return Literal(_WORDS[word.group()]), word.end()
        raise self._error(at, f"{self._text[at : at + 20]!r} is no expression")

    def _number(self, at: int, found: re.Match[str]) -> tuple[Expression, int]:
        digits = found.group()
        # `1..5`: the first dot belongs to the range.
        if digits.isdigit():
            return Literal(int(digits)), found.end()
        return Literal(float(digits)), found.end()

    def _quoted(self, at: int, sign: str) -> tuple[Expression, int]:
        """A text; its quote is written twice within it. In double quotes it is a template."""
        end = at + 1
        while True:
            end = self._text.find(sign, end)
            if end < 0:
                raise self._error(at, f"the text that begins with {sign} is not ended")
            if self._text.startswith(sign * 2, end):
                end += 2
            elif sign == '"' and self._escaped(end):
                end += 1
            else:
                break
        content = self._text[at + 1 : end].replace(sign * 2, sign)
        if sign == '"' and ("$" in content or "#" in content):
            return Interpolated(self._inner(content)), end + 1
        return Literal(content), end + 1

    def _escaped(self, at: int) -> bool:
        """Whether an odd number of backslashes stands before."""
        before = self._text[:at]
        return (len(before) - len(before.rstrip("\\"))) % 2 == 1

    def _list(self, at: int) -> tuple[Expression, int]:
        start = self.space(at + 1)
        if self._text.startswith("]", start):
            return ListOf(()), start + 1
        first, behind = self.expression(start)
        behind = self.space(behind)
        if self._text.startswith("..", behind):
            last, behind = self.expression(behind + 2)
            return RangeOf(first, last), self._expect(behind, "]")
        entries, end = self._listed(start, "]")
        return ListOf(tuple(entries)), end

    def _map(self, at: int) -> tuple[Expression, int]:
        entries: list[tuple[Expression, Expression]] = []
        at = self.space(at + 1)
        while not self._text.startswith("}", at):
            key, at = self._key(at)
            at = self._expect(at, ":")
            value, at = self.expression(at)
            entries.append((key, value))
            at = self.space(at)
            if self._text.startswith(",", at):
                at = self.space(at + 1)
            elif not self._text.startswith("}", at):
                raise self._error(at, "} is missing")
        return MapOf(tuple(entries)), at + 1

    def _key(self, at: int) -> tuple[Expression, int]:
        word = _NAME.match(self._text, at)
        if word is not None:
            return Literal(word.group()), word.end()
        return self.expression(at)
