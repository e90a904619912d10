"""WebSocket APIs: handshakes, the choice of a route for each message, and the end.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from eventmill.edge.admission import Refused
from eventmill.edge.apis import access_log, socket_events
from eventmill.edge.apis.authorization import Authorizers
from eventmill.edge.apis.buckets import Buckets
from eventmill.edge.apis.connections import Connection, OpenConnections, socket_count
from eventmill.edge.apis.context import value_at
from eventmill.edge.apis.functions import Functions
from eventmill.edge.apis.model import Authorizer, Route, Stage
from eventmill.edge.apis.parameters import select, text
from eventmill.edge.apis.socket_integrations import Failed, Reply, SocketIntegrations
from eventmill.edge.body import Receive, Scope, Send
from eventmill.edge.hosts import port_of
from eventmill.edge.security import Security
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import ConcurrencyExceeded
from eventmill.kernel.ids import Ids
from eventmill.kernel.metrics import milliseconds
from eventmill.kernel.ports import CountSink, LogSink
from eventmill.wire import HttpRequest

_NAME = re.compile(r"\$\{?request\.body\.([\w.\-\[\]]+)\}?")
_UNSUPPORTED = 1003
"""How a client that sends a binary frame is closed. https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html"""

_FAILURES = (Failed, Refused, TimeoutError, ConcurrencyExceeded)
"""Why an integration gives no answer."""
_SECONDS = 29.0
"""How long a handshake waits for its authorizer."""


class Sockets:
    """Serves each WebSocket from its handshake to its end."""

    def __init__(
        self,
        connections: OpenConnections,
        clock: Clock,
        ids: Ids,
        authorizers: Authorizers,
        functions: Functions,
        integrations: SocketIntegrations,
        security: Security,
        logs: LogSink,
        counts: CountSink,
        domain: Callable[[], str],
        warn: Callable[[str, str], None],
    ) -> None:
        """`domain` is host and port that a handler reaches the engine by; `warn` is as in
        kernel.ports."""
        self._connections = connections
        self._clock = clock
        self._ids = ids
        self._authorizers = authorizers
        self._functions = functions
        self._integrations = integrations
        self._security = security
        self._logs = logs
        self._counts = counts
        self._domain = domain
        self._warn = warn
        self._buckets = Buckets(clock)
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(
        self,
        stage: Stage | None,
        scope: Scope,
        headers: Mapping[str, str],
        receive: Receive,
        send: Send,
    ) -> None:
        """One WebSocket; `stage` is None for an address that leads nowhere."""
        await receive()
        if stage is None or not stage.websocket:
            await _refuse(send, 403)
            return
        now = self._clock.now()
        connection = Connection(
            id=self._ids.opaque(11),
            stage=stage,
            send=send,
            connected=now,
            active=now,
            client=(scope.get("client") or ("127.0.0.1", 0))[0],
            agent=headers.get("user-agent", ""),
            domain=self._domain(),
        )
        status, protocol = await self._connect(connection, scope, headers)
        if status != 200:
            await _refuse(send, status)
            return
        await send({"type": "websocket.accept", "subprotocol": protocol})
        self._connections.add(connection)
        code, reason = 1006, ""
        try:
            code, reason = await self._messages(connection, receive)
        finally:
            self._connections.remove(connection)
            await self._disconnect(connection, *(connection.closing or (code, reason)))

    async def _messages(self, connection: Connection, receive: Receive) -> tuple[int, str]:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or 1005), message.get("reason") or ""
            said = message.get("text")
            if said is None:
                await self._connections.close(connection.id, _UNSUPPORTED)
                continue
            connection.active = self._clock.now()
            task = asyncio.create_task(self._message(connection, said))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(
        self, connection: Connection, scope: Scope, headers: Mapping[str, str]
    ) -> tuple[int, str | None]:
        """(status, subprotocol) of the handshake: 200 when the connection may be."""
        stage = connection.stage
        route = stage.by_key.get("$connect")
        if route is None:
            return 200, None
        sent = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope["state"].get("sent_headers", scope["headers"])
        ]
        query = scope["query_string"].decode("latin-1")
        event = self._event(connection, "CONNECT", route)
        scheme = "https" if scope["scheme"] == "wss" else "http"
        sent += self._forwarded(connection, scheme)
        socket_events.with_handshake(event, sent, query)
        status = await self._admit(connection, route, event, scope, headers)
        if status != 200:
            self._count(stage, "ClientError")
            return status, None
        self._count(stage, "ConnectCount")
        if connection.authorizer is not None:
            event["requestContext"]["authorizer"] = dict(connection.authorizer)
        reason = ""
        try:
            reply = await self._replied(stage, route, event)
        except _FAILURES as error:
            reason = _reason(error)
            reply = Reply(500 if isinstance(error, Refused) else 502, None, {})
        self._log(connection, event, reply.status, reason)
        if not 200 <= reply.status < 300:
            return reply.status, None
        return 200, reply.headers.get("sec-websocket-protocol")

    def _forwarded(self, connection: Connection, scheme: str) -> list[tuple[str, str]]:
        return [
            ("X-Amzn-Trace-Id", f"Root={self._ids.trace_root(self._clock.real())}"),
            ("X-Forwarded-For", connection.client),
            ("X-Forwarded-Port", port_of(connection.domain, scheme)),
            ("X-Forwarded-Proto", scheme),
        ]

    async def _admit(
        self,
        connection: Connection,
        route: Route,
        event: dict[str, Any],
        scope: Scope,
        headers: Mapping[str, str],
    ) -> int:
        """200 when the handshake may go on to its integration."""
        if not self._passes(connection.stage, route):
            return 429
        if route.iam:
            path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("latin-1")
            try:
                self._security.signed(HttpRequest("GET", path, query, headers), "execute-api")
            except Fault:
                return 403
        if route.authorizer is None:
            return 200
        return await self._authorize(connection, route.authorizer, event, headers)

    async def _authorize(
        self,
        connection: Connection,
        authorizer: Authorizer,
        event: dict[str, Any],
        headers: Mapping[str, str],
    ) -> int:
        """The status of the authorizer, asked once for a connection; its context is kept."""
        stage = connection.stage
        arn = self._functions.arn(stage.api, f"{stage.name}/$connect")
        verdict = await self._authorizers.decide(
            replace(authorizer, ttl=0),
            stage,
            [_identity(source, event, headers) for source in authorizer.sources],
            arn,
            lambda found: event | {"type": "REQUEST", "methodArn": arn},
            _SECONDS,
        )
        if verdict.status == 200:
            context = {key: text(value) for key, value in verdict.context.items()}
            connection.authorizer = context
        if verdict.reason:
            self._warn(f"the authorizer of $connect of WebSocket API {stage.api}", verdict.reason)
        return verdict.status

    async def _message(self, connection: Connection, said: str) -> None:
        stage = connection.stage
        self._count(stage, "MessageCount")
        route = choose(stage, said)
        event = self._event(connection, "MESSAGE", route)
        problem = {
            "connectionId": connection.id,
            "requestId": event["requestContext"]["requestId"],
        }
        if route is None:
            self._count(stage, "ClientError")
            await self._tell(connection, {"message": "Forbidden"} | problem)
            return
        if not self._passes(stage, route):
            self._count(stage, "ClientError")
            await self._tell(connection, {"message": "Too Many Requests"} | problem)
            return
        event["body"] = said
        try:
            reply = await self._replied(stage, route, event)
        except _FAILURES as error:
            self._log(connection, event, 500, _reason(error))
            await self._tell(connection, {"message": "Internal server error"} | problem)
            return
        self._log(connection, event, reply.status)
        if route.answers and reply.body is not None:
            await self._connections.post(connection.id, reply.body)

    async def _replied(self, stage: Stage, route: Route, event: dict[str, Any]) -> Reply:
        """The integration's reply, measured. Raises what it raises."""
        began = self._clock.ticks()
        try:
            reply = await self._integrations.reply(stage, route, event)
        except _FAILURES as error:
            self._count(stage, "ExecutionError")
            self._warn(f"{route.key} of WebSocket API {stage.api} fails", _reason(error))
            raise
        self._count(stage, "IntegrationLatency", milliseconds(self._clock.ticks() - began))
        if reply.status >= 400:
            self._count(stage, "IntegrationError")
        return reply

    def _count(self, stage: Stage, metric: str, value: float = 1.0) -> None:
        self._counts.add(socket_count(stage, metric, value))

    async def _tell(self, connection: Connection, value: Mapping[str, Any]) -> None:
        await self._connections.post(connection.id, orjson.dumps(value))

    async def _disconnect(self, connection: Connection, code: int, reason: str) -> None:
        """The function is told; what it answers, or that it cannot, changes nothing."""
        route = connection.stage.by_key.get("$disconnect")
        if route is None:
            return
        event = self._event(connection, "DISCONNECT", route)
        socket_events.with_end(event, connection, code, reason)
        try:
            reply = await self._replied(connection.stage, route, event)
            self._log(connection, event, reply.status)
        except _FAILURES as error:
            self._log(connection, event, 500, _reason(error))

    def _event(self, connection: Connection, kind: str, route: Route | None) -> dict[str, Any]:
        return socket_events.event_of(
            connection,
            self._ids,
            self._clock.now(),
            kind,
            "" if route is None else route.key,
            self._ids.opaque(11),
        )

    def _passes(self, stage: Stage, route: Route) -> bool:
        limit = route.limit
        key = (stage.api, stage.name, route.key, limit)
        return limit is None or self._buckets.take(key, limit.rate, limit.burst)

    def _log(
        self, connection: Connection, event: Mapping[str, Any], status: int, reason: str = ""
    ) -> None:
        context = event["requestContext"]

        def lookup(name: str) -> Any:
            if name == "status":
                return status
            if name in ("integrationErrorMessage", "integration.error"):
                return reason or None
            return value_at(context, name)

        access_log.write(self._logs, connection.stage, lookup, self._clock.now())


def _reason(error: Exception) -> str:
    """What the API's owner should know of a failure."""
    if isinstance(error, TimeoutError):
        return "The integration did not answer in time"
    return str(error)


def choose(stage: Stage, said: str) -> Route | None:
    """The route of a message: the selection expression with the fields that it names put in.

    A message that is no JSON, or lacks a field, goes to `$default`.
    """
    body = said.encode()
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        held = select(body, found.group(1))
        missing = missing or held is None
        return text(held)

    key = _NAME.sub(value, stage.selection)
    found = None if missing else stage.by_key.get(key)
    return found or stage.by_key.get("$default")


def _identity(source: str, event: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    """`route.request.header.X`, `route.request.querystring.x`, `stageVariables.x`, `context.x`."""
    kind, _, name = source.removeprefix("route.request.").partition(".")
    if kind == "header":
        return headers.get(name.lower())
    if kind == "querystring":
        return (event.get("queryStringParameters") or {}).get(name)
    if kind == "stageVariables":
        return (event.get("stageVariables") or {}).get(name)
    return text(value_at(event["requestContext"], name)) if kind == "context" else None


async def _refuse(send: Send, status: int) -> None:
    """Refuse a handshake with a status."""
    await send({"type": "websocket.http.response.start", "status": status, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})
