"""What does not fit a model, as `$context.error.validationErrorString` says it.

AWS documents no wording: these are the words of the library whose answers its clients see.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

UNREADABLE = "unknown error parsing request body"


def worded(problems: Iterable[Any]) -> list[str]:
    """A sentence for each error of jsonschema; what one object lacks is one sentence."""
    sentences: dict[Any, str] = {}
    for problem in problems:
        place = (*problem.absolute_path, problem.validator)
        key = place if problem.validator == "required" else (*place, len(sentences))
        sentences.setdefault(key, _WORDS.get(problem.validator, _own)(problem))
    return list(sentences.values())


def _own(problem: Any) -> str:
    return str(problem.message)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _kind(value: Any) -> str:
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return kinds.get(type(value), "integer" if isinstance(value, int) else "number")


def _type(problem: Any) -> str:
    wanted = problem.validator_value
    allowed = set(wanted if isinstance(wanted, list) else [wanted])
    if "number" in allowed:
        allowed.add("integer")
    return (
        f"instance type ({_kind(problem.instance)}) does not match any allowed primitive type "
        f"(allowed: {_shown(sorted(allowed))})"
    )


def _required(problem: Any) -> str:
    missing = sorted(name for name in problem.validator_value if name not in problem.instance)
    return f"object has missing required properties ({_shown(missing)})"


def _additional(problem: Any) -> str:
    if not isinstance(problem.instance, dict):
        return _own(problem)
    known = problem.schema.get("properties") or {}
    others = sorted(name for name in problem.instance if name not in known)
    return f"object instance has properties which are not allowed by the schema: {_shown(others)}"


def _minimum(problem: Any) -> str:
    least = problem.validator_value
    if problem.instance == least:
        return f"numeric instance is not strictly greater than the required minimum {least}"
    return (
        f"numeric instance is lower than the required minimum (minimum: {least}, "
        f"found: {problem.instance})"
    )


def _maximum(problem: Any) -> str:
    most = problem.validator_value
    if problem.instance == most:
        return f"numeric instance is not strictly lower than the required maximum {most}"
    return (
        f"numeric instance is greater than the required maximum (maximum: {most}, "
        f"found: {problem.instance})"
    )


_WORDS: dict[str, Callable[[Any], str]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _additional,
    "minimum": _minimum,
    "maximum": _maximum,
    "enum": lambda p: (
        f"instance value ({_shown(p.instance)}) not found in enum "
        f"(possible values: {_shown(p.validator_value)})"
    ),
    "minLength": lambda p: (
        f"string {_shown(p.instance)} is too short (length: {len(p.instance)}, "
        f"required minimum: {p.validator_value})"
    ),
    "maxLength": lambda p: (
        f"string {_shown(p.instance)} is too long (length: {len(p.instance)}, "
        f"maximum allowed: {p.validator_value})"
    ),
    "pattern": lambda p: (
        f'ECMA 262 regex "{p.validator_value}" does not match input string {_shown(p.instance)}'
    ),
    "minItems": lambda p: (
        f"array is too short: must have at least {p.validator_value} elements but instance has "
        f"{len(p.instance)} elements"
    ),
    "maxItems": lambda p: (
        f"array is too long: must have at most {p.validator_value} elements but instance has "
        f"{len(p.instance)} elements"
    ),
    "uniqueItems": lambda p: "array must not contain duplicate elements",
}
"""By keyword; of others the library's own message is given."""
