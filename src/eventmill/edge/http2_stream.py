"""One request of an HTTP/2 connection and its answer, as ASGI has them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eventmill.edge.body import Scope

if TYPE_CHECKING:
    from eventmill.edge.http2 import Http2Protocol

App = Callable[..., Any]

_log = logging.getLogger(__name__)

_LENGTH = b"content-length"


class Stream:
    """Feeds the application and sends what it answers."""

    def __init__(self, connection: Http2Protocol, number: int, scope: Scope) -> None:
        self._connection = connection
        self._number = number
        self.scope = scope
        self._parts: list[tuple[bytes, int]] = []
        self._more = True
        self._told = False
        self._gone = False
        self._complete = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._head: list[tuple[bytes, bytes]] = []
        self._bare = False

    # From the connection.

    def feed(self, data: bytes, cost: int) -> None:
        """A part of the body; `cost` is what it takes of the window."""
        self._parts.append((data, cost))
        self._news.set()

    def end(self) -> None:
        """The body is complete."""
        self._more = False
        self._news.set()

    def disconnect(self) -> None:
        """The client wants no answer any more."""
        self._gone = True
        self._news.set()
        self._room.set()

    def widen(self) -> None:
        """The client takes more of the answer."""
        self._room.set()

    # For the application.

    async def run(self, app: App) -> None:
        """Call the application; an answer that it leaves out or unfinished is reset."""
        try:
            await app(self.scope, self.receive, self.send)
        except Exception:
            _log.exception("answering %s %s failed", self.scope["method"], self.scope["path"])
        if not (self._complete or self._gone):
            self._connection.reset(self._number)
        self._connection.forget(self._number)

    async def receive(self) -> dict[str, Any]:
        """The next part of the body; afterwards, that the client or the exchange is gone."""
        while not self._parts and self._more and not self._gone:
            self._news.clear()
            await self._news.wait()
        if self._parts or not (self._more or self._gone or self._told):
            body = b"".join(data for data, _ in self._parts)
            self._connection.acknowledge(self._number, sum(cost for _, cost in self._parts))
            self._parts.clear()
            self._told = not self._more
            return {"type": "http.request", "body": body, "more_body": self._more}
        while not (self._gone or self._complete):
            self._news.clear()
            await self._news.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Write a part of the answer, as fast as the client takes it.

        A start may bring the whole body along (see body.send_answer).
        """
        if self._gone or self._complete:
            return
        if message["type"] == "http.response.start":
            self._start(message)
            if "body" not in message:
                return
        head, self._head = self._head, []
        if head:
            self._connection.headers(self._number, _without_connection(head))
        if not self._bare:
            await self._data(message.get("body", b""))
        if not message.get("more_body", False) and not self._gone:
            self._complete = True
            self._connection.finish(self._number)
            self._news.set()

    def _start(self, message: dict[str, Any]) -> None:
        """As of Exchange: the length is counted, save where there is no body to count."""
        status = message["status"]
        empty = status in (204, 304)
        self._bare = empty or self.scope["method"] == "HEAD"
        head = [(name.lower(), value) for name, value in message["headers"]]
        if "body" in message:
            if status == 204 or not self._bare:
                head = [header for header in head if header[0] != _LENGTH]
            if not empty and all(name != _LENGTH for name, _ in head):
                head.append((_LENGTH, b"%d" % len(message["body"])))
        self._head = [(b":status", b"%d" % status), *head]

    async def _data(self, body: bytes) -> None:
        view = memoryview(body)
        while view and not self._gone:
            room = self._connection.room(self._number)
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            self._connection.data(self._number, bytes(view[:room]))
            view = view[room:]
            await self._connection.drain()


def _without_connection(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """HTTP/2 has no headers about the connection."""
    barred = (b"connection", b"transfer-encoding", b"keep-alive")
    return [header for header in headers if header[0] not in barred]
