"""A thousand WebSocket connections, and one message to each of them."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from servers import CALLERS, Server, cpu_seconds, ours
from websockets.asyncio.client import ClientConnection, connect

_CONNECTIONS = 1_000
_AT_ONCE = 50


def measure() -> dict[str, Any]:
    """Connecting and broadcasting: rates, the time to the client, memory for a connection."""
    with tempfile.TemporaryDirectory() as data:
        server = ours(data)
        try:
            return {f"{_CONNECTIONS} WebSocket connections": asyncio.run(_broadcast(server))}
        finally:
            server.stop()


async def _broadcast(server: Server) -> dict[str, float]:
    apis = server.client("apigatewayv2")
    api = apis.create_api(
        Name="bench", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    apis.create_stage(ApiId=api, StageName="live", AutoDeploy=True)
    address = f"{server.endpoint}/_aws/execute-api/{api}/live"
    before, began = _resident(server.pid), time.perf_counter()
    turns = asyncio.Semaphore(_AT_ONCE)

    async def open_one() -> ClientConnection:
        async with turns:
            return await connect(address.replace("http", "ws", 1), ping_interval=None)

    sockets = await asyncio.gather(*(open_one() for _ in range(_CONNECTIONS)))
    connected = time.perf_counter() - began
    held = _resident(server.pid) - before
    ids = [await _id(socket) for socket in sockets]
    arrived = [asyncio.ensure_future(_arrival(socket)) for socket in sockets]
    posts = server.client("apigatewaymanagementapi", address)
    cpu, began = cpu_seconds(server.pid), time.perf_counter()

    def post(number: str) -> None:
        posts.post_to_connection(ConnectionId=number, Data=repr(time.time()).encode())

    def post_all() -> None:
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(post, ids))

    await asyncio.to_thread(post_all)
    took = sorted(await asyncio.gather(*arrived))
    elapsed = time.perf_counter() - began
    used = cpu_seconds(server.pid) - cpu
    await asyncio.gather(*(socket.close() for socket in sockets))
    return {
        "connected_per_s": round(_CONNECTIONS / connected),
        "kb_per_connection": round(held / _CONNECTIONS / 1024, 1),
        "posts_per_s": round(_CONNECTIONS / elapsed),
        "cpu_us_per_post": round(used / _CONNECTIONS * 1e6),
        "p50_ms": round(statistics.median(took), 2),
        "p99_ms": round(took[int(len(took) * 0.99)], 2),
    }


async def _id(socket: ClientConnection) -> str:
    """An API without routes answers every message with who sent it."""
    await socket.send("{}")
    return str(json.loads(await socket.recv())["connectionId"])


async def _arrival(socket: ClientConnection) -> float:
    """Milliseconds from the post to the frame."""
    sent = float(await socket.recv())
    return (time.time() - sent) * 1000


def _resident(pid: int) -> int:
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * 4_096
