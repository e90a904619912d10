"""Lambda authorizers: asking one, remembering its answer, reading its policy.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import orjson

from eventmill.edge.apis.model import Authorizer
from eventmill.kernel.clock import Clock
from eventmill.kernel.functions import Outcome

Ask = Callable[[str, bytes], Awaitable[Outcome]]
"""Invokes a function by ARN with a payload."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` is 200 when allowed, else 401, 403 or 500; `context` reaches the function."""

    status: int
    context: Mapping[str, Any]


_UNAUTHORIZED = Verdict(401, {})


class Authorizers:
    """Asks authorizers and keeps what they said for as long as they want."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, ...], tuple[float, Any]] = {}

    async def decide(
        self,
        authorizer: Authorizer,
        sources: list[str | None],
        arn: str,
        event: Callable[[list[str]], dict[str, Any]],
        ask: Ask,
    ) -> Verdict:
        """The verdict on one request. A missing identity source is refused without asking."""
        found = [source for source in sources if source]
        if len(found) < len(sources):
            return _UNAUTHORIZED
        key = (authorizer.id, *found)
        kept = self._kept.get(key) if authorizer.ttl and found else None
        if kept is not None and kept[0] > self._clock.now():
            return verdict(kept[1], arn, simple=authorizer.simple)
        outcome = await ask(authorizer.function, orjson.dumps(event(found)))
        if outcome.failed:
            said = orjson.loads(outcome.payload)
            return _UNAUTHORIZED if said.get("errorMessage") == "Unauthorized" else Verdict(500, {})
        answer = orjson.loads(outcome.payload)
        if authorizer.ttl and found:
            if len(self._kept) > 10_000:
                self._kept.clear()
            self._kept[key] = (self._clock.now() + authorizer.ttl, answer)
        return verdict(answer, arn, simple=authorizer.simple)


def verdict(answer: Any, arn: str, *, simple: bool) -> Verdict:
    """What an authorizer's answer says about one route."""
    if not isinstance(answer, dict):
        return Verdict(500, {})
    context = answer.get("context") or {}
    if simple:
        allowed = answer.get("isAuthorized")
        if not isinstance(allowed, bool):
            return Verdict(500, {})
        return Verdict(200 if allowed else 403, context)
    policy = answer.get("policyDocument")
    if not isinstance(policy, dict):
        return Verdict(500, {})
    effects = [
        statement.get("Effect")
        for statement in policy.get("Statement") or []
        if _applies(statement, arn)
    ]
    allowed = "Allow" in effects and "Deny" not in effects
    return Verdict(200 if allowed else 403, {"principalId": answer.get("principalId")} | context)


def _applies(statement: Mapping[str, Any], arn: str) -> bool:
    actions = statement.get("Action") or []
    resources = statement.get("Resource") or []
    actions = [actions] if isinstance(actions, str) else actions
    resources = [resources] if isinstance(resources, str) else resources
    named = any(fnmatchcase("execute-api:invoke", action.lower()) for action in actions)
    return named and any(fnmatchcase(arn, pattern) for pattern in resources)
