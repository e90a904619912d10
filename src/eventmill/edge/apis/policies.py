"""Policy documents of API Gateway: those that authorizers return, and those of APIs.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.policies import BadPolicy, like, listed, met

ACTION = "execute-api:Invoke"


def effect(policy: Any, resource: str, context: Mapping[str, str], *, base: str = "") -> str | None:
    """`Deny` or `Allow` as the policy says for invoking `resource`, None when it says nothing.

    `context` has condition keys in lower case; `base` completes resources that are written in
    short, `execute-api:/stage/GET/path`. Raises BadPolicy.
    """
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    found = None
    for statement in listed(statements):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise BadPolicy("a statement has the Effect Allow or Deny")
        if not _names(statement, resource, base) or not met(statement, context):
            continue
        if statement["Effect"] == "Deny":
            return "Deny"
        found = "Allow"
    if statements is None:
        raise BadPolicy("a policy has a Statement")
    return found


def _names(statement: Mapping[str, Any], resource: str, base: str) -> bool:
    actions = listed(statement.get("Action") or statement.get("NotAction"))
    resources = listed(statement.get("Resource") or statement.get("NotResource"))
    if not actions or not resources:
        raise BadPolicy("a statement has an Action and a Resource")
    acts = any(like(str(action).lower()).fullmatch(ACTION.lower()) for action in actions)
    concerns = any(like(_full(str(entry), base)).fullmatch(resource) for entry in resources)
    return acts is ("Action" in statement) and concerns is ("Resource" in statement)


def _full(resource: str, base: str) -> str:
    return (
        base + resource.removeprefix("execute-api:/")
        if base and (resource.startswith("execute-api:/"))
        else resource
    )
