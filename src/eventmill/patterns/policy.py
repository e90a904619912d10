"""SNS filter policies, on message attributes or on the message's body.

https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.patterns.errors import PatternError
from eventmill.patterns.leaf import MISSING, Leaf, compile_leaf
from eventmill.patterns.pattern import Pattern, compile_pattern
from eventmill.patterns.profiles import SNS

ATTRIBUTES = "MessageAttributes"
BODY = "MessageBody"

_KEY_LIMIT = 5
_COMBINATION_LIMIT = 150


class FilterPolicy:
    """A compiled policy. Exactly one of `leaves` and `pattern` is set."""

    __slots__ = ("_leaves", "_pattern", "scope")

    def __init__(
        self, scope: str, leaves: Mapping[str, Leaf] | None, pattern: Pattern | None
    ) -> None:
        self.scope = scope
        self._leaves = leaves
        self._pattern = pattern

    def matches(self, attributes: Mapping[str, Mapping[str, Any]], message: str) -> bool:
        """`attributes` as in Publish: DataType with StringValue or BinaryValue."""
        if self._pattern is not None:
            try:
                body = json.loads(message)
            except ValueError:
                return False
            return isinstance(body, dict) and self._pattern.matches(body)
        assert self._leaves is not None
        return all(
            leaf.matches(_value(attributes.get(name))) for name, leaf in self._leaves.items()
        )


def _value(attribute: Mapping[str, Any] | None) -> Any:
    if attribute is None:
        return MISSING
    kind = attribute["DataType"]
    text = attribute.get("StringValue")
    if kind == "String.Array" and text is not None:
        try:
            return json.loads(text)
        except ValueError:
            return text
    if kind.startswith("Number") and text is not None:
        return float(text)
    # A binary attribute is present, but equals nothing that a policy can name.
    return text if text is not None else {}


def compile_filter_policy(source: str | dict[str, Any], scope: str = ATTRIBUTES) -> FilterPolicy:
    """Raises PatternError with AWS's reason."""
    try:
        tree = json.loads(source) if isinstance(source, str) else source
    except ValueError:
        raise PatternError("failed to parse JSON.") from None
    if not isinstance(tree, dict):
        raise PatternError("Filter is not an object")
    if len(tree) > _KEY_LIMIT:
        raise PatternError(f"Filter policy can not have more than {_KEY_LIMIT} keys")
    if _complexity(tree, 1) > _COMBINATION_LIMIT:
        raise PatternError("Filter policy is too complex")
    if scope == BODY:
        if tree:
            return FilterPolicy(scope, None, compile_pattern(tree, SNS))
        return FilterPolicy(scope, {}, None)
    for value in tree.values():
        if isinstance(value, dict):
            raise PatternError(
                "Filter policy scope MessageAttributes does not support nested filter policy"
            )
        if not isinstance(value, list):
            raise PatternError("Match value must be String, number, true, false, or null")
    leaves = {name: compile_leaf(value, SNS) for name, value in tree.items()}
    return FilterPolicy(scope, leaves, None)


def _complexity(tree: dict[str, Any], depth: int) -> int:
    total = 1
    for value in tree.values():
        if isinstance(value, dict):
            total *= _complexity(value, depth + 1)
        elif isinstance(value, list):
            total *= max(1, len(value)) * depth
    return total
