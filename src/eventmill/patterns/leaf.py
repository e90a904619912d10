"""A leaf of a pattern: the array of alternatives for one field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eventmill.patterns.errors import PatternError
from eventmill.patterns.operators import Test
from eventmill.patterns.operators.affix import compile_affix
from eventmill.patterns.operators.anything_but import compile_anything_but
from eventmill.patterns.operators.cidr import compile_cidr
from eventmill.patterns.operators.exact import key_of
from eventmill.patterns.operators.ignore_case import compile_ignore_case
from eventmill.patterns.operators.numeric import compile_numeric
from eventmill.patterns.operators.wildcard import compile_wildcard
from eventmill.patterns.places import Place, exactly, places_of
from eventmill.patterns.profiles import Profile

OPERATORS = frozenset(
    {
        "prefix",
        "suffix",
        "equals-ignore-case",
        "wildcard",
        "anything-but",
        "numeric",
        "exists",
        "cidr",
    }
)

MISSING = object()
"""The value of a field that the event does not have."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """`places` is set when an index can look up every alternative (see places.py)."""

    exact: frozenset[tuple[str, Any]]
    tests: tuple[Test, ...]
    present: bool
    absent: bool
    places: frozenset[Place] | None

    def matches(self, value: Any) -> bool:
        """Whether a field's value, or MISSING, matches any alternative."""
        if value is MISSING or isinstance(value, dict):
            return self.absent
        if not isinstance(value, list):
            return self._scalar(value)
        return any(self._scalar(entry) for entry in flatten(value) if not isinstance(entry, dict))

    def _scalar(self, value: Any) -> bool:
        if self.present or (self.exact and key_of(value) in self.exact):
            return True
        return any(test(value) for test in self.tests)


def flatten(values: list[Any]) -> Iterator[Any]:
    """The entries of nested arrays one after the other."""
    for value in values:
        if isinstance(value, list):
            yield from flatten(value)
        else:
            yield value


def compile_leaf(alternatives: list[Any], profile: Profile) -> Leaf:
    """Raises PatternError."""
    if not alternatives:
        raise PatternError("Empty arrays are not allowed")
    exact: set[tuple[str, Any]] = set()
    tests: list[Test] = []
    exists: set[bool] = set()
    places: list[tuple[Place, ...]] = []
    for entry in alternatives:
        if isinstance(entry, list):
            raise PatternError("Match value must be String, number, true, false, or null")
        if not isinstance(entry, dict):
            exact.add(key_of(entry))
            places.append((exactly(entry),))
            continue
        name, operand = _operator(entry, profile)
        if name == "exists":
            if not isinstance(operand, bool):
                raise PatternError("exists match pattern must be either true or false.")
            exists.add(operand)
            places.append(())
        else:
            tests.append(_compile(name, operand, profile))
            places.append(places_of(name, operand))
    return Leaf(
        frozenset(exact),
        tuple(tests),
        True in exists,
        False in exists,
        frozenset(place for each in places for place in each) if all(places) else None,
    )


def _operator(entry: dict[str, Any], profile: Profile) -> tuple[str, Any]:
    if len(entry) != 1:
        raise PatternError("Only one key allowed in match expression")
    name, operand = next(iter(entry.items()))
    if name not in profile.operators:
        raise PatternError(f"Unrecognized match type {name}")
    return name, operand


def _compile(name: str, operand: Any, profile: Profile) -> Test:
    if name in ("prefix", "suffix"):
        return compile_affix(name, operand)
    if name == "anything-but":
        return compile_anything_but(operand, profile.nested_anything_but)
    simple = {
        "equals-ignore-case": compile_ignore_case,
        "wildcard": compile_wildcard,
        "numeric": compile_numeric,
        "cidr": compile_cidr,
    }
    return simple[name](operand)


__all__ = ["MISSING", "OPERATORS", "Leaf", "compile_leaf", "flatten"]
