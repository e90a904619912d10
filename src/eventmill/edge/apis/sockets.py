"""WebSocket APIs: connections, the choice of a route for each message, and @connections.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import orjson

from eventmill.edge.apis.model import Api, Route
from eventmill.edge.apis.refused import Refused
from eventmill.edge.body import Receive, Scope, Send, read_all, send_answer
from eventmill.kernel.clock import Clock, clf_time, iso_millis
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import ConcurrencyExceeded, Outcome
from eventmill.kernel.ids import Ids

if TYPE_CHECKING:
    from eventmill.edge.apis.front import ApiFront

IDLE_SECONDS = 600.0
LIFE_SECONDS = 7_200.0
_MESSAGE_LIMIT = 131_072


@dataclass(slots=True)
class Connection:
    """An open socket. Times are epoch seconds on the moved clock."""

    id: str
    api: Api
    stage: str
    send: Send
    connected: float
    active: float
    client: str
    agent: str
    headers: Mapping[str, str]
    authorizer: Mapping[str, Any] | None
    domain: str
    closing: int | None = None


class OpenConnections:
    """See kernel.ports.Connections."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._open: dict[str, Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def post(self, connection_id: str, data: bytes) -> bool:
        """Send one text frame. False when the connection is gone."""
        connection = self._open.get(connection_id)
        if connection is None:
            return False
        connection.active = self._clock.now()
        try:
            await connection.send({"type": "websocket.send", "text": data.decode("utf-8")})
        except (RuntimeError, OSError, UnicodeDecodeError):
            return False
        return True

    async def close(self, connection_id: str, code: int = 1000) -> bool:
        """Close it. False when it is gone."""
        connection = self._open.get(connection_id)
        if connection is None:
            return False
        connection.closing = code
        with contextlib.suppress(RuntimeError, OSError):
            await connection.send({"type": "websocket.close", "code": code})
        return True

    def describe(self, connection_id: str) -> Mapping[str, Any] | None:
        """What GetConnection tells."""
        connection = self._open.get(connection_id)
        if connection is None:
            return None
        return {
            "connectedAt": connection.connected,
            "lastActiveAt": connection.active,
            "identity": {"sourceIp": connection.client, "userAgent": connection.agent},
        }

    async def manage(self, method: str, raw: str, receive: Receive, send: Send) -> None:
        """One request to @connections."""
        number = unquote(raw.partition("/@connections/")[2])
        if self.describe(number) is None:
            await _json(send, 410, {"message": "Gone"}, error="GoneException")
        elif method == "POST":
            try:
                data = await read_all(receive, _MESSAGE_LIMIT)
            except Fault:
                await _json(
                    send, 413, {"message": "Payload too large"}, error="PayloadTooLargeException"
                )
                return
            if await self.post(number, data):
                await _json(send, 200, {})
            else:
                await _json(send, 410, {"message": "Gone"}, error="GoneException")
        elif method == "DELETE":
            await self.close(number)
            await send_answer(send, 204, [], b"")
        else:
            told = dict(self.describe(number) or {})
            for name in ("connectedAt", "lastActiveAt"):
                told[name] = iso_millis(told[name])
            await _json(send, 200, told)

    async def serve(
        self,
        front: ApiFront,
        api: Api | None,
        raw: str,
        scope: Scope,
        headers: Mapping[str, str],
        receive: Receive,
        send: Send,
    ) -> None:
        """One WebSocket, from its handshake to its end."""
        stage = raw.strip("/").partition("/")[0]
        if api is None or not api.websocket or stage not in api.stages:
            await _refuse(send, 403 if api else 404)
            return
        await receive()
        now = self._clock.now()
        connection = Connection(
            self._ids.opaque(11),
            api,
            stage,
            send,
            now,
            now,
            (scope.get("client") or ("127.0.0.1", 0))[0],
            headers.get("user-agent", ""),
            headers,
            None,
            headers.get("host", ""),
        )
        status = await self._connect(front, connection, scope["query_string"].decode())
        if status != 200:
            await _refuse(send, status)
            return
        await send({"type": "websocket.accept"})
        self._open[connection.id] = connection
        watch = asyncio.create_task(self._watch(connection))
        code = 1005
        try:
            code = await self._messages(front, connection, receive)
        finally:
            watch.cancel()
            self._open.pop(connection.id, None)
            await self._disconnect(front, connection, connection.closing or code)

    async def _messages(self, front: ApiFront, connection: Connection, receive: Receive) -> int:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or 1005)
            connection.active = self._clock.now()
            data = message.get("text")
            text = data if data is not None else message.get("bytes", b"").decode("latin-1")
            task = asyncio.create_task(self._message(front, connection, text))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _watch(self, connection: Connection) -> None:
        """Close it when it was idle for ten minutes, or is two hours old."""
        while True:
            due = min(connection.active + IDLE_SECONDS, connection.connected + LIFE_SECONDS)
            if due <= self._clock.now():
                await self.close(connection.id, 1001)
                return
            await self._clock.sleep_until(due)

    async def _connect(self, front: ApiFront, connection: Connection, query: str) -> int:
        """The status of the handshake: 200 when the connection may be."""
        route = connection.api.by_key.get("$connect")
        if route is None:
            return 200
        event = self._event(connection, "CONNECT", "$connect") | {
            "headers": dict(connection.headers),
            "multiValueHeaders": {name: [text] for name, text in connection.headers.items()},
        }
        pairs = parse_qsl(query)
        if pairs:
            event["queryStringParameters"] = dict(pairs)
            event["multiValueQueryStringParameters"] = {
                name: [value for key, value in pairs if key == name] for name, _ in pairs
            }
        if route.authorizer is not None:
            status, connection.authorizer = await front.authorize_connect(
                connection.api, connection.stage, route.authorizer, event, query
            )
            if status != 200:
                return status
            event["requestContext"]["authorizer"] = dict(connection.authorizer or {})
        outcome = await self._run(front, connection, route, event)
        if outcome is None or outcome.failed:
            return 502
        answer = orjson.loads(outcome.payload)
        status = int(answer.get("statusCode", 200)) if isinstance(answer, dict) else 502
        return 200 if 200 <= status < 300 else status

    async def _message(self, front: ApiFront, connection: Connection, text: str) -> None:
        route = choose(connection.api, text)
        request_id = self._ids.opaque(11)
        problem = {"connectionId": connection.id, "requestId": request_id}
        if route is None:
            await self.post(connection.id, orjson.dumps({"message": "Forbidden"} | problem))
            return
        event = self._event(connection, "MESSAGE", route.key)
        event["requestContext"] |= {"messageId": self._ids.opaque(11), "requestId": request_id}
        event["body"] = text
        outcome = await self._run(front, connection, route, event)
        if outcome is None or outcome.failed:
            failure = {"message": "Internal server error"} | problem
            await self.post(connection.id, orjson.dumps(failure))
            return
        answer = orjson.loads(outcome.payload)
        if route.answers and isinstance(answer, dict) and answer.get("body") is not None:
            await self.post(connection.id, str(answer["body"]).encode())

    async def _disconnect(self, front: ApiFront, connection: Connection, code: int) -> None:
        route = connection.api.by_key.get("$disconnect")
        if route is None:
            return
        event = self._event(connection, "DISCONNECT", "$disconnect")
        event["headers"] = {
            "Host": connection.domain,
            "x-api-key": "",
            "X-Forwarded-For": "",
            "x-restapi": "",
        }
        event["requestContext"] |= {"disconnectStatusCode": code, "disconnectReason": ""}
        await self._run(front, connection, route, event)

    async def _run(
        self, front: ApiFront, connection: Connection, route: Route, event: dict[str, Any]
    ) -> Outcome | None:
        source = front.source_arn(connection.api, connection.stage, route.key)
        try:
            return await asyncio.wait_for(
                front.invoke(route.function, orjson.dumps(event), source, None), route.timeout
            )
        except (TimeoutError, ConcurrencyExceeded, Refused):
            return None

    def _event(self, connection: Connection, kind: str, key: str) -> dict[str, Any]:
        now = self._clock.now()
        context: dict[str, Any] = {
            "routeKey": key,
            "eventType": kind,
            "extendedRequestId": self._ids.opaque(11),
            "requestTime": clf_time(now),
            "messageDirection": "IN",
            "stage": connection.stage,
            "connectedAt": int(connection.connected * 1000),
            "requestTimeEpoch": int(now * 1000),
            "identity": {"sourceIp": connection.client, "userAgent": connection.agent},
            "requestId": self._ids.opaque(11),
            "domainName": connection.domain,
            "connectionId": connection.id,
            "apiId": connection.api.id,
        }
        if connection.authorizer is not None:
            context["authorizer"] = dict(connection.authorizer)
        return {"requestContext": context, "isBase64Encoded": False}


def choose(api: Api, text: str) -> Route | None:
    """The route of a message, by the field that the selection expression names."""
    value: Any = None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return api.by_key.get("$default")
    path = api.selection.strip("${}").removeprefix("request.body.")
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    found = api.by_key.get(str(value)) if value is not None else None
    return found or api.by_key.get("$default")


async def _refuse(send: Send, status: int) -> None:
    """Refuse a handshake with a status."""
    await send({"type": "websocket.http.response.start", "status": status, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})


async def _json(send: Send, status: int, value: Any, *, error: str = "") -> None:
    headers = [(b"content-type", b"application/json")]
    if error:
        headers.append((b"x-amzn-errortype", error.encode()))
    await send_answer(send, status, headers, orjson.dumps(value))
