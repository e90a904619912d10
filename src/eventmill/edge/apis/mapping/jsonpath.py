"""JSON paths as API Gateway's templates and parameter mappings use them.

Names, indexes, wildcards, slices, unions, descendants (`..`), filters (`?(@.price < 10)`) and
`length()`. A path that may find several values gives the list of them, one that names a single
place gives its value or None.
https://goessner.net/articles/JsonPath/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_NAME = re.compile(r"[^.\[\]()\s]+")
_SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(-?\d+))?\Z")
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_COMPARISON = re.compile(r"(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+)\Z")


class JsonPathError(Exception):
    """The path cannot be read."""


Pick = Callable[[Any], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Path:
    """`definite` tells whether it names a single place."""

    picks: tuple[Pick, ...]
    definite: bool


def find(document: Any, path: str) -> Any:
    """What is there. Raises JsonPathError."""
    compiled = _compiled(path)
    found: list[Any] = [document]
    for pick in compiled.picks:
        found = [entry for value in found for entry in pick(value)]
    if not compiled.definite:
        return found
    return found[0] if found else None


@lru_cache(maxsize=2_048)
def _compiled(path: str) -> Path:
    path = path.strip()
    rest = path[1:] if path.startswith(("$", "@")) else f".{path}" if path else ""
    picks: list[Pick] = []
    definite = True
    while rest:
        if rest.startswith(".."):
            picks.append(_descendants)
            definite = False
            rest = rest[2:] if rest[2:3] == "[" else rest[1:]
        elif rest.startswith(".*"):
            picks.append(_children)
            definite, rest = False, rest[2:]
        elif rest.startswith(".length()"):
            picks.append(_length)
            rest = rest[len(".length()") :]
        elif rest.startswith("."):
            found = _NAME.match(rest, 1)
            if found is None:
                raise JsonPathError(f"{path} is no JSON path")
            picks.append(_member(found.group()))
            rest = rest[found.end() :]
        elif rest.startswith("["):
            inner, rest = _bracket(path, rest)
            pick, single = _bracketed(path, inner)
            picks.append(pick)
            definite = definite and single
        else:
            raise JsonPathError(f"{path} is no JSON path")
    return Path(tuple(picks), definite)


def _bracket(path: str, rest: str) -> tuple[str, str]:
    """(what is in the bracket that `rest` begins with, what follows it)."""
    depth, at = 0, 0
    while at < len(rest):
        quoted = _QUOTED.match(rest, at)
        if quoted is not None:
            at = quoted.end()
            continue
        depth += {"[": 1, "]": -1}.get(rest[at], 0)
        at += 1
        if depth == 0:
            return rest[1 : at - 1].strip(), rest[at:]
    raise JsonPathError(f"{path}: ] is missing")


def _bracketed(path: str, inner: str) -> tuple[Pick, bool]:
    """(what the bracket picks, whether that is a single place)."""
    if inner == "*":
        return _children, False
    if inner.startswith("?"):
        return _filter(path, inner[1:].strip()), False
    slice_of = _SLICE.match(inner)
    if slice_of is not None:
        bounds = [int(part) if part else None for part in slice_of.groups()]
        return _slice(slice(*bounds)), False
    keys = [_key(path, part.strip()) for part in _outside_quotes(inner, ",")]
    picks = [_member(key) if isinstance(key, str) else _index(key) for key in keys]
    if len(picks) == 1:
        return picks[0], True
    return lambda value: (entry for pick in picks for entry in pick(value)), False


def _key(path: str, text: str) -> str | int:
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        content = quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
        return re.sub(r"\\(.)", r"\1", content)
    try:
        return int(text)
    except ValueError:
        raise JsonPathError(f"{path}: [{text}] is no index or name") from None


def _member(name: str) -> Pick:
    def pick(value: Any) -> Iterator[Any]:
        if isinstance(value, dict) and name in value:
            yield value[name]

    return pick


def _index(place: int) -> Pick:
    def pick(value: Any) -> Iterator[Any]:
        if isinstance(value, list) and -len(value) <= place < len(value):
            yield value[place]

    return pick


def _slice(bounds: slice) -> Pick:
    def pick(value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            yield from value[bounds]

    return pick


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _descendants(value: Any) -> Iterator[Any]:
    yield value
    for child in _children(value):
        yield from _descendants(child)


def _length(value: Any) -> Iterator[Any]:
    if isinstance(value, list | dict | str):
        yield len(value)


def _filter(path: str, text: str) -> Pick:
    if not (text.startswith("(") and text.endswith(")")):
        raise JsonPathError(f"{path}: a filter has the form ?(...)")
    test = _condition(path, text[1:-1].strip())

    def pick(value: Any) -> Iterator[Any]:
        return (entry for entry in _children(value) if test(entry))

    return pick


def _condition(path: str, text: str) -> Callable[[Any], bool]:
    """A test of an entry: comparisons joined by `&&` and `||`, or that a path is there."""
    for operator, join in (("||", any), ("&&", all)):
        parts = _outside_quotes(text, operator)
        if len(parts) > 1:
            tests = [_condition(path, part.strip()) for part in parts]
            return lambda entry, tests=tests, join=join: join(t(entry) for t in tests)  # type: ignore[misc]
    found = _COMPARISON.match(text)
    if found is None:
        negated = text.startswith("!")
        operand = _operand(path, text.lstrip("! "))
        return lambda entry: (operand(entry) is None) is negated
    left, operator, right = found.groups()
    a, b = _operand(path, left.strip()), _operand(path, right.strip())
    return lambda entry: _compare(operator, a(entry), b(entry))


def _outside_quotes(text: str, separator: str) -> list[str]:
    """The parts between the separators that stand in no quoted text."""
    parts, at, start = [], 0, 0
    while at < len(text):
        quoted = _QUOTED.match(text, at)
        if quoted is not None:
            at = quoted.end()
        elif text.startswith(separator, at):
            parts.append(text[start:at])
            at += len(separator)
            start = at
        else:
            at += 1
    return [*parts, text[start:]]


def _operand(path: str, text: str) -> Callable[[Any], Any]:
    if text.startswith("@"):
        return lambda entry: find(entry, text)
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        constant: Any = _key(path, text)
    elif text in ("true", "false", "null"):
        constant = {"true": True, "false": False, "null": None}[text]
    else:
        try:
            constant = float(text)
        except ValueError:
            raise JsonPathError(f"{path}: {text} is no value") from None
    return lambda entry: constant


def _compare(operator: str, left: Any, right: Any) -> bool:
    if operator == "==":
        return bool(left == right)
    if operator == "!=":
        return bool(left != right)
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if not numbers and not (isinstance(left, str) and isinstance(right, str)):
        return False
    order = (left > right) - (left < right)
    return bool({"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator])
