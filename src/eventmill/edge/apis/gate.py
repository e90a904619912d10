"""Who may call a route of an HTTP API: tokens, signatures, and what Lambda authorizers say.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.edge.apis import events
from eventmill.edge.apis.authorization import Authorizers
from eventmill.edge.apis.functions import Functions
from eventmill.edge.apis.model import Authorizer
from eventmill.edge.apis.parameters import of_request, text, value_of
from eventmill.edge.apis.responses import Stopped
from eventmill.edge.apis.tokens import Tokens
from eventmill.edge.payloads import iam_caller
from eventmill.edge.security import Security
from eventmill.kernel.errors import Fault
from eventmill.wire import HttpRequest

_SECONDS = 10.0
"""How long an HTTP API waits for its authorizer."""


class Gate:
    """Decides on each request of a route that is not open."""

    def __init__(
        self, authorizers: Authorizers, tokens: Tokens, security: Security, functions: Functions
    ) -> None:
        self._authorizers = authorizers
        self._tokens = tokens
        self._security = security
        self._functions = functions

    async def check(self, request: events.Request, raw: str) -> Mapping[str, Any] | None:
        """What requestContext.authorizer becomes; `raw` is the whole path, which signatures cover.

        Raises Stopped.
        """
        route = request.route
        if route.iam:
            return {"iam": self._signed(request, raw)}
        if route.authorizer is None:
            return None
        if route.authorizer.issuer:
            source = (route.authorizer.sources or ("$request.header.Authorization",))[0]
            given = text(value_of(source, of_request(request)))
            return {"jwt": await self._tokens.check(route.authorizer, given, route.scopes)}
        return {"lambda": await self._asked(request, route.authorizer)}

    def _signed(self, request: events.Request, raw: str) -> dict[str, Any]:
        sent = HttpRequest(
            request.method, raw, request.query, request.headers, request.body, request.client
        )
        try:
            key = self._security.signed(sent, "execute-api")
        except Fault:
            raise Stopped(403) from None
        return iam_caller(key, request.account)

    async def _asked(self, request: events.Request, authorizer: Authorizer) -> Mapping[str, Any]:
        stage = request.stage
        arn = self._functions.arn(stage.api, f"{stage.name}/{request.method}{request.path}")
        lookup = of_request(request)
        verdict = await self._authorizers.decide(
            authorizer,
            stage,
            [text(value_of(source, lookup)) for source in authorizer.sources],
            arn,
            lambda found: events.authorizer_event(request, authorizer.version, found, arn),
            _SECONDS,
        )
        if verdict.status != 200:
            request.called.unauthorized = verdict.reason
            raise Stopped(verdict.status, verdict.reason)
        return verdict.context
