"""One request and its answer, as ASGI has them."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from eventmill.edge.body import Scope
from eventmill.kernel.http import joined

if TYPE_CHECKING:
    from eventmill.edge.http_protocol import HttpProtocol

_log = logging.getLogger(__name__)

_BAD_NAME = re.compile(rb'[\x00-\x20\x7f()<>@,;:\[\]={}\\"]')
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09})
"""What no header's value may hold: it would break out of its line."""
HEADER_MAP = "eventmill.headers"
"""Our key in a scope: header names in lower case; values of a repeated one joined by commas."""
_JOINED = 65_536
"""A body up to this size is written with its head; to copy a longer one costs more."""


Address = tuple[str, int] | None


def http_scope(
    version: str,
    scheme: str,
    method: str,
    target: tuple[bytes, bytes],
    sent: list[tuple[bytes, bytes]],
    values: dict[str, str],
    client: Address,
    server: Address,
) -> Scope:
    """ASGI's scope of a request, with what our fronts want beyond it.

    `target` is (path, query) as sent; `sent` has the headers as they came, `values` is for
    HEADER_MAP. Raises UnicodeDecodeError for a path that is not ASCII.
    """
    path, query = target
    text = path.decode("ascii")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": version,
        "method": method,
        "scheme": scheme,
        "path": unquote(text) if "%" in text else text,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        # Not of ASGI: names as the client wrote them, which REST APIs pass on.
        "sent_headers": sent,
        HEADER_MAP: values,
        "client": client,
        "server": server,
    }


def joined_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """See HEADER_MAP; the names are in lower case already."""
    return joined((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


@cache
def status_line(status: int) -> bytes:
    """The first line of an answer."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


@lru_cache(maxsize=1_000)
def _lowered(name: bytes) -> bytes:
    """Raises ValueError for one that would break out of its line."""
    if _BAD_NAME.search(name):
        raise ValueError(f"this cannot be sent as a header's name: {name!r}")
    return name.lower()


class Exchange:
    """Feeds the application and writes what it sends."""

    __slots__ = (
        "_bare",
        "_chunked",
        "_complete",
        "_expects",
        "_gone",
        "_head",
        "_left",
        "_more",
        "_news",
        "_parts",
        "_protocol",
        "_scope",
        "_short",
        "_size",
        "_sized",
        "_started",
        "_waiter",
        "keep_alive",
    )

    def __init__(
        self, protocol: HttpProtocol, scope: Scope, *, expects: bool, keep_alive: bool
    ) -> None:
        self._protocol = protocol
        self._scope = scope
        self._expects = expects
        self.keep_alive = keep_alive
        self._parts: list[bytes] = []
        self._size = 0
        self._more = True
        self._short = False
        self._news = False
        self._waiter: asyncio.Future[None] | None = None
        self._gone = False
        self._head: list[bytes] = []
        self._started = False
        self._bare = False
        self._sized = False
        self._complete = False
        self._chunked = False
        self._left = 0

    # From the connection.

    def header(self, name: str) -> str:
        """One of the request's headers, by its name in lower case; empty without it."""
        headers: dict[str, str] = self._scope[HEADER_MAP]
        return headers.get(name, "")

    def await_short_body(self) -> None:
        """Ask for a body that is not worth an answer before it is there."""
        self._short = True
        self._invite()

    @property
    def awaits_short_body(self) -> bool:
        """Whether such a body is still on its way."""
        return self._short and self._more

    def feed(self, body: bytes) -> int:
        """A part of the body came; returns how many bytes wait for the application."""
        if self._complete:
            return 0
        self._parts.append(body)
        self._size += len(body)
        self._wake()
        return self._size

    def end(self) -> None:
        """The body is complete."""
        self._more = False
        self._wake()

    def disconnect(self) -> None:
        """The client is gone."""
        self._gone = True
        self._wake()

    def _wake(self) -> None:
        self._news = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # For the application.

    async def run(self, app: Any) -> None:
        """Call the application; an answer that it leaves out or unfinished becomes an error."""
        try:
            await app(self._scope, self.receive, self.send)
        except Exception:
            _log.exception("answering %s %s failed", self._scope["method"], self._scope["path"])
        if self._complete or self._gone:
            return
        if self._started:
            # The client must see that the answer is cut short.
            self._protocol.close()
            return
        self.keep_alive = False
        text = b"Internal Server Error"
        length = (b"content-length", b"%d" % len(text))
        await self.send({"type": "http.response.start", "status": 500, "headers": [length]})
        await self.send({"type": "http.response.body", "body": text})

    async def receive(self) -> dict[str, Any]:
        """The next part of the body; afterwards, that the client or the exchange is gone."""
        self._invite()
        while not (self._news or self._gone or self._complete):
            self._protocol.resume_reading()
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._news = False
        if self._gone or self._complete:
            return {"type": "http.disconnect"}
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        return {"type": "http.request", "body": body, "more_body": self._more}

    def _invite(self) -> None:
        """Tell a client that waits for it to send its body."""
        if self._expects:
            self._expects = False
            self._protocol.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def send(self, message: dict[str, Any]) -> None:
        """Write a part of the answer; the head goes out with the first part of the body.

        A start may bring the whole body along (see body.send_answer).
        """
        if self._protocol.paused:
            await self._protocol.drain()
        if self._gone or self._complete:
            return
        if message["type"] == "http.response.start":
            whole = "body" in message
            self._start(message["status"], message["headers"], whole=whole)
            if not whole:
                return
        more: bool = message.get("more_body", False)
        self._write(message.get("body", b""), more)
        if more:
            return
        self._complete = True
        self._wake()
        if self._left and not self._bare:
            _log.error("the answer to %s is shorter than its length", self._scope["path"])
            self.keep_alive = False
        self._protocol.answered(keep=self.keep_alive)

    def _start(self, status: int, headers: list[tuple[bytes, bytes]], *, whole: bool) -> None:
        """Raises ValueError for a header that would break out of its line."""
        if self._expects:
            # The client has not sent its body, and may or may not do so still.
            self.keep_alive = False
        values = b"".join([value for _, value in headers])
        if len(values.translate(None, _CONTROLS)) != len(values):
            raise ValueError(f"these cannot be sent as headers: {headers!r}")
        self._sized = status in (204, 304)
        self._bare = self._sized or self._scope["method"] == "HEAD"
        # What a function says of its body's length may be wrong; that of no body is all there is.
        counted = whole and (status == 204 or not self._bare)
        head = [status_line(status)]
        for sent, value in (*self._protocol.default_headers, *headers):
            name = _lowered(sent)
            if name == b"content-length":
                if counted:
                    continue
                self._left = int(value)
                self._sized = True
            elif name == b"connection" and b"close" in value.lower():
                self.keep_alive = False
                continue
            head += (name, b": ", value, b"\r\n")
        if not self.keep_alive:
            head.append(b"connection: close\r\n")
        self._head = head
        self._started = True

    def _write(self, body: bytes, more: bool) -> None:
        if not self._sized:
            self._frame(len(body), more)
        if self._bare:
            body = b""
        elif self._chunked:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body = chunk if more else chunk + b"0\r\n\r\n"
        elif len(body) > self._left:
            raise ValueError(f"the answer to {self._scope['path']} is longer than its length")
        else:
            self._left -= len(body)
        if self._head:
            self._write_head(body)
        elif body:
            self._protocol.write(body)

    def _frame(self, size: int, more: bool) -> None:
        """Say how long a body is whose length no header told, or that it comes in chunks."""
        self._sized = True
        if more:
            self._chunked = True
            self._head.append(b"transfer-encoding: chunked\r\n")
        else:
            self._left = size
            self._head.append(b"content-length: %d\r\n" % size)

    def _write_head(self, body: bytes) -> None:
        head, self._head = self._head, []
        if len(body) > _JOINED:
            self._protocol.write(b"".join((*head, b"\r\n")))
            self._protocol.write(body)
        else:
            self._protocol.write(b"".join((*head, b"\r\n", body)))
