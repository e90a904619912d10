"""Patch operations, by which API Gateway changes what exists.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from eventmill.services.apigateway.faults import bad
from eventmill.services.apigateway.values import typed

_LISTS = frozenset(
    {
        "binaryMediaTypes",
        "providerARNs",
        "authorizationScopes",
        "cacheKeyParameters",
        "types",
        "vpcEndpointIds",
    }
)
"""Members to which an entry is added by naming it in the path or as the value."""

_FREE = frozenset(
    {
        "variables",
        "stageVariableOverrides",
        "tags",
        "requestTemplates",
        "responseTemplates",
        "requestModels",
        "responseModels",
    }
)
"""Maps whose keys are the user's."""


def patched(
    config: Mapping[str, Any], operations: Sequence[Mapping[str, Any]], fixed: Sequence[str]
) -> dict[str, Any]:
    """A copy with the operations applied in their order; `fixed` may not be changed.

    Raises Invalid for a path or operation that does not fit.
    """
    result = copy.deepcopy(dict(config))
    for operation in operations:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in _steps(operation)]
        if steps[0] in fixed:
            raise bad(
                f"Invalid patch path '{operation['path']}' specified for op "
                f"'{operation.get('op')}'. Please choose supported operations"
            )
        _apply(result, steps, operation, result, free=False)
    return result


def _steps(operation: Mapping[str, Any]) -> list[str]:
    path = str(operation.get("path") or "")
    if not path.startswith("/") or path == "/":
        raise bad(f"Invalid patch path '{path}'")
    return path[1:].split("/")


def _apply(
    place: dict[str, Any],
    steps: list[str],
    operation: Mapping[str, Any],
    whole: dict[str, Any],
    *,
    free: bool,
) -> None:
    """`free` tells that the keys of `place` are the user's, and its values texts."""
    name, rest = steps[0], steps[1:]
    kind = operation.get("op")
    if name in _LISTS and not free:
        _list(place, name, rest, operation)
        return
    if rest:
        if place.get(name) is None:
            place[name] = {}
        if not isinstance(place[name], dict):
            raise bad(f"Invalid patch path '{operation['path']}'")
        _apply(place[name], rest, operation, whole, free=name in _FREE)
    elif kind in ("add", "replace"):
        value = operation.get("value")
        place[name] = value if free else typed(name, value)
    elif kind == "remove":
        place.pop(name, None)
    elif kind == "copy":
        place[name] = _at(whole, str(operation.get("from") or ""))
    else:
        raise bad(
            f"Invalid patch operation specified. Must be one of: add, remove, replace, copy; "
            f"{kind} is none"
        )


def _list(place: dict[str, Any], name: str, rest: list[str], operation: Mapping[str, Any]) -> None:
    entries = list(place.get(name) or [])
    value = "/".join(rest) if rest else operation.get("value")
    kind = operation.get("op")
    if kind == "remove":
        entries = [entry for entry in entries if entry != value]
    elif kind == "add":
        entries += [] if value in entries else [value]
    else:
        index = int(rest[0]) if rest and rest[0].isdigit() else None
        new = operation.get("value")
        if index is not None and index < len(entries):
            entries[index] = new
        else:
            entries = [new if entry == value else entry for entry in entries] if rest else [new]
    place[name] = entries


def _at(whole: Mapping[str, Any], path: str) -> Any:
    found: Any = whole
    for step in path.strip("/").split("/"):
        found = found.get(step.replace("~1", "/")) if isinstance(found, dict) else None
    return found
