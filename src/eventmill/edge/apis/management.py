"""@connections: what a backend asks of an open WebSocket.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from eventmill.edge.apis.connections import OpenConnections
from eventmill.edge.body import ClientGone, Receive, Scope, Send, read_all, send_answer
from eventmill.edge.security import Security
from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import Denied, Fault, Invalid, NotFound, TooLarge
from eventmill.wire import HttpRequest

_MESSAGE_LIMIT = 131_072
_ID = re.compile(r"[A-Za-z0-9_-]{15}=")


class Management:
    """Answers POST, GET and DELETE of one connection, which its id alone names."""

    def __init__(self, connections: OpenConnections, security: Security) -> None:
        self._connections = connections
        self._security = security

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one request."""
        try:
            status, value = await self._answer(scope, headers, receive)
        except ClientGone:
            return
        except Fault as fault:
            status = fault.status or fault.default_status
            body = orjson.dumps({"message": fault.message})
            shown = [(b"content-type", b"application/json")]
            shown.append((b"x-amzn-errortype", fault.code.encode()))
            await send_answer(send, status, shown, body)
            return
        if value is None:
            await send_answer(send, status, [], b"")
            return
        body = orjson.dumps(value)
        await send_answer(send, status, [(b"content-type", b"application/json")], body)

    async def _answer(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> tuple[int, Any]:
        """Raises Fault."""
        raw = scope["raw_path"].decode("ascii")
        number = unquote(raw.partition("/@connections/")[2])
        try:
            data = await read_all(receive, _MESSAGE_LIMIT)
        except TooLarge:
            raise TooLarge("PayloadTooLargeException", "Message too long") from None
        query = scope["query_string"].decode("latin-1")
        self._check(HttpRequest(scope["method"], raw, query, headers, data))
        if not _ID.fullmatch(number):
            raise Invalid("BadRequestException", f"Invalid connectionId: {number}")
        if scope["method"] == "POST":
            done = await self._connections.post(number, data)
            answer: tuple[int, Any] = (200, {})
        elif scope["method"] == "DELETE":
            done = await self._connections.close(number, 1000, "Connection closed by the backend")
            answer = (204, None)
        elif scope["method"] == "GET":
            told = dict(self._connections.describe(number) or {})
            done = bool(told)
            for name in ("connectedAt", "lastActiveAt"):
                told[name] = iso_millis(told.get(name, 0.0))
            answer = (200, told)
        else:
            raise Denied("MissingAuthenticationTokenException", "Missing Authentication Token")
        if not done:
            raise NotFound("GoneException", "Gone", status=410)
        return answer

    def _check(self, request: HttpRequest) -> None:
        """Raises Denied."""
        try:
            caller = self._security.principal(request, "execute-api")
        except Fault as fault:
            raise Denied("ForbiddenException", fault.message) from None
        if not caller:
            raise Denied("MissingAuthenticationTokenException", "Missing Authentication Token")
