"""Answers requests to REST APIs: the way of each from its route to its integration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from eventmill.edge.apis.rest.answers import Answer, Broken
from eventmill.edge.apis.rest.authorization import AuthorizationGate
from eventmill.edge.apis.rest.authorization.asked import Asked
from eventmill.edge.apis.rest.authorization.pools import UserPools
from eventmill.edge.apis.rest.failures import Failed, rendered
from eventmill.edge.apis.rest.functions import Functions
from eventmill.edge.apis.rest.integrations import by_kind
from eventmill.edge.apis.rest.model import Node, match
from eventmill.edge.apis.rest.published import Published
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.apis.rest.usage import Usage
from eventmill.edge.apis.rest.validation import validate
from eventmill.edge.app import Handler
from eventmill.edge.body import ClientGone, Receive, Scope, Send, read_all, send_answer
from eventmill.edge.security import Security
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Ports
from eventmill.store.database import Database

PREFIX = "/_aws/execute-api/"
_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.")
_BODY_LIMIT = 10 * 1024 * 1024


class RestFront:
    """All REST APIs of the engine."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        ports: Ports,
        endpoint: Handler,
        security: Security,
        account: str,
        region: str,
    ) -> None:
        """`endpoint` is AWS's API on this engine for the APIs' own calls."""
        self._published = Published(database)
        self._clock = clock
        self._ids = ids
        self._account = account
        self._region = region
        functions = Functions(database, ids, ports.invoker)
        asked = Asked(database, functions, clock)
        self._gate = AuthorizationGate(asked, UserPools(ports.http, clock), security)
        self._usage = Usage(database, clock, self._published)
        self._integrations = by_kind(functions, ports, endpoint)

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Paths below the prefix and hosts of the form `<api>.execute-api.…`, of REST APIs."""
        if scope["type"] != "http":
            return False
        place = _place(scope, headers)
        return place is not None and self._published.knows(place[0])

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one request."""
        place = _place(scope, headers)
        assert place is not None
        api, raw = place
        name, slash, rest = raw[1:].partition("/")
        stage = self._published.stage(api, name)
        if stage is None:
            forbidden = [(b"content-type", b"application/json"), _FORBIDDEN]
            await send_answer(send, 403, [*forbidden, (b"content-length", b"23")], _NO_STAGE)
            return
        request = Request(
            stage=stage,
            verb=scope["method"],
            path=f"/{rest}" if slash else "/",
            query=scope["query_string"].decode("ascii"),
            sent=[(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["sent_headers"]],
            headers=headers,
            body=b"",
            client=(scope.get("client") or ("127.0.0.1", 0))[0],
            domain=f"{api}.execute-api.{self._region}.amazonaws.com",
            request_id=self._ids.uuid(),
            extended_id=self._ids.opaque(11),
            trace=headers.get("x-amzn-trace-id")
            or f"Root={self._ids.trace_root(self._clock.real())}",
            now=self._clock.now(),
            account=self._account,
            region=self._region,
        )
        try:
            answer = await self._answered(request, scope["raw_path"].decode("ascii"), receive)
        except ClientGone:
            return
        await _send(send, request, answer)

    async def _answered(self, request: Request, raw: str, receive: Receive) -> Answer:
        try:
            return await self._steps(request, raw, receive)
        except Failed as failed:
            return Answer(*rendered(request, failed))

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
        self._usage.check(request, method)
        validate(request, method)
        return await self._integrations[method.integration.kind](request)


_NO_STAGE = b'{"message":"Forbidden"}'
_FORBIDDEN = (b"x-amzn-errortype", b"ForbiddenException")


def _place(scope: Scope, headers: Mapping[str, str]) -> tuple[str, str] | None:
    """(API id, path below it, still percent-encoded); None for an address of another kind."""
    raw = scope["raw_path"].decode("ascii")
    if raw.startswith(PREFIX):
        api_id, _, rest = raw[len(PREFIX) :].partition("/")
        return api_id, f"/{rest}"
    found = _HOST.match(headers.get("host", ""))
    return None if found is None else (found.group(1), raw)


async def _send(send: Send, request: Request, answer: Answer) -> None:
    headers = [
        *answer.headers,
        ("x-amzn-RequestId", request.request_id),
        ("x-amz-apigw-id", request.extended_id),
        ("X-Amzn-Trace-Id", request.trace),
    ]
    if answer.pieces is None and answer.status not in (204, 304):
        headers.append(("Content-Length", str(len(answer.body))))
    encoded = [(name.encode("latin-1"), value.encode()) for name, value in headers]
    if answer.pieces is None:
        await send_answer(send, answer.status, encoded, answer.body)
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    with suppress(Broken):
        async for piece in answer.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
