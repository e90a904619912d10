"""The WebSocket connections that are open, and how long each may be.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.edge.apis.model import Stage
from eventmill.edge.body import Send
from eventmill.kernel.clock import Clock, Timer
from eventmill.kernel.metrics import Count
from eventmill.kernel.ports import CountSink

IDLE_SECONDS = 600.0
LIFE_SECONDS = 7_200.0
_GOING_AWAY = 1001


@dataclass(slots=True)
class Connection:
    """An open socket. Times are epoch seconds on the moved clock."""

    id: str
    stage: Stage
    send: Send
    connected: float
    active: float
    client: str
    agent: str
    domain: str
    authorizer: Mapping[str, Any] | None = None
    closing: tuple[int, str] | None = None
    """Code and reason when the API's side has closed it."""
    timer: Timer | None = None


def socket_count(stage: Stage, metric: str, value: float = 1.0) -> Count:
    """A value of one of a WebSocket API's metrics.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
    """
    return "socket", stage.api, stage.name, metric, value


class OpenConnections:
    """Read and changed on the event loop's thread only."""

    def __init__(self, clock: Clock, counts: CountSink) -> None:
        self._clock = clock
        self._counts = counts
        self._open: dict[str, Connection] = {}
        self._closing: set[asyncio.Task[bool]] = set()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """From now on it can be posted to, and is closed when it is idle or old."""
        self._open[connection.id] = connection
        self._watch(connection)

    def remove(self, connection: Connection) -> None:
        """It is gone."""
        self._open.pop(connection.id, None)
        if connection.timer is not None:
            connection.timer.cancel()

    async def post(self, connection_id: str, data: bytes) -> bool:
        """Send one text frame. False when the connection is gone."""
        connection = self._open.get(connection_id)
        if connection is None or connection.closing is not None:
            return False
        connection.active = self._clock.now()
        try:
            text = data.decode("utf-8", "replace")
            await connection.send({"type": "websocket.send", "text": text})
        except (RuntimeError, OSError):
            return False
        self._counts.add(socket_count(connection.stage, "MessageCount"))
        return True

    async def close(self, connection_id: str, code: int = 1000, reason: str = "") -> bool:
        """Close it. False when it is gone."""
        connection = self._open.get(connection_id)
        if connection is None:
            return False
        connection.closing = (code, reason)
        message = {"type": "websocket.close", "code": code, "reason": reason}
        with contextlib.suppress(RuntimeError, OSError):
            await connection.send(message)
        return True

    def describe(self, connection_id: str) -> Mapping[str, Any] | None:
        """What GetConnection tells, times in epoch seconds; None when it is gone."""
        connection = self._open.get(connection_id)
        if connection is None:
            return None
        return {
            "connectedAt": connection.connected,
            "lastActiveAt": connection.active,
            "identity": {"sourceIp": connection.client, "userAgent": connection.agent},
        }

    def _watch(self, connection: Connection) -> None:
        """One timer for each: at its end the connection is closed, or was active meanwhile."""
        due = min(connection.active + IDLE_SECONDS, connection.connected + LIFE_SECONDS)
        connection.timer = self._clock.timer(due, lambda: self._look(connection))

    def _look(self, connection: Connection) -> None:
        due = min(connection.active + IDLE_SECONDS, connection.connected + LIFE_SECONDS)
        if due > self._clock.now():
            self._watch(connection)
            return
        # The timer's callback cannot wait for a slow client.
        task = asyncio.ensure_future(self.close(connection.id, _GOING_AWAY, "Going away"))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
