"""HTTP/2 without TLS, for SDKs that speak nothing else to Kinesis (Java's asynchronous client,
JavaScript's): bytes to ASGI calls and back, many requests at once on one connection.

A client says so by its first bytes; see http_protocol.py. Whoever asks for it knows that the
server takes it, since nobody has announced it.
https://www.rfc-editor.org/rfc/rfc9113#name-starting-http-2-with-prior-
"""

from __future__ import annotations

import asyncio
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from eventmill.edge.body import Scope
from eventmill.edge.exchange import http_scope, joined_headers
from eventmill.edge.http2_stream import App, Stream

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEAD = 9
_GOAWAY = 7

_WINDOW = 1_048_576
"""Bytes of one request's body that a client may send ahead."""


class Http2Protocol(asyncio.Protocol):
    """One connection, taken over from the HTTP/1.1 protocol that saw its first bytes."""

    def __init__(self, app: App, state: Any, scheme: str) -> None:
        """`state` is uvicorn's: its connections are asked to shut down."""
        self._app = app
        self._state = state
        self._scheme = scheme
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
        plain = [h for h in headers if not h[0].startswith(b":") and h[0] != b"cookie"]
        # A client may send each cookie on its own, which nobody behind HTTP/2 expects.
        cookies = [value for name, value in headers if name == b"cookie"]
        if cookies:
            plain.append((b"cookie", b"; ".join(cookies)))
        if not any(name == b"host" for name, _ in plain):
            plain.append((b"host", pseudo.get(b":authority", b"")))
        path, _, query = pseudo[b":path"].partition(b"?")
        return http_scope(
            "2",
            self._scheme,
            pseudo[b":method"].decode("ascii"),
            (path, query),
            plain,
            joined_headers(plain),
            self._transport.get_extra_info("peername"),
            self._transport.get_extra_info("sockname"),
        )

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
