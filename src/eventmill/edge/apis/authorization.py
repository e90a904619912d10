"""Lambda authorizers: asking one, remembering its answer, reading its policy.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from eventmill.edge.admission import Refused
from eventmill.edge.apis.functions import Functions
from eventmill.edge.apis.model import Authorizer, Stage
from eventmill.edge.apis.policies import effect
from eventmill.edge.payloads import returned
from eventmill.kernel.clock import Clock
from eventmill.kernel.functions import ConcurrencyExceeded
from eventmill.kernel.policies import ANONYMOUS, BadPolicy


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` is 200 when allowed, else 401, 403 or 500; `context` reaches the function.

    `reason` is what only the API's owner should know: why the authorizer gave no answer.
    """

    status: int
    context: Mapping[str, Any]
    reason: str = ""


_UNAUTHORIZED = Verdict(401, {})


def _failed(reason: str) -> Verdict:
    return Verdict(500, {}, reason)


class Authorizers:
    """Asks authorizers and keeps what they said for as long as they want."""

    def __init__(self, clock: Clock, functions: Functions) -> None:
        self._clock = clock
        self._functions = functions
        self._kept: dict[tuple[str, ...], tuple[float, Any]] = {}

    async def decide(
        self,
        authorizer: Authorizer,
        stage: Stage,
        sources: list[str | None],
        arn: str,
        event: Callable[[list[str]], dict[str, Any]],
        seconds: float,
    ) -> Verdict:
        """The verdict on one request, waited for so long at most.

        A missing identity source is refused without asking.
        """
        found = [source for source in sources if source]
        if len(found) < len(sources):
            return _UNAUTHORIZED
        key = (authorizer.id, authorizer.epoch, stage.name, *found)
        kept = self._kept.get(key) if authorizer.ttl and found else None
        if kept is not None and kept[0] > self._clock.now():
            return verdict(kept[1], arn, self._clock.now(), simple=authorizer.simple)
        source = self._functions.arn(stage.api, f"authorizers/{authorizer.id}")
        payload = orjson.dumps(event(found))
        try:
            outcome = await self._functions.run(
                authorizer.function, payload, source, seconds, role=authorizer.role
            )
        except (Refused, ConcurrencyExceeded) as error:
            return _failed(str(error))
        except TimeoutError:
            return _failed(f"The authorizer did not answer within {seconds:g} seconds")
        answer = returned(outcome.payload)
        if outcome.failed:
            refused = isinstance(answer, dict) and answer.get("errorMessage") == "Unauthorized"
            said = outcome.payload.decode("utf-8", "replace")
            return _UNAUTHORIZED if refused else _failed(f"The authorizer failed: {said}")
        if authorizer.ttl and found:
            if len(self._kept) > 10_000:
                self._kept.clear()
            self._kept[key] = (self._clock.now() + authorizer.ttl, answer)
        return verdict(answer, arn, self._clock.now(), simple=authorizer.simple)


def verdict(answer: Any, arn: str, now: float, *, simple: bool) -> Verdict:
    """What an authorizer's answer says about one route at a moment."""
    if not isinstance(answer, dict):
        return _failed("The authorizer's answer is no object")
    context = answer.get("context") or {}
    if not isinstance(context, dict):
        return _failed("The context in the authorizer's answer is no object")
    if simple:
        allowed = answer.get("isAuthorized")
        if not isinstance(allowed, bool):
            return _failed("isAuthorized in the authorizer's answer is neither true nor false")
        return Verdict(200 if allowed else 403, context)
    try:
        allowed = effect(answer.get("policyDocument"), arn, ANONYMOUS, now=now) == "Allow"
    except BadPolicy as error:
        return _failed(f"The authorizer's policy is invalid: {error}")
    named = {"principalId": answer["principalId"]} if "principalId" in answer else {}
    return Verdict(200 if allowed else 403, named | context)
