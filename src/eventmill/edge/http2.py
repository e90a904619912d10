"""HTTP/2 without TLS, for SDKs that speak nothing else to Kinesis (Java's asynchronous client,
JavaScript's): bytes to ASGI calls and back, many requests at once on one connection.

A client says so by its first bytes; see http_protocol.py. Whoever asks for it knows that the
server takes it, since nobody has announced it.
https://www.rfc-editor.org/rfc/rfc9113#name-starting-http-2-with-prior-
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from eventmill.edge.body import Scope

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEAD = 9
_GOAWAY = 7

_WINDOW = 1_048_576
"""Bytes of one request's body that a client may send ahead."""

_log = logging.getLogger(__name__)

App = Callable[..., Any]


class Stream:
    """One request and its answer, as ASGI has them."""

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
        """Write a part of the answer, as fast as the client takes it."""
        if self._gone or self._complete:
            return
        if message["type"] == "http.response.start":
            status = (b":status", str(message["status"]).encode())
            self._head = [status, *((n.lower(), v) for n, v in message["headers"])]
            return
        head, self._head = self._head, []
        if head:
            self._connection.headers(self._number, _without_connection(head))
        await self._data(message.get("body", b""))
        if not message.get("more_body", False) and not self._gone:
            self._complete = True
            self._connection.finish(self._number)
            self._news.set()

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


class Http2Protocol(asyncio.Protocol):
    """One connection, taken over from the HTTP/1.1 protocol that saw its first bytes."""

    def __init__(self, app: App, state: Any) -> None:
        """`state` is uvicorn's: its connections are asked to shut down."""
        self._app = app
        self._state = state
        self._transport: Any = None
        self._streams: dict[int, Stream] = {}
        self._writable = asyncio.Event()
        self._writable.set()
        self._closing = False
        self._unread = bytearray()
        self._begun = False
        config = h2.config.H2Configuration(client_side=False, header_encoding=None)
        self._h2 = h2.connection.H2Connection(config)

    def connection_made(self, transport: Any) -> None:
        """Say which settings hold here."""
        self._transport = transport
        self._state.connections.add(self)
        self._h2.initiate_connection()
        self._h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW})
        self._h2.increment_flow_control_window(16 * _WINDOW)
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone, from all its requests."""
        self._state.connections.discard(self)
        self._writable.set()
        for stream in tuple(self._streams.values()):
            stream.disconnect()

    def data_received(self, data: bytes) -> None:
        """Frames of any of the requests."""
        self._unread += data
        try:
            for event in self._h2.receive_data(self._complete_frames()):
                self._handle(event)
        except h2.exceptions.ProtocolError:
            self.close()
            return
        self._flush()
        if self._closing and not self._streams:
            self.close()

    def _complete_frames(self) -> bytes:
        """What has come of whole frames, without farewells.

        A client that says GOAWAY sends no more requests, but takes its answers still and widens
        windows for them. h2 would take the connection for closed by then.
        """
        frames = bytearray()
        if not self._begun:
            if len(self._unread) < len(_PREFACE):
                return b""
            self._begun = True
            frames += self._unread[: len(_PREFACE)]
            del self._unread[: len(_PREFACE)]
        while len(self._unread) >= _FRAME_HEAD:
            size = _FRAME_HEAD + int.from_bytes(self._unread[:3])
            if len(self._unread) < size:
                break
            if self._unread[3] == _GOAWAY:
                self._closing = True
            else:
                frames += self._unread[:size]
            del self._unread[:size]
        return bytes(frames)

    def _handle(self, event: Any) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._begin(event.stream_id, event.headers)
        elif isinstance(event, h2.events.WindowUpdated | h2.events.RemoteSettingsChanged):
            # The connection's own window, a stream's, or the first one of all streams.
            for stream in self._streams.values():
                stream.widen()
        else:
            self._for_stream(event)

    def _for_stream(self, event: Any) -> None:
        stream = self._streams.get(getattr(event, "stream_id", None) or 0)
        if stream is None:
            return
        if isinstance(event, h2.events.DataReceived):
            stream.feed(event.data, event.flow_controlled_length)
        elif isinstance(event, h2.events.StreamEnded):
            stream.end()
        elif isinstance(event, h2.events.StreamReset):
            stream.disconnect()

    def _begin(self, number: int, headers: list[tuple[bytes, bytes]]) -> None:
        stream = self._streams[number] = Stream(self, number, self._scope(headers))
        task = asyncio.get_running_loop().create_task(stream.run(self._app))
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)

    def _scope(self, headers: list[tuple[bytes, bytes]]) -> Scope:
        pseudo = {name: value for name, value in headers if name.startswith(b":")}
        plain = [header for header in headers if not header[0].startswith(b":")]
        if not any(name == b"host" for name, _ in plain):
            plain.append((b"host", pseudo.get(b":authority", b"")))
        path, _, query = pseudo[b":path"].partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "2",
            "method": pseudo[b":method"].decode("ascii"),
            "scheme": "http",
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": plain,
            "client": self._transport.get_extra_info("peername"),
            "server": self._transport.get_extra_info("sockname"),
        }

    # For the streams.

    def headers(self, number: int, headers: list[tuple[bytes, bytes]]) -> None:
        """The head of an answer."""
        self._h2.send_headers(number, headers)
        self._flush()

    def data(self, number: int, data: bytes) -> None:
        """A part of an answer that there is room for."""
        self._h2.send_data(number, data)
        self._flush()

    def finish(self, number: int) -> None:
        """The answer is complete."""
        self._h2.end_stream(number)
        self._flush()

    def reset(self, number: int) -> None:
        """Nothing follows, and what was sent is no whole answer."""
        self._h2.reset_stream(number, 2)
        self._flush()

    def room(self, number: int) -> int:
        """Bytes that the client takes at present."""
        window = self._h2.local_flow_control_window(number)
        return min(window, self._h2.max_outbound_frame_size)

    def acknowledge(self, number: int, size: int) -> None:
        """The application has taken that much of a body."""
        if size:
            self._h2.acknowledge_received_data(size, number)
            self._flush()

    def forget(self, number: int) -> None:
        """The exchange is over."""
        self._streams.pop(number, None)
        if self._closing and not self._streams:
            self.close()

    async def drain(self) -> None:
        """Wait until the socket takes more."""
        await self._writable.wait()

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)

    # What uvicorn and the transport ask for.

    def pause_writing(self) -> None:
        """The client is slow."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._writable.set()

    def shutdown(self) -> None:
        """Close, after the answers that are under way."""
        self._closing = True
        if not self._streams:
            self.close()

    def close(self) -> None:
        """Say so, and close."""
        if not self._transport.is_closing():
            self._h2.close_connection()
            self._flush()
            self._transport.close()
