"""What this machine sets as limits: its disk, a server that does nothing, the runtime client."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from calls import measure as measure_calls
from servers import Server, free_port

_ASGI = """
import sys, uvicorn
async def app(scope, receive, send):
    await receive()
    headers = [(b"content-type", b"application/x-amz-json-1.0"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
uvicorn.run(
    app, port=int(sys.argv[1]), http="httptools", loop="uvloop", lifespan="off", access_log=False
)
"""


def measure(folder: Path, seconds: float) -> dict[str, Any]:
    """Every limit."""
    return {
        "limit: fdatasync": _sync(folder),
        "limit: ASGI without work": _asgi(seconds),
        "limit: awslambdaric alone": _runtime_client(seconds),
    }


def _sync(folder: Path) -> dict[str, float]:
    """Two pages written over a file's own blocks and synced: the least that a commit does."""
    file = os.open(folder / "sync", os.O_RDWR | os.O_CREAT)
    os.write(file, bytes(4_194_304))
    os.fdatasync(file)
    took = []
    cpu = time.process_time()
    for number in range(300):
        began = time.perf_counter()
        os.pwrite(file, bytes(8_192), number * 8_192)
        os.fdatasync(file)
        took.append(time.perf_counter() - began)
    used = time.process_time() - cpu
    os.close(file)
    return {
        "p50_us": round(statistics.median(took) * 1e6),
        "cpu_us": round(used / len(took) * 1e6),
    }


def _asgi(seconds: float) -> dict[str, float]:
    """uvicorn answering boto3's GetItem with an empty item."""
    port = free_port()
    server = Server("asgi", [sys.executable, "-c", _ASGI, str(port)], port)
    try:
        client = server.client("dynamodb")
        key = {"id": {"S": "a"}}
        found = measure_calls(server, seconds, lambda: client.get_item(TableName="bench", Key=key))
    finally:
        server.stop()
    return {"rate": round(found["rate"]), "cpu_us": round(found["cpu_us"])}


class _Runtime(BaseHTTPRequestHandler):
    """The Runtime API with an endless supply of empty events."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    answered = 0

    def do_GET(self) -> None:
        self.send_response(200)
        deadline = str(int((time.time() + 60) * 1000))
        self.send_header("Lambda-Runtime-Aws-Request-Id", "id")
        self.send_header("Lambda-Runtime-Deadline-Ms", deadline)
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn")
        self._finish(b"{}")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        _Runtime.answered += 1
        self.send_response(202)
        self._finish(b"")

    def _finish(self, body: bytes) -> None:
        # The runtime client's C part does not survive an answer without a type.
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        # The client is killed in the middle of a call, at the end of the measurement.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def _runtime_client(seconds: float) -> dict[str, float]:
    """Invocations a second of a function that does nothing, with nobody else in the way."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Runtime)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "app.py").write_text("def handler(event, context): return event\n")
        process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", "app.handler"],
            cwd=folder,
            env={**os.environ, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while _Runtime.answered < 10 and time.monotonic() < deadline:
            time.sleep(0.05)
        before, start = _Runtime.answered, time.perf_counter()
        time.sleep(seconds)
        rate = (_Runtime.answered - before) / (time.perf_counter() - start)
        process.kill()
        process.wait()
        server.shutdown()
    return {"rate": round(rate)}
