"""Policy documents of API Gateway: those that authorizers return, and those of APIs.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

ACTION = "execute-api:Invoke"

_NOT_HERE = ("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourcevpcarn")
"""Keys of networks that one machine does not have: they neither deny nor stand in the way."""


class BadPolicy(Exception):
    """The document is no policy."""


def effect(policy: Any, resource: str, context: Mapping[str, str], *, base: str = "") -> str | None:
    """`Deny` or `Allow` as the policy says for invoking `resource`, None when it says nothing.

    `context` has condition keys in lower case; `base` completes resources that are written in
    short, `execute-api:/stage/GET/path`. Raises BadPolicy.
    """
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    found = None
    for statement in _listed(statements):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise BadPolicy("a statement has the Effect Allow or Deny")
        if not _names(statement, resource, base) or not _met(statement, context):
            continue
        if statement["Effect"] == "Deny":
            return "Deny"
        found = "Allow"
    if statements is None:
        raise BadPolicy("a policy has a Statement")
    return found


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _names(statement: Mapping[str, Any], resource: str, base: str) -> bool:
    actions = _listed(statement.get("Action") or statement.get("NotAction"))
    resources = _listed(statement.get("Resource") or statement.get("NotResource"))
    if not actions or not resources:
        raise BadPolicy("a statement has an Action and a Resource")
    acts = any(_like(str(action).lower()).fullmatch(ACTION.lower()) for action in actions)
    concerns = any(_like(_full(str(entry), base)).fullmatch(resource) for entry in resources)
    return acts is ("Action" in statement) and concerns is ("Resource" in statement)


def _full(resource: str, base: str) -> str:
    return (
        base + resource.removeprefix("execute-api:/")
        if base and (resource.startswith("execute-api:/"))
        else resource
    )


@lru_cache(maxsize=4_096)
def _like(pattern: str) -> re.Pattern[str]:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _met(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    denies = statement["Effect"] == "Deny"
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, wanted in keys.items():
            if key.lower() in _NOT_HERE:
                if denies:
                    return False
                continue
            if not _holds(operator, _listed(wanted), context.get(key.lower())):
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
    "StringLike": lambda wanted, actual: any(_like(str(e)).fullmatch(actual) for e in wanted),
    "ArnLike": lambda wanted, actual: any(_like(str(e)).fullmatch(actual) for e in wanted),
    "ArnEquals": lambda wanted, actual: any(_like(str(e)).fullmatch(actual) for e in wanted),
    "Bool": lambda wanted, actual: actual in (str(entry).lower() for entry in wanted),
}
