"""What a template refers to and nothing declares: resources, attributes, conditions, map entries.

CloudFormation finds all of it before it makes anything, in what is not to be made as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eventmill.deploy.order import circle
from eventmill.deploy.types import type_of
from eventmill.kernel.errors import UsageError
from eventmill.kernel.similar import meant
from eventmill.services.cloudformation import STACK
from eventmill.services.contract import ResourceType
from eventmill.template import Declared, Resolver, Template, mentions

_PSEUDO = tuple(
    f"AWS::{name}"
    for name in (
        *("AccountId", "NotificationARNs", "NoValue", "Partition"),
        *("Region", "StackId", "StackName", "URLSuffix"),
    )
)


def unmet(
    template: Template,
    types: Mapping[str, ResourceType],
    resolver: Resolver,
    node: Any,
    condition: str | None,
) -> Iterator[str]:
    """What is to be said of the references below `node`, which stands under a condition."""
    for name, attribute in sorted(set(mentions(node))):
        declared = template.resources.get(name)
        if declared is not None:
            yield from _attribute(declared, type_of(types, declared.type), attribute)
        elif name.startswith("AWS::"):
            if name not in _PSEUDO:
                yield f"{name} is no pseudo parameter{meant(name, _PSEUDO)}"
        elif name not in template.parameters:
            offered = [*template.resources, *template.parameters]
            yield f"{name} is no parameter or resource of the template{meant(name, offered)}"
    made = condition is None or _holds(resolver, condition)
    # A stack within this one may export what others of its resources import.
    alone = all(declared.type != STACK for declared in template.resources.values())
    for function, operand, chosen in _functions(node, chosen=made):
        if function == "Fn::If" and isinstance(operand, list) and operand:
            yield from _condition(template, operand[0])
        elif function == "Fn::FindInMap" and chosen:
            yield from _entry(template, resolver, operand)
        elif function == "Fn::ImportValue" and chosen and alone:
            yield from _import(resolver, operand)


def unmet_resource(template: Template, declared: Declared) -> Iterator[str]:
    """What is to be said of a resource's own condition and of what it depends on."""
    yield from _condition(template, declared.condition)
    for name in sorted(declared.depends_on - template.resources.keys()):
        likely = meant(name, list(template.resources))
        yield f"DependsOn names {name}, which the template does not declare{likely}"


def circular(template: Template, resolver: Resolver) -> tuple[str, str] | None:
    """(resource, what is to be said) of a circle among what is certainly to be made."""
    active = {
        name
        for name, declared in template.resources.items()
        if declared.condition is None or _holds(resolver, declared.condition)
    }
    names = circle(template, active)
    if not names:
        return None
    way = " -> ".join([*names, names[0]])
    return names[0], f"circular dependency: {way}; take one of the references out"


def _holds(resolver: Resolver, condition: str) -> bool:
    try:
        return resolver.condition(condition)
    except UsageError:
        return False


def _attribute(declared: Declared, kind: ResourceType | None, attribute: str) -> Iterator[str]:
    offered = kind.attributes if kind else None
    if attribute and offered is not None and attribute not in offered:
        likely = meant(attribute, offered) or f"; there are: {', '.join(offered)}"
        yield f"{declared.type} {declared.logical_id} has no attribute {attribute}{likely}"


def _condition(template: Template, name: Any) -> Iterator[str]:
    if isinstance(name, str) and name not in template.conditions:
        likely = meant(name, list(template.conditions))
        yield f"the condition {name} is not declared under Conditions{likely}"


def _entry(template: Template, resolver: Resolver, operand: Any) -> Iterator[str]:
    """A map without the entry, as far as its keys are known; a fourth operand may be a default."""
    if not isinstance(operand, list) or len(operand) != 3:
        return
    try:
        name, *keys = resolver.value(operand)
    except UsageError:
        return
    held: Any = template.mappings
    if not all(isinstance(one, str) or set(one) == {"Ref"} for one in operand):
        return
    for number, key in enumerate(map(str, (name, *keys))):
        if not isinstance(held, Mapping) or any(str(one).startswith("Fn::") for one in held):
            return
        if key not in held:
            where = ".".join(map(str, [name, *keys][:number]))
            said = f"the map {where} has no {key}" if number else f"there is no map {key}"
            yield f"Fn::FindInMap: {said}{meant(key, list(map(str, held)))}"
            return
        held = held[key]


def _import(resolver: Resolver, operand: Any) -> Iterator[str]:
    try:
        name = resolver.value(operand)
    except UsageError:
        return
    if resolver.lacks(name):
        yield f"Fn::ImportValue {name}: no stack exports it; deploy the stack that does before"


def _functions(node: Any, *, chosen: bool) -> Iterator[tuple[str, Any, bool]]:
    """(name, operand, whether it is certainly evaluated) of each function below `node`."""
    if isinstance(node, list):
        for held in node:
            yield from _functions(held, chosen=chosen)
    elif isinstance(node, dict):
        for name, held in node.items():
            if len(node) == 1 and str(name).startswith("Fn::"):
                yield name, held, chosen
            yield from _functions(held, chosen=chosen and name != "Fn::If")
