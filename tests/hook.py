"""A small HTTP server on loopback, as applications' web hooks are."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hook:
    """`answers` are the statuses to come; 200 when there are no more of them."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, count: int, seconds: float = 20.0) -> None:
        """Until so many requests have come. Raises AssertionError when they do not."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.requests) >= count, seconds), self.requests

    def bodies(self) -> list[Any]:
        """What came since the last call, as JSON."""
        taken, self.requests = self.requests, []
        return [json.loads(body) for _, body in taken]


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    """Connections at once: one that is turned away would count as a failed delivery."""


@contextmanager
def hook() -> Iterator[Hook]:
    """A server that records what is posted to it."""
    held = Hook()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            with held.came:
                held.requests.append((headers, body))
                held.came.notify_all()
            self.send_response(held.answers.pop(0) if held.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_port}/orders"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
