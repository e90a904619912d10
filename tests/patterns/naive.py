"""A second matcher, as plain as can be: the pattern is flattened and tried for every choice of
array elements. Slow, and independent of the product's."""

from __future__ import annotations

import itertools
from typing import Any


def flat_events(value: Any) -> list[dict[str, Any]]:
    """Every way to choose one element of each array, as {path: scalar}."""
    if isinstance(value, list):
        if not value:
            return [{}]
        return [found for entry in value for found in flat_events(entry)]
    if not isinstance(value, dict):
        return [{"": value}]
    choices = []
    for key, held in value.items():
        options = [
            {f"{key}.{path}" if path else key: scalar for path, scalar in found.items()}
            for found in flat_events(held)
        ]
        choices.append(options)
    merged = []
    for combination in itertools.product(*choices):
        whole: dict[str, Any] = {}
        for part in combination:
            whole |= part
        merged.append(whole)
    return merged


def flat_pattern(pattern: dict[str, Any], prefix: str = "") -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for key, held in pattern.items():
        path = f"{prefix}{key}"
        if isinstance(held, dict):
            found |= flat_pattern(held, f"{path}.")
        else:
            found[path] = held
    return found


def same(a: Any, b: Any) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool) and (a is None) == (b is None)


def alternative(test: Any, present: bool, value: Any) -> bool:
    if not isinstance(test, dict):
        return present and same(test, value)
    name, operand = next(iter(test.items()))
    if name == "exists":
        return present is operand
    if not present:
        return False
    if name == "prefix":
        return isinstance(value, str) and value.startswith(operand)
    if name == "suffix":
        return isinstance(value, str) and value.endswith(operand)
    if name == "equals-ignore-case":
        return isinstance(value, str) and value.lower() == operand.lower()
    if name == "anything-but":
        return not any(same(entry, value) for entry in operand)
    sign, bound = operand
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and {"=": value == bound, "<": value < bound, ">": value > bound}[sign]


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    wanted = flat_pattern(pattern)
    return any(
        all(
            any(alternative(test, path in chosen, chosen.get(path)) for test in tests)
            for path, tests in wanted.items()
        )
        for chosen in flat_events(event)
    )
