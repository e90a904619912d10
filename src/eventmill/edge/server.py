"""The listening socket and the ASGI server behind it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import uvicorn

from eventmill.edge.body import Receive, Scope, Send
from eventmill.edge.http_protocol import HttpProtocol
from eventmill.kernel.errors import UsageError

App = Callable[[Scope, Receive, Send], Awaitable[None]]

MESSAGE_LIMIT = 131_072
"""API Gateway's longest WebSocket message, bytes; a longer one closes with 1009."""

FRAME_LIMIT = 32_768
"""The same for each frame that a message is sent in."""


class _Server(uvicorn.Server):
    """Leaves signals to the command line, which stops more than the server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int, option: str = "--port") -> socket.socket:
    """A bound socket. Raises UsageError naming the port when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise UsageError(
            f"cannot listen on {host} port {port}: {error.strerror}; stop what uses it, or choose "
            f"another with {option} (0 takes a free one)"
        ) from error
    sock.listen(2048)
    sock.setblocking(False)
    return sock


class HttpServer:
    """Serves `app` on a bound socket until stopped."""

    def __init__(
        self, app: App, sock: socket.socket, tls: Callable[[], ssl.SSLContext] | None = None
    ) -> None:
        """`tls` gives what connections that begin with a handshake are decrypted with."""
        self._sock = sock
        self._server = _Server(
            uvicorn.Config(
                app,
                http=partial(HttpProtocol, tls=tls),  # type: ignore[arg-type]
                ws="websockets-sansio",
                loop="none",
                lifespan="off",
                log_config=None,
                # A client's own X-Forwarded-For must not become its address.
                proxy_headers=False,
                access_log=False,
                server_header=False,
                # SDKs pool connections; one that closes between two calls costs them a retry.
                timeout_keep_alive=120,
                timeout_graceful_shutdown=1,
                ws_max_size=(MESSAGE_LIMIT, FRAME_LIMIT),  # type: ignore[arg-type]
                # API Gateway does not compress, and each connection would hold its window.
                ws_per_message_deflate=False,
                ws_ping_interval=None,
                backlog=2048,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to accept connections; returns once the server does."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._sock]))
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0)
        if self._task.done():
            await self._task

    async def stop(self) -> None:
        """Close the listener and all connections."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
