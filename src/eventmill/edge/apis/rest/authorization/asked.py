"""Lambda authorizers: asking one, remembering what it said, and reading its policy.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from eventmill.edge.apis.policies import effect
from eventmill.edge.apis.rest.events import parameters
from eventmill.edge.apis.rest.expressions import chosen, common
from eventmill.edge.apis.rest.failures import Failed
from eventmill.edge.apis.rest.functions import Functions
from eventmill.edge.apis.rest.model import Authorizer
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.payloads import returned
from eventmill.kernel.clock import Clock
from eventmill.kernel.policies import ANONYMOUS, BadPolicy
from eventmill.services.apigateway import parts
from eventmill.store.database import Database

_SECONDS = 29.0
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """What an authorizer answered. `policy` is judged for each method that it is used for."""

    policy: Any
    context: dict[str, Any]
    key: str | None
    """The API key that it names."""


class Asked:
    """All Lambda authorizers of REST APIs."""

    def __init__(self, database: Database, functions: Functions, clock: Clock) -> None:
        self._functions = functions
        self._clock = clock
        self._flushed = database.signals.listen(parts.AUTHORIZERS_KEY)
        self._kept: dict[tuple[str, ...], tuple[float, Said]] = {}

    async def check(self, request: Request, authorizer: Authorizer) -> None:
        """Raises Failed unless the authorizer lets the request through."""
        identity = _identity(request, authorizer)
        said = await self._said(request, authorizer, identity)
        try:
            asker = replace(ANONYMOUS, context={"aws:sourceip": request.client})
            verdict = effect(said.policy, request.method_arn, asker, now=request.now)
        except BadPolicy as error:
            raise _broken(f"Invalid policy of the authorizer: {error}") from None
        if verdict != "Allow":
            suffix = " with an explicit deny" if verdict == "Deny" else ""
            raise Failed("ACCESS_DENIED", "User is not authorized to access this resource" + suffix)
        request.authorizer = said.context
        request.named_key = said.key

    async def _said(
        self, request: Request, authorizer: Authorizer, identity: tuple[str, ...]
    ) -> Said:
        if self._flushed.take():
            self._kept.clear()
        now = self._clock.now()
        key = (request.stage.api_id, request.stage.name, authorizer.id, *identity)
        if authorizer.ttl and identity:
            kept = self._kept.get(key)
            if kept is not None and kept[0] > now:
                return kept[1]
        said = await self._ask(request, authorizer, identity)
        if authorizer.ttl and identity:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = (self._clock.now() + authorizer.ttl, said)
        return said

    async def _ask(
        self, request: Request, authorizer: Authorizer, identity: tuple[str, ...]
    ) -> Said:
        event: dict[str, Any] = {"type": authorizer.kind, "methodArn": request.method_arn}
        if authorizer.kind == "TOKEN":
            event["authorizationToken"] = identity[0]
        else:
            event |= parameters(request)
        base = request.arn("", "").rpartition(f"/{request.stage.name}/")[0]
        begun = self._clock.real()
        try:
            outcome = await self._functions.run(
                self._functions.invocation(
                    request,
                    authorizer,
                    f"{base}/authorizers/{authorizer.id}",
                    orjson.dumps(event),
                ),
                _SECONDS,
            )
        except Failed as error:
            raise _broken(error.detail or str(error)) from None
        answer = returned(outcome.payload)
        if outcome.failed:
            if isinstance(answer, dict) and answer.get("errorMessage") == "Unauthorized":
                raise Failed("UNAUTHORIZED", "Unauthorized")
            said = outcome.payload.decode("utf-8", "replace")
            raise Failed("AUTHORIZER_FAILURE", None, detail=f"The authorizer failed: {said}")
        return _read(answer, int((self._clock.real() - begun) * 1000))


def _broken(reason: str) -> Failed:
    return Failed("AUTHORIZER_CONFIGURATION_ERROR", None, detail=reason)


def _identity(request: Request, authorizer: Authorizer) -> tuple[str, ...]:
    """The values of the identity sources. Raises Failed (401) when one is missing.

    A token that does not look as the authorizer's expression wants is refused unasked.
    """
    found = []
    for source in authorizer.sources:
        value = _source(source, request)
        if not value:
            raise Failed("UNAUTHORIZED", "Unauthorized")
        found.append(value)
    if authorizer.kind == "TOKEN" and (
        not found
        or (authorizer.pattern is not None and authorizer.pattern.fullmatch(found[0]) is None)
    ):
        raise Failed("UNAUTHORIZED", "Unauthorized")
    return tuple(found)


def _source(source: str, request: Request) -> str | None:
    place, _, name = source.removeprefix("method.request.").partition(".")
    if place == "header":
        return chosen(request.sent, name, several=True, exact=False)
    if place == "querystring":
        return chosen(request.pairs, name, several=True, exact=True)
    return common(source, request)


def _read(answer: Any, milliseconds: int) -> Said:
    """Raises Failed for an answer that is none."""
    if not isinstance(answer, dict) or not isinstance(answer.get("principalId"), str | int):
        raise _broken("The authorizer's answer has no principalId")
    if not isinstance(answer.get("policyDocument"), dict):
        raise _broken("The authorizer's answer has no policyDocument")
    given = answer.get("context") or {}
    if not isinstance(given, dict) or any(isinstance(v, dict | list) for v in given.values()):
        raise _broken("The authorizer's context holds what is no text, number or truth")
    context: dict[str, Any] = {name: _text(value) for name, value in given.items()}
    context |= {"principalId": str(answer["principalId"]), "integrationLatency": milliseconds}
    return Said(answer["policyDocument"], context, answer.get("usageIdentifierKey"))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
