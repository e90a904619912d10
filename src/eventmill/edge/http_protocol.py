"""HTTP/1.1 on one connection: bytes to ASGI calls and back.

uvicorn accepts connections and speaks WebSocket; its own HTTP protocol writes the head and the
body of each answer on their own, which costs two packets and wakes the client twice, and sets a
timer per request. Requests of a connection are answered one after the other.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any

import httptools
import uvicorn
from uvicorn.server import ServerState

from eventmill.edge.body import Scope
from eventmill.edge.eager import start
from eventmill.edge.exchange import Exchange, http_scope, status_line

_NAMES: dict[bytes, str] = {}
_REMEMBERED = 1_000
HANDSHAKE = 0x16
"""The first byte of a TLS connection; no method of HTTP begins with it."""
_HTTP2 = b"PRI * HTTP/2.0\r\n"
"""How a connection of HTTP/2 begins, where the client knows that it is understood."""

_HELD = 65_536
"""Bytes of a body that wait for the application before the connection is read no further."""


class HttpProtocol(asyncio.Protocol):
    """One connection. uvicorn makes it and asks it to `shutdown`."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        tls: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        """`tls` is asked for with the first connection that begins with a handshake."""
        self._config = config
        self._tls = tls
        self._scheme = "http"
        self._state = server_state
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._client: tuple[str, int] | None = None
        self._server: tuple[str, int] | None = None
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._map: dict[str, str] = {}
        self._begun = False
        self._websocket = False
        self._reading: Exchange | None = None
        self._answering: Exchange | None = None
        self._unstarted: Exchange | None = None
        self._next: deque[Exchange] = deque()
        self._idle_since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._paused = False
        self._writable: asyncio.Future[None] | None = None

    def connection_made(self, transport: Any) -> None:
        """A client is there. uvloop's transports are no subclass of asyncio's, only alike."""
        self._transport = transport
        self._client = transport.get_extra_info("peername")
        self._server = transport.get_extra_info("sockname")
        if transport.get_extra_info("sslcontext") is not None:
            self._scheme = "https"
        self._state.connections.add(self)  # type: ignore[arg-type]
        self._idle_since = self._loop.time()
        self._watch(self._config.timeout_keep_alive)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone: what is being answered learns it from `receive`."""
        self._state.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        for exchange in (self._answering, *self._next):
            if exchange is not None:
                exchange.disconnect()
        self._next.clear()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Bytes of one or more requests."""
        if not self._begun:
            self._begun = True
            if data.startswith(_HTTP2):
                self._hand_to_http2(data)
                return
            if data[0] == HANDSHAKE and self._tls is not None:
                self._hand_to_tls(data, self._tls())
                return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._websocket:
                self._hand_to_websocket()
            elif self._parser.get_method() == b"CONNECT":
                self._refuse()
            else:
                self._stay(data[upgrade.args[0] :])
                return
        except httptools.HttpParserError:
            self._refuse()
        # Only now, so that a body that came along is there already. SDKs send a short one on its
        # own: without waiting for it the application would begin only to wait.
        unstarted = self._unstarted
        if unstarted is not None and not unstarted.awaits_short_body:
            self._unstarted = None
            self._begin(unstarted)

    def _refuse(self) -> None:
        if self._transport is not None:
            text = b"Invalid HTTP request received."
            head = b"content-type: text/plain\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            self._transport.write(status_line(400) + head % len(text) + text)
            self._transport.close()

    # What the parser finds.

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url = b""
        self._headers = []
        self._map = {}
        self._websocket = False

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers.append((name, value))
        known = _NAMES.get(name)
        if known is None:
            known = name.decode("latin-1").lower()
            if len(_NAMES) < _REMEMBERED:
                _NAMES[name] = known
        text = value.decode("latin-1")
        self._map[known] = f"{self._map[known]},{text}" if known in self._map else text

    def on_headers_complete(self) -> None:
        """The head is complete: the application is called, or waits for the answer before."""
        wanted = self._map.get("upgrade", "").lower()
        if self._parser.should_upgrade():
            self._websocket = wanted == "websocket"
            return
        version = self._parser.get_http_version()
        expects = self._map.get("expect", "").lower() == "100-continue"
        keeps = version != "1.0" and self._parser.should_keep_alive()
        exchange = Exchange(self, self._scope(version), expects=expects, keep_alive=keeps)
        self._reading = exchange
        if self._answering is None:
            self._answering = self._unstarted = exchange
            if 0 < int(self._map.get("content-length", 0)) <= _HELD:
                exchange.await_short_body()
        else:
            self._next.append(exchange)
            self.pause_reading()

    def _scope(self, version: str) -> Scope:
        if self._url.startswith(b"/"):
            path, _, query = self._url.partition(b"?")
        else:
            url = httptools.parse_url(self._url)
            path, query = url.path or b"/", url.query or b""
        return http_scope(
            version,
            self._scheme,
            self._parser.get_method().decode("ascii"),
            (path, query),
            self._headers,
            self._map,
            self._client,
            self._server,
        )

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._reading is not None and self._reading.feed(body) > _HELD:
            self.pause_reading()

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self._reading is not None:
            self._reading.end()
            self._reading = None

    # What an exchange asks for.

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """What every answer carries: the date."""
        return self._state.default_headers

    @property
    def paused(self) -> bool:
        """Whether the client takes its answers slower than they are written."""
        return self._paused

    def write(self, data: bytes) -> None:
        """Send bytes to the client."""
        if self._transport is not None:
            self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written."""
        while self._paused:
            self._writable = self._loop.create_future()
            await self._writable

    def pause_reading(self) -> None:
        """Let the client wait."""
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on, unless requests that came early wait already."""
        transport = self._transport
        if transport is not None and not self._next and not transport.is_closing():
            transport.resume_reading()

    def answered(self, *, keep: bool) -> None:
        """The answer is written: the next request, or the end of the connection."""
        self._state.total_requests += 1
        self._answering = None
        if not keep:
            self.close()
        elif self._next:
            self._answering = self._next.popleft()
            self._loop.call_soon(self._begin, self._answering)
        else:
            self._idle_since = self._loop.time()
            self.resume_reading()

    def close(self) -> None:
        """Close when all is written."""
        if self._transport is not None:
            self._transport.close()

    def _begin(self, exchange: Exchange) -> None:
        answering = exchange.run(self._config.loaded_app)
        # Calls of AWS's API are signed, and most are answered from the store without waiting.
        task = (
            start(self._loop, answering)
            if exchange.header("x-amz-date")
            else self._loop.create_task(answering)
        )
        if task is not None:
            self._state.tasks.add(task)
            task.add_done_callback(self._state.tasks.discard)

    # What uvicorn and the transport ask for.

    def shutdown(self) -> None:
        """Close, after the answer that is under way."""
        if self._answering is None:
            self.close()
        else:
            self._answering.keep_alive = False

    def pause_writing(self) -> None:
        """The client is slow."""
        self._paused = True

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def _watch(self, seconds: float) -> None:
        """Look again in `seconds`: one timer for the connection, not one for each request."""
        self._timer = self._loop.call_later(seconds, self._close_when_idle)

    def _close_when_idle(self) -> None:
        limit = self._config.timeout_keep_alive
        left = self._idle_since + limit - self._loop.time()
        if self._answering is not None:
            self._watch(limit)
        elif left > 0:
            self._watch(left)
        else:
            self.close()

    def _hand_to_http2(self, data: bytes) -> None:
        """Give the connection to the protocol of its first bytes, which few clients speak."""
        from eventmill.edge.http2 import Http2Protocol

        self._leave()
        protocol = Http2Protocol(self._config.loaded_app, self._state, self._scheme)
        protocol.connection_made(self._transport)
        assert self._transport is not None
        self._transport.set_protocol(protocol)
        protocol.data_received(data)

    def _hand_to_tls(self, data: bytes, context: ssl.SSLContext) -> None:
        """Serve what the connection's encrypted bytes hold, by a protocol like this one."""
        from eventmill.edge.tls import TlsProtocol

        self._leave()
        assert self._transport is not None
        protocol = TlsProtocol(
            context,
            self._transport,
            lambda: HttpProtocol(self._config, self._state, self._app_state),
        )
        self._transport.set_protocol(protocol)
        protocol.data_received(data)

    def _leave(self) -> None:
        """Another protocol takes the connection over."""
        self._state.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def _stay(self, rest: bytes) -> None:
        """Serve a request as if it had asked for no other protocol (`Upgrade: h2c`).

        The parser takes what follows the head of such a one for bytes of the other protocol.
        """
        version = self._parser.get_http_version().encode()
        lines = [self._parser.get_method() + b" " + self._url + b" HTTP/" + version]
        lines += [
            name + b": " + value for name, value in self._headers if name.lower() != b"upgrade"
        ]
        self._parser = httptools.HttpRequestParser(self)
        self.data_received(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

    def _hand_to_websocket(self) -> None:
        """Give the connection to uvicorn's WebSocket protocol, beginning with the same request."""
        self._leave()
        lines = [self._parser.get_method() + b" " + self._url + b" HTTP/1.1"]
        lines += [name.lower() + b": " + value for name, value in self._headers]
        make: Any = self._config.ws_protocol_class
        # Names as the client wrote them, which WebSocket APIs pass on; its own are lower case.
        state = {**self._app_state, "sent_headers": self._headers}
        protocol = make(config=self._config, server_state=self._state, app_state=state)
        protocol.connection_made(self._transport)
        protocol.data_received(b"\r\n".join(lines) + b"\r\n\r\n")
        assert self._transport is not None
        self._transport.set_protocol(protocol)
