"""Policy documents of API Gateway: those that authorizers return, and those of APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

from typing import Any

from eventmill.kernel import policies
from eventmill.kernel.policies import Asker, BadPolicy, listed

ACTION = "execute-api:Invoke"


def effect(
    policy: Any, resource: str, asker: Asker, *, base: str = "", now: float | None = None
) -> str | None:
    """`Deny` or `Allow` as the policy says for invoking `resource`, None when it says nothing.

    `base` completes resources that are written in short, `execute-api:/stage/GET/path`.
    Raises BadPolicy.
    """
    if not isinstance(policy, dict) or policy.get("Statement") is None:
        raise BadPolicy("a policy has a Statement")
    statements = [_completed(one, base) for one in listed(policy["Statement"])]
    return policies.judge(statements, asker, ACTION, resource, now)


def _completed(statement: Any, base: str) -> Any:
    if not isinstance(statement, dict):
        raise BadPolicy("a statement is an object")
    element = "Resource" if "Resource" in statement else "NotResource"
    resources = listed(statement.get(element))
    if not resources:
        raise BadPolicy("a statement has a Resource")
    return {**statement, element: [_full(str(one), base) for one in resources]}


def _full(resource: str, base: str) -> str:
    if base and resource.startswith("execute-api:/"):
        return base + resource.removeprefix("execute-api:/")
    return resource
