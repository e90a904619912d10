"""Policy documents: the parts of evaluating one that are alike wherever one is judged.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

_NOT_HERE = ("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourcevpcarn")
"""Keys of networks that one machine does not have: they neither deny nor stand in the way."""


class BadPolicy(Exception):
    """The document is no policy."""


def listed(value: Any) -> list[Any]:
    """What may be written as one value or as a list of them."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@lru_cache(maxsize=4_096)
def like(pattern: str) -> re.Pattern[str]:
    """`*` stands for any text, `?` for one character."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)


def met(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Whether a statement's conditions hold; `context` has their keys in lower case.

    Raises BadPolicy for an operator that is not known.
    """
    denies = statement["Effect"] == "Deny"
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, wanted in keys.items():
            if key.lower() in _NOT_HERE:
                if denies:
                    return False
                continue
            if not _holds(operator, listed(wanted), context.get(key.lower())):
                return False
    return True


def _holds(operator: str, wanted: list[Any], actual: str | None) -> bool:
    name = operator.rpartition(":")[2]
    if name.endswith("IfExists"):
        if actual is None:
            return True
        name = name.removesuffix("IfExists")
    if name == "Null":
        return any((str(entry).lower() == "true") is (actual is None) for entry in wanted)
    negated = name.startswith("Not") or "Not" in name
    test = _OPERATORS.get(name.replace("Not", ""))
    if test is None:
        raise BadPolicy(f"the condition operator {operator} is not known")
    if actual is None:
        return negated
    return test(wanted, actual) is not negated


def _in_networks(wanted: Iterable[Any], actual: str) -> bool:
    try:
        address = ipaddress.ip_address(actual)
        return any(address in ipaddress.ip_network(str(entry), strict=False) for entry in wanted)
    except ValueError as error:
        raise BadPolicy(str(error)) from None


_OPERATORS: Mapping[str, Callable[[list[Any], str], bool]] = {
    "IpAddress": _in_networks,
    "StringEquals": lambda wanted, actual: actual in map(str, wanted),
    "StringEqualsIgnoreCase": lambda wanted, actual: (
        actual.lower() in (str(entry).lower() for entry in wanted)
    ),
    "StringLike": lambda wanted, actual: any(like(str(e)).fullmatch(actual) for e in wanted),
    "ArnLike": lambda wanted, actual: any(like(str(e)).fullmatch(actual) for e in wanted),
    "ArnEquals": lambda wanted, actual: any(like(str(e)).fullmatch(actual) for e in wanted),
    "Bool": lambda wanted, actual: actual in (str(entry).lower() for entry in wanted),
}
