"""What is known of a resource's properties before anything is made, judged by its service.

The same functions judge them again when the resource is made: there is no second table of bounds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eventmill.deploy.nested import lacking, unknown_values
from eventmill.kernel.errors import EventmillError, Fault, UsageError
from eventmill.kernel.ports import Runtimes
from eventmill.services.contract import UNKNOWN, ResourceType
from eventmill.template import CODE, Declared, Resolver, Template

_FUNCTION = "AWS::Lambda::Function"
_DYNAMIC = "{{resolve:"


def objections(
    declared: Declared, kind: ResourceType, resolver: Resolver, runtimes: Runtimes
) -> Iterator[str]:
    """Why the resource cannot be made, whatever becomes of the others.

    Nothing is said of a resource that is not to be made.
    """
    if not _wanted(declared, resolver):
        return
    properties = {
        name: value
        for name, held in declared.properties.items()
        for value in _values(resolver, held)
    }
    code = properties.get(CODE.get(declared.type, ""))
    folder = code.get("LocalPath") if isinstance(code, dict) else None
    if folder and isinstance(folder, str) and not Path(folder).exists():
        yield f"{folder} does not exist"
    if missed := [*lacking(declared.type, properties)]:
        # Its service would stumble over the same.
        yield from missed
        return
    try:
        kind.validate(properties)
    except EventmillError as error:
        yield error.message if isinstance(error, Fault) else str(error)
        return
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        yield malformed(error)
        return
    yield from unknown_values(declared.type, properties)
    if declared.type == _FUNCTION and properties.get("Runtime"):
        reason = runtimes.refusal(properties["Runtime"])
        if reason is not None:
            yield reason


def stood_in(
    template: Template, resolver: Resolver, runtimes: Runtimes
) -> Iterator[tuple[str, str]]:
    """(first function, what is to be said) of each runtime that another one stands in for."""
    seen: set[str] = set()
    for declared in template.resources.values():
        if declared.type != _FUNCTION or not _wanted(declared, resolver):
            continue
        for runtime in _values(resolver, declared.properties.get("Runtime")):
            if isinstance(runtime, str) and runtime not in seen:
                seen.add(runtime)
                if said := runtimes.stand_in(runtime):
                    yield declared.logical_id, said


def malformed(error: Exception) -> str:
    """What a service stumbled over in properties, which it reads as their type has them."""
    if isinstance(error, KeyError) and error.args:
        return f"{error.args[0]} is missing from the properties, or from a part of them"
    return f"the properties have not the form that this type wants ({error!r})"


def _wanted(declared: Declared, resolver: Resolver) -> bool:
    try:
        return declared.condition is None or resolver.condition(declared.condition)
    except UsageError:
        return True


def _values(resolver: Resolver, node: Any) -> list[Any]:
    """The value as a list's only member; an empty list where AWS::NoValue stands.

    What depends on other resources, on values stored elsewhere or on parameters that nobody gave
    is UNKNOWN, each for itself.
    """
    if isinstance(node, dict) and len(node) == 1 and _is_function(next(iter(node))):
        try:
            found: list[Any] = resolver.value([node])
        except UsageError:
            return [UNKNOWN]
        return [UNKNOWN] if _DYNAMIC in json.dumps(found, default=str) else found
    if isinstance(node, dict):
        return [{name: value for name, held in node.items() for value in _values(resolver, held)}]
    if isinstance(node, list):
        return [[value for held in node for value in _values(resolver, held)]]
    return [UNKNOWN] if isinstance(node, str) and _DYNAMIC in node else [node]


def _is_function(name: Any) -> bool:
    return name == "Ref" or str(name).startswith("Fn::")
