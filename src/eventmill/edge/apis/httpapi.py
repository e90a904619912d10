"""One request to an HTTP API, from its stage to its answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from eventmill.edge.apis import access_log, cors, events
from eventmill.edge.apis.buckets import Buckets
from eventmill.edge.apis.gate import Gate
from eventmill.edge.apis.integrations import Integrations
from eventmill.edge.apis.model import Route, Stage, match
from eventmill.edge.apis.parameters import change_answer, context_value, of_request
from eventmill.edge.apis.responses import Answer, Stopped
from eventmill.edge.body import Receive, Scope, read_all
from eventmill.edge.hosts import port_of
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.kernel.metrics import milliseconds
from eventmill.kernel.ports import Ports

_BODY_LIMIT = 10 * 1024 * 1024
_NOWHERE = Route("", "-", "", (), None, None, iam=False, scopes=(), answers=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: the stage, the path below it, and the whole path that a function sees.

    Paths are still percent-encoded. `domain` is the name that the client called.
    """

    stage: Stage
    path: str
    raw: str
    domain: str


class HttpApis:
    """All HTTP APIs of the engine."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        gate: Gate,
        integrations: Integrations,
        ports: Ports,
        account: str,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._gate = gate
        self._integrations = integrations
        self._logs = ports.logs
        self._warn = ports.warn
        self._counts = ports.counts
        self._account = account
        self._buckets = Buckets(clock)

    async def answer(
        self, place: Place, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> Answer:
        """The answer, CORS headers and the request's id among its own. Raises ClientGone."""
        stage, began = place.stage, self._clock.ticks()
        origin = headers.get("origin", "")
        found = match(stage, scope["method"], place.path)
        request = self._request(place, scope, headers, found)
        asks = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        if stage.cors is not None and asks and origin:
            answer = cors.preflight(stage.cors, origin)
        else:
            try:
                if found is None:
                    raise Stopped(404)
                answer = await self._routed(request, scope, receive)
            except Stopped as stopped:
                answer = stopped.answer
                self._tell(request, stopped)
            if stage.cors is not None:
                answer = cors.merged(answer, stage.cors, origin)
        self._log(request, answer)
        status, shown, body = answer
        self._count(request, answer, self._clock.ticks() - began)
        return status, [*shown, (b"apigw-requestid", request.request_id.encode())], body

    async def _routed(self, request: events.Request, scope: Scope, receive: Receive) -> Answer:
        """Raises Stopped, ClientGone."""
        route, stage = request.route, request.stage
        if route.limit is not None and not self._buckets.take(
            (stage.api, stage.name, route.key, route.limit), route.limit.rate, route.limit.burst
        ):
            raise Stopped(429)
        try:
            request.body = await read_all(receive, _BODY_LIMIT)
        except Fault:
            raise Stopped(413) from None
        request.authorizer = await self._gate.check(request, scope["raw_path"].decode("ascii"))
        integration, called = route.integration, request.called
        called.function = integration is not None and bool(integration.function)
        with called.timed(self._clock):
            answer = await self._integrations.answer(request)
        called.status = answer[0]
        if integration is not None and integration.response:
            answer = change_answer(integration.response, answer, of_request(request))
        return answer

    def _request(
        self,
        place: Place,
        scope: Scope,
        headers: Mapping[str, str],
        found: tuple[Route, dict[str, str]] | None,
    ) -> events.Request:
        client = (scope.get("client") or ("127.0.0.1", 0))[0]
        query = scope["query_string"].decode("latin-1")
        own = self._forwarded(scope, headers, client)
        lines = [
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["sent_headers"]
        ]
        route, labels = found or (_NOWHERE, {})
        return events.Request(
            stage=place.stage,
            route=route,
            labels=labels,
            method=scope["method"],
            path=unquote(place.path),
            raw_path=place.raw,
            query=query,
            headers={**headers, **own},
            client=client,
            request_id=self._ids.opaque(11),
            now=self._clock.now(),
            account=self._account,
            domain=place.domain,
            lines=[entry for entry in lines if entry[0] not in own] + list(own.items()),
            pairs=events.pairs_of(query),
        )

    def _forwarded(self, scope: Scope, headers: Mapping[str, str], client: str) -> dict[str, str]:
        """The headers that API Gateway adds, or adds to."""
        before = headers.get("x-forwarded-for")
        return {
            "x-forwarded-for": f"{before}, {client}" if before else client,
            "x-forwarded-port": headers.get("x-forwarded-port")
            or port_of(headers.get("host", ""), scope["scheme"]),
            "x-forwarded-proto": headers.get("x-forwarded-proto") or scope["scheme"],
            "x-amzn-trace-id": headers.get("x-amzn-trace-id")
            or f"Root={self._ids.trace_root(self._clock.real())}",
        }

    def _tell(self, request: events.Request, stopped: Stopped) -> None:
        """Tell the API's owner why the client is told nothing but the status."""
        if stopped.reason:
            if not request.called.unauthorized:
                request.called.error = stopped.reason
            place = f"{request.route.key} of HTTP API {request.stage.api} answers {stopped.status}"
            self._warn(place, stopped.reason)

    def _count(self, request: events.Request, answer: Answer, seconds: float) -> None:
        """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html"""
        stage, route = request.stage, request.route
        of: tuple[str, ...] = (stage.api, stage.name)
        if route.detailed:
            method, _, resource = route.key.partition(" ")
            of = (*of, request.method if method == "ANY" else method, resource or route.key)
        value = (answer[0] // 100, milliseconds(seconds), request.called.milliseconds)
        self._counts.add(("http", *of, value))
        self._counts.add(("http.bytes", *of, len(request.body) + len(answer[2])))

    def _log(self, request: events.Request, answer: Answer) -> None:
        if not request.stage.log_group:
            return
        now = self._clock.now()
        known = request.called.variables() | {
            "status": answer[0],
            "responseLength": len(answer[2]),
            "responseLatency": int((now - request.now) * 1000),
        }

        def lookup(name: str) -> Any:
            return known[name] if name in known else context_value(request, name)

        access_log.write(self._logs, request.stage, lookup, now)
