"""The ports of load balancers' listeners.

A listener gets the port that it names. Where that is taken, or below 1024 and not allowed, it gets
that port + 8000 (80 becomes 8080, 443 becomes 8443), and else a free one; the log says so.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from eventmill.edge.body import Receive, Scope, Send
from eventmill.edge.http_protocol import HttpProtocol
from eventmill.edge.server import MESSAGE_LIMIT, listen
from eventmill.kernel.errors import UsageError
from eventmill.services.elbv2 import records
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

_log = logging.getLogger(__name__)

Serve = Callable[[str, Scope, Receive, Send], Awaitable[None]]
"""Answers one request to the listener of an ARN."""

_LOW, _SHIFT = 1_024, 8_000


def _served(tx: Transaction) -> dict[str, dict[str, Any]]:
    """The listeners that have a port: those of load balancers of other kinds have none."""
    return {a: held for a, held in records.every(tx, "listener").items() if held["Bound"]}


class Sockets:
    """See kernel.ports.ListenerPorts. Opens and closes listeners as their records come and go."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._bound: dict[int, socket.socket] = {}
        self._servers: dict[int, tuple[asyncio.Server, ServerState]] = {}
        self._arns: dict[int, str] = {}
        self._task: asyncio.Task[None] | None = None

    def reserve(self, port: int, taken: Collection[int]) -> int:
        """Bind the port or another. What a failed change left bound is used again."""
        with self._lock:
            wanted = [port, port + _SHIFT, 0] if port < _LOW else [port, 0]
            for candidate in wanted:
                if candidate in self._bound and candidate not in taken:
                    return candidate
                found = None if candidate in taken else self._bind(candidate)
                if found is not None:
                    if found != port:
                        _log.warning(
                            "a load balancer's listener wants port %d, which is taken or not "
                            "allowed; it listens on port %d instead",
                            port,
                            found,
                        )
                    return found
        raise OSError(f"no port is free for a listener on {port}")

    def _bind(self, port: int) -> int | None:
        try:
            sock = listen(self._host, port)
        except UsageError:
            return None
        number: int = sock.getsockname()[1]
        self._bound[number] = sock
        return number

    async def start(self, database: Database, serve: Serve) -> None:
        """Open the listeners that there are, and follow what becomes of them."""
        await database.write(self._restore)
        signal = database.signals.listen(records.KEY)
        await self._reconcile(database, serve)

        async def follow() -> None:
            with signal:
                while True:
                    await signal.wait()
                    await self._reconcile(database, serve)

        self._task = asyncio.create_task(follow())

    async def stop(self) -> None:
        """Close all."""
        if self._task is not None:
            self._task.cancel()
        for port in list(self._servers):
            self._close(port)
        for sock in self._bound.values():
            sock.close()
        self._bound.clear()

    def _restore(self, tx: Transaction) -> None:
        """Bind again what was bound before the start; a port that is gone is replaced."""
        listeners = _served(tx)
        taken = {listener["Bound"] for listener in listeners.values()}
        for arn, listener in listeners.items():
            if self._bind(listener["Bound"]) is None:
                bound = self.reserve(listener["Port"], taken)
                records.put(tx, "listener", arn, listener | {"Bound": bound})
                taken.add(bound)

    async def _reconcile(self, database: Database, serve: Serve) -> None:
        # A port may pass from one listener to another between two looks.
        self._arns = {listener["Bound"]: arn for arn, listener in database.read(_served).items()}
        for port in self._servers.keys() - self._arns.keys():
            self._close(port)
        for port in self._arns.keys() - self._servers.keys():
            if port in self._bound or self._bind(port) is not None:
                await self._open(port, serve)
            else:
                _log.warning("port %d of a load balancer's listener was taken meanwhile", port)

    async def _open(self, port: int, serve: Serve) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await serve(self._arns.get(port, ""), scope, receive, send)

        config = uvicorn.Config(
            app,
            ws="websockets-sansio",
            loop="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            timeout_keep_alive=60,
            ws_max_size=MESSAGE_LIMIT,
        )
        config.load()
        state = ServerState()

        def connection() -> Any:
            return HttpProtocol(config, state, {})

        loop = asyncio.get_running_loop()
        server = await loop.create_server(connection, sock=self._bound[port])
        self._servers[port] = (server, state)

    def _close(self, port: int) -> None:
        server, state = self._servers.pop(port)
        server.close()
        for open_one in list(state.connections):
            open_one.shutdown()
        with self._lock:
            self._bound.pop(port).close()
