"""The Lambda Runtime API of one execution environment, on a loopback port of its own.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Protocol, cast

import httptools
import orjson

from eventmill.kernel.streams import ResponseStream

_BASE = b"/2018-06-01/runtime/"
_INVOCATION = _BASE + b"invocation/"
_MODE = b"lambda-runtime-function-response-mode"
_ERROR_TYPE = b"lambda-runtime-function-error-type"
_ERROR_BODY = b"lambda-runtime-function-error-body"


class Handler(Protocol):
    """What the API tells its environment."""

    def on_next(self, reply: Reply) -> None:
        """The runtime is ready for an invocation; answer with `reply` once there is one."""

    def on_response(self, request_id: str, body: bytes) -> None:
        """The function returned."""

    def on_stream(self, request_id: str) -> ResponseStream | None:
        """The function begins to answer in pieces: where they go, None to have them gathered."""

    def on_error(self, request_id: str, body: bytes) -> None:
        """The function raised, before its answer or in the middle of a streamed one."""

    def on_init_error(self, body: bytes) -> None:
        """The handler could not be loaded."""


class Reply:
    """The waiting answer to one `next`."""

    __slots__ = ("_transport",)

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def send(self, headers: list[tuple[str, str]], body: bytes) -> None:
        """Hand the invocation to the runtime."""
        _answer(self._transport, b"200 OK", body, headers)


def _answer(
    transport: asyncio.Transport,
    status: bytes,
    body: bytes,
    headers: list[tuple[str, str]] | None = None,
) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers or ())
    transport.write(
        b"HTTP/1.1 "
        + status
        + b"\r\nContent-Type: application/json\r\nContent-Length: "
        + str(len(body)).encode()
        + b"\r\n"
        + lines.encode("utf-8")
        + b"\r\n"
        + body
    )


_ACCEPTED = orjson.dumps({"status": "OK"})


class _Connection(asyncio.Protocol):
    """One connection of the runtime; parsed by httptools."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body: list[bytes] = []
        self._headers: list[tuple[bytes, bytes]] = []
        self._stream: ResponseStream | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's, only alike.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            assert self._transport is not None
            self._transport.close()

    def on_message_begin(self) -> None:
        self._body = []
        self._url = b""
        self._headers = []
        self._stream = None

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers come here too, after the body.
        self._headers.append((name, value))

    def _header(self, wanted: bytes) -> bytes | None:
        return next((value for name, value in self._headers if name.lower() == wanted), None)

    def on_headers_complete(self) -> None:
        if not (self._url.startswith(_INVOCATION) and self._url.endswith(b"/response")):
            return
        mode = self._header(_MODE)
        if mode is not None and mode.lower() == b"streaming":
            self._stream = self._handler.on_stream(self._parts()[1])
            if self._stream is not None:
                kind = self._header(b"content-type") or b"application/octet-stream"
                self._stream.begin(kind.decode("latin-1"), self._resume)

    def on_body(self, body: bytes) -> None:
        if self._stream is None:
            self._body.append(body)
        elif not self._stream.feed(body):
            assert self._transport is not None
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _parts(self) -> list[str]:
        return self._url[len(_BASE) :].decode("latin-1").split("/")

    def on_message_complete(self) -> None:
        assert self._transport is not None
        if not self._url.startswith(_BASE):
            self._refuse("UnknownPath", f"{self._url.decode('latin-1')} is not of the Runtime API")
            return
        parts = self._parts()
        body = b"".join(self._body)
        if parts == ["invocation", "next"]:
            self._handler.on_next(Reply(self._transport))
        elif len(parts) == 3 and parts[2] == "response":
            _answer(self._transport, b"202 Accepted", _ACCEPTED)
            failure = self._failure()
            if failure is not None:
                self._handler.on_error(parts[1], failure)
            else:
                self._handler.on_response(parts[1], body)
        elif len(parts) == 3 and parts[2] == "error":
            _answer(self._transport, b"202 Accepted", _ACCEPTED)
            self._handler.on_error(parts[1], body)
        elif parts == ["init", "error"]:
            _answer(self._transport, b"202 Accepted", _ACCEPTED)
            self._handler.on_init_error(body)
        else:
            self._refuse("UnknownPath", "/".join(parts))

    def _failure(self) -> bytes | None:
        """The error document of a streamed answer whose trailers say that it broke off."""
        kind = self._header(_ERROR_TYPE)
        if kind is None:
            return None
        try:
            document = base64.b64decode(self._header(_ERROR_BODY) or b"", validate=True)
            orjson.loads(document)
        except (binascii.Error, orjson.JSONDecodeError):
            return orjson.dumps({"errorType": kind.decode("latin-1"), "errorMessage": ""})
        return document

    def _refuse(self, kind: str, message: str) -> None:
        assert self._transport is not None
        document = {"errorType": kind, "errorMessage": message}
        _answer(self._transport, b"404 Not Found", orjson.dumps(document))


async def serve(handler: Handler) -> tuple[asyncio.Server, str]:
    """Listen on a free loopback port. Returns the server and its `host:port`."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(handler), "127.0.0.1", 0, backlog=4)
    host, port = server.sockets[0].getsockname()[:2]
    return server, f"{host}:{port}"
