"""Answers requests to the applications' APIs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from eventmill.edge.apis import cors, events, responses
from eventmill.edge.apis.authorization import Authorizers, Verdict
from eventmill.edge.apis.model import Api, Authorizer, Route, load, match
from eventmill.edge.apis.refused import Refused
from eventmill.edge.apis.responses import Answer
from eventmill.edge.apis.sockets import OpenConnections
from eventmill.edge.body import Receive, Scope, Send, read_all, send_answer
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import ConcurrencyExceeded, Invocation, Outcome
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Invoker
from eventmill.services import lambda_
from eventmill.store.database import Database

PREFIX = "/_aws/execute-api/"
_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.")
_BODY_LIMIT = 10 * 1024 * 1024
_PRINCIPAL = "apigateway.amazonaws.com"


class ApiFront:
    """HTTP APIs here; WebSocket ones are handed to `sockets`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        invoker: Invoker,
        connections: OpenConnections,
        account: str,
        region: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._invoker = invoker
        self._connections = connections
        self._account = account
        self._region = region
        self._authorizers = Authorizers(clock)

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Paths below the prefix, and hosts of the form `<api>.execute-api.…`."""
        return str(scope["path"]).startswith(PREFIX) or (
            _HOST.match(headers.get("host", "")) is not None
        )

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one request, or serve one WebSocket to its end."""
        api_id, raw = self._place(scope, headers)
        api = self._database.read(lambda tx: load(tx, api_id))
        if scope["type"] == "websocket":
            await self._connections.serve(self, api, raw, scope, headers, receive, send)
            return
        if api is not None and "/@connections/" in raw:
            await self._connections.manage(scope["method"], raw, receive, send)
            return
        status, shown, body = (
            responses.error(404)
            if api is None or api.websocket
            else await self._answer(api, raw, scope, headers, receive)
        )
        request_id = [(b"apigw-requestid", self._ids.opaque(11).encode())]
        await send_answer(send, status, shown + request_id + _length(status, body), body)

    @staticmethod
    def _place(scope: Scope, headers: Mapping[str, str]) -> tuple[str, str]:
        """(API id, path below it, still percent-encoded)."""
        raw = scope["raw_path"].decode("ascii")
        found = _HOST.match(headers.get("host", ""))
        if found is not None:
            return found.group(1), raw
        api_id, slash, rest = raw[len(PREFIX) :].partition("/")
        return api_id, f"/{rest}" if slash else "/"

    async def _answer(
        self, api: Api, raw: str, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> Answer:
        stage, path = _stage(api, raw)
        if stage is None:
            return responses.error(404)
        origin = headers.get("origin", "")
        preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        if api.cors is not None and preflight:
            return cors.preflight(api.cors, origin)
        answer = await self._routed(api, stage, raw, path, scope, headers, receive)
        return cors.merged(answer, api.cors, origin) if api.cors is not None else answer

    async def _routed(
        self,
        api: Api,
        stage: str,
        raw: str,
        path: str,
        scope: Scope,
        headers: Mapping[str, str],
        receive: Receive,
    ) -> Answer:
        found = match(api, scope["method"], path)
        if found is None:
            return responses.error(404)
        route, labels = found
        try:
            body = await read_all(receive, _BODY_LIMIT)
        except Fault:
            return responses.message(413, "Request Entity Too Large")
        request = events.Request(
            api,
            stage,
            scope["method"],
            unquote(path),
            raw,
            scope["query_string"].decode(),
            headers,
            body,
            (scope.get("client") or ("127.0.0.1", 0))[0],
            self._ids.opaque(11),
            self._clock.now(),
            self._account,
            headers.get("host", ""),
        )
        verdict = await self._authorize(request, route, labels)
        if verdict.status != 200:
            return responses.error(verdict.status)
        context = verdict.context if route.authorizer is not None else None
        event = orjson.dumps(events.payload(request, route, labels, context))
        return await self._function(api, stage, route, path, event, headers)

    async def _function(
        self,
        api: Api,
        stage: str,
        route: Route,
        path: str,
        event: bytes,
        headers: Mapping[str, str],
    ) -> Answer:
        source = self.source_arn(api, stage, f"{route.method or '*'}{path}")
        trace = headers.get("x-amzn-trace-id")
        try:
            outcome = await asyncio.wait_for(
                self.invoke(route.function, event, source, trace), route.timeout
            )
        except TimeoutError:
            return responses.error(503)
        except ConcurrencyExceeded:
            return responses.message(429, "Too Many Requests")
        except Refused:
            return responses.error(500)
        return responses.error(500) if outcome.failed else responses.answer_of(outcome.payload)

    async def _authorize(
        self, request: events.Request, route: Route, labels: Mapping[str, str]
    ) -> Verdict:
        authorizer = route.authorizer
        if authorizer is None:
            return Verdict(200, {})
        arn = self.source_arn(request.api, request.stage, f"{request.method}{request.path}")

        async def ask(function: str, payload: bytes) -> Outcome:
            source = self.authorizer_arn(request.api, authorizer)
            return await self.invoke(function, payload, source, None)

        try:
            return await self._authorizers.decide(
                authorizer,
                [
                    source_value(source, request.headers, request.query)
                    for source in authorizer.sources
                ],
                arn,
                lambda found: events.authorizer_event(request, route, labels, found, arn),
                ask,
            )
        except (Refused, ConcurrencyExceeded):
            return Verdict(500, {})

    async def authorize_connect(
        self,
        api: Api,
        stage: str,
        authorizer: Authorizer,
        connect: Mapping[str, Any],
        query: str,
    ) -> tuple[int, Mapping[str, Any]]:
        """(status, context) of a WebSocket's authorizer, asked once, at $connect."""
        arn = self.source_arn(api, stage, "$connect")

        async def ask(function: str, payload: bytes) -> Outcome:
            return await self.invoke(function, payload, self.authorizer_arn(api, authorizer), None)

        headers: Mapping[str, str] = connect["headers"]
        try:
            verdict = await self._authorizers.decide(
                authorizer,
                [source_value(source, headers, query) for source in authorizer.sources],
                arn,
                lambda found: dict(connect) | {"type": "REQUEST", "methodArn": arn},
                ask,
            )
        except (Refused, ConcurrencyExceeded):
            return 500, {}
        return verdict.status, verdict.context

    def source_arn(self, api: Api, stage: str, rest: str) -> str:
        """The ARN of a request, as policies name it."""
        return f"arn:aws:execute-api:{self._region}:{self._account}:{api.id}/{stage}/{rest}"

    def authorizer_arn(self, api: Api, authorizer: Authorizer) -> str:
        """The ARN that a function's policy names for an authorizer."""
        base = f"arn:aws:execute-api:{self._region}:{self._account}:{api.id}"
        return f"{base}/authorizers/{authorizer.id}"

    async def invoke(
        self, function: str, payload: bytes, source: str, trace: str | None
    ) -> Outcome:
        """Run a function for an API. Raises Refused, ConcurrencyExceeded."""
        account = self._account

        if not self._database.read(
            lambda tx: lambda_.may_invoke(tx, function, _PRINCIPAL, source, account)
        ):
            raise Refused
        spec = self._database.read(lambda tx: lambda_.resolve(tx, function))
        return await self._invoker.invoke(
            Invocation(spec, payload, self._ids.uuid(), function, trace, source=source)
        )


def source_value(source: str, headers: Mapping[str, str], query: str) -> str | None:
    """The value of an identity source: `$request.header.X`, `$request.querystring.x`, or the
    WebSocket form `route.request.…`."""
    kind, _, name = (
        source.removeprefix("$").removeprefix("route.").removeprefix("request.").partition(".")
    )
    if kind == "header":
        return headers.get(name.lower())
    if kind == "querystring":
        return dict(parse_qsl(query)).get(name)
    return None


def _stage(api: Api, raw: str) -> tuple[str | None, str]:
    """(stage, path below it): a named stage is the path's first segment."""
    first, slash, rest = raw[1:].partition("/")
    if first in api.stages:
        return first, f"/{rest}" if slash else "/"
    return ("$default", raw) if "$default" in api.stages else (None, raw)


def _length(status: int, body: bytes) -> list[tuple[bytes, bytes]]:
    return [] if status in (204, 304) else [(b"content-length", str(len(body)).encode())]
