"""References of what is made to resources that are not, because their condition is false.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.template import Resolver, Template, references


def unmade(
    template: Template, resolver: Resolver, node: Any, condition: str | None, block: str
) -> Iterator[str]:
    """What is to be said of the references below `node`, which stands under a condition.

    `block` is the section it is in. Nothing is said where conditions are not known yet.
    """
    if condition is not None and _holds(resolver, condition) is not True:
        return
    for name in sorted(references(_chosen(node, resolver)) & template.resources.keys()):
        own = template.resources[name].condition
        if own is not None and _holds(resolver, own) is False:
            yield (
                f"Unresolved resource dependencies [{name}] in the {block} block of the template: "
                f"{name} is not made, since its condition {own} is false. Refer to it within "
                f"Fn::If [{own}, …], or under the same condition"
            )


def _chosen(node: Any, resolver: Resolver) -> Any:
    """`node` with of each Fn::If the branch that is taken, and nothing where that is not known."""
    if isinstance(node, list):
        return [_chosen(held, resolver) for held in node]
    if not isinstance(node, dict):
        return node
    operand = node.get("Fn::If")
    if len(node) == 1 and isinstance(operand, list) and len(operand) == 3:
        holds = _holds(resolver, operand[0])
        return None if holds is None else _chosen(operand[1 if holds else 2], resolver)
    return {name: _chosen(held, resolver) for name, held in node.items()}


def _holds(resolver: Resolver, condition: Any) -> bool | None:
    """None where it is not known."""
    try:
        return resolver.condition(condition)
    except (UsageError, TypeError):
        return None
