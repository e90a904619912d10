"""Answers requests to REST APIs: the way of each from its route to its integration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from eventmill.edge.apis import functions as invoking
from eventmill.edge.apis.domains import Domains
from eventmill.edge.apis.issuers import Issuers
from eventmill.edge.apis.rest.answers import Answer, Broken, sendable
from eventmill.edge.apis.rest.authorization import AuthorizationGate
from eventmill.edge.apis.rest.authorization.asked import Asked
from eventmill.edge.apis.rest.authorization.pools import UserPools
from eventmill.edge.apis.rest.compression import packed, unpacked
from eventmill.edge.apis.rest.failures import Failed, rendered
from eventmill.edge.apis.rest.functions import Functions
from eventmill.edge.apis.rest.integrations import by_kind
from eventmill.edge.apis.rest.logs import write_access_log, write_reason
from eventmill.edge.apis.rest.metrics import count_of
from eventmill.edge.apis.rest.model import Node, Stage, match
from eventmill.edge.apis.rest.published import Published
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.apis.rest.usage import Usage
from eventmill.edge.apis.rest.validation import validate
from eventmill.edge.apis.service_calls import ServiceCalls
from eventmill.edge.body import ClientGone, Receive, Scope, Send, read_all, send_answer
from eventmill.edge.hosts import hostname
from eventmill.edge.security import Security
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Ports
from eventmill.store.database import Database

PREFIX = "/_aws/execute-api/"
_RAW_PREFIX = PREFIX.encode()
_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.")
_BODY_LIMIT = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """`path` is below the stage, still percent-encoded; `base` is a custom domain's base path."""

    api: str
    stage: str
    path: str
    base: str = ""
    domain: str = ""


def _step(path: str) -> tuple[str, str]:
    """(the first step of a path without its leading slash, the rest)."""
    first, _, rest = path.partition("/")
    return first, f"/{rest}"


class RestFront:
    """All REST APIs of the engine."""

    def __init__(
        self,
        database: Database,
        domains: Domains,
        clock: Clock,
        ids: Ids,
        ports: Ports,
        services: ServiceCalls,
        issuers: Issuers,
        security: Security,
        account: str,
        region: str,
    ) -> None:
        self._published = Published(database)
        self._domains = domains
        self._logs = ports.logs
        self._counts = ports.counts
        self._warn = ports.warn
        self._clock = clock
        self._ids = ids
        self._account = account
        self._region = region
        inner = invoking.Functions(database, ids, ports.invoker, account, region)
        functions = Functions(inner)
        asked = Asked(database, functions, clock)
        self._gate = AuthorizationGate(asked, UserPools(issuers), security)
        self._usage = Usage(database, clock, self._published)
        self._integrations = by_kind(functions, ports, services)

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Paths below the prefix, hosts `<api>.execute-api.…` and custom domains, of REST APIs."""
        if scope["type"] != "http" or not self._concerns(scope, headers):
            return False
        place = self._place(scope, headers)
        return place is not None and self._published.knows(place.api)

    def _concerns(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Whether the address looks like one of an API: a quick look, for every request pays it."""
        return (
            scope["raw_path"].startswith(_RAW_PREFIX)
            or ".execute-api." in headers.get("host", "")
            or bool(self._domains)
        )

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one request."""
        place = self._place(scope, headers)
        assert place is not None
        stage = self._published.stage(place.api, place.stage)
        if stage is None:
            forbidden = [(b"content-type", b"application/json"), _FORBIDDEN]
            await send_answer(send, 403, forbidden, _NO_STAGE)
            return
        if stage.canary is not None and self._ids.percentage() < stage.canary[0]:
            stage = stage.canary[1]
        request = self._request(stage, place, scope, headers)
        began = self._clock.ticks()
        try:
            answer = await self._answered(request, scope["raw_path"].decode("ascii"), receive)
        except ClientGone:
            return
        answer = packed(request, answer)
        await _send(send, request, answer)
        write_access_log(self._logs, request, answer, self._clock.now())
        self._counts.add(count_of(request, answer.status, self._clock.ticks() - began))

    def _request(
        self, stage: Stage, place: Place, scope: Scope, headers: Mapping[str, str]
    ) -> Request:
        query = scope["query_string"].decode("latin-1")
        sent = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["sent_headers"]]
        request = self.made(stage, scope["method"], place.path, query, sent, headers)
        request.scheme = scope["scheme"]
        request.base = place.base
        request.domain = place.domain or request.domain
        request.client = (scope.get("client") or ("127.0.0.1", 0))[0]
        return request

    def made(
        self,
        stage: Stage,
        verb: str,
        path: str,
        query: str,
        sent: list[tuple[str, str]],
        headers: Mapping[str, str],
    ) -> Request:
        """A request of this machine, its body still to be read."""
        return Request(
            stage=stage,
            verb=verb,
            path=path,
            query=query,
            sent=sent,
            headers=headers,
            body=b"",
            client="127.0.0.1",
            domain=f"{stage.api_id}.execute-api.{self._region}.amazonaws.com",
            request_id=self._ids.uuid(),
            extended_id=self._ids.opaque(11),
            trace=headers.get("x-amzn-trace-id")
            or f"Root={self._ids.trace_root(self._clock.real())}",
            now=self._clock.now(),
            account=self._account,
            region=self._region,
        )

    async def integrated(self, request: Request) -> Answer:
        """The answer of the method's integration. Raises Failed."""
        assert request.method is not None
        integration, called = request.method.integration, request.called
        called.function = integration.function is not None
        try:
            with called.timed(self._clock):
                answer = await self._integrations[integration.kind](request)
        except Failed as failed:
            called.error = failed.detail or failed.message
            raise
        called.status = called.status or answer.status
        return answer

    def _place(self, scope: Scope, headers: Mapping[str, str]) -> Place | None:
        """What an address leads to; None for an address of another kind."""
        raw = scope["raw_path"].decode("ascii")
        if raw.startswith(PREFIX):
            api, _, rest = raw[len(PREFIX) :].partition("/")
            return Place(api, *_step(rest))
        host = headers.get("host", "")
        found = _HOST.match(host)
        if found is not None:
            return Place(found.group(1), *_step(raw[1:]))
        leads = self._domains.leads(headers, raw)
        if leads is None:
            return None
        stage, path = leads.mapping.stage, leads.path
        if not stage:
            stage, path = _step(path[1:])
        return Place(leads.mapping.api, stage, path, leads.base, hostname(host))

    async def _answered(self, request: Request, raw: str, receive: Receive) -> Answer:
        try:
            return await self._steps(request, raw, receive)
        except Failed as failed:
            request.failure = failed
            write_reason(self._logs, request, failed, self._clock.now())
            answer = Answer(*rendered(request, failed))
            if failed.detail and answer.status >= 500:
                path = request.method.resource_path if request.method else request.path
                place = f"{request.verb} {path} of REST API {request.stage.api_id}"
                self._warn(f"{place} answers {answer.status}", failed.detail)
            return answer

    async def _steps(self, request: Request, raw: str, receive: Receive) -> Answer:
        """Raises Failed with the gateway response that ends the request, ClientGone."""
        found = match(request.stage.root, request.path)
        node, request.labels = found or (Node(), {})
        method = node.methods.get(request.verb) or node.methods.get("ANY")
        if method is None:
            raise Failed("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
        request.method = method
        try:
            request.body = await read_all(receive, _BODY_LIMIT)
        except Fault:
            raise Failed("REQUEST_TOO_LARGE", "Request Too Long") from None
        await self._gate.check(request, raw)
        request.body = unpacked(request)
        self._usage.check(request, method)
        validate(request, method)
        return await self.integrated(request)


_NO_STAGE = b'{"message":"Forbidden"}'
_FORBIDDEN = (b"x-amzn-errortype", b"ForbiddenException")


async def _send(send: Send, request: Request, answer: Answer) -> None:
    headers = [
        *sendable(answer.headers),
        ("x-amzn-RequestId", request.request_id),
        ("x-amz-apigw-id", request.extended_id),
        ("X-Amzn-Trace-Id", request.trace),
    ]
    encoded = [(name.encode("latin-1"), value.encode()) for name, value in headers]
    if answer.pieces is None or answer.status in (204, 304):
        await send_answer(send, answer.status, encoded, answer.body)
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    with suppress(Broken):
        async for piece in answer.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
