"""The runtime client in plain Python, against a Runtime API that hands out one event."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import eventmill.invoke

CLIENT = Path(eventmill.invoke.__file__).parent / "plain_client.py"
CODE = """
import logging
def handler(event, context):
    logging.info("got %s", event["n"])
    if event.get("raise"):
        try:
            raise ValueError("no")
        except ValueError:
            logging.exception("failed")
        raise KeyError("k")
    return {"n": event["n"], "id": context.aws_request_id}
"""


class Api(ThreadingHTTPServer):
    """Answers `next` once; the second time the client has done its work and is ended."""

    def __init__(self, event: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.event: dict[str, Any] | None = event
        self.answer: tuple[str, Any] | None = None
        self.done = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def do_GET(self) -> None:
        event, self.server.event = self.server.event, None
        if event is None:
            self.server.done.set()
            self.close_connection = True
            return
        body = json.dumps(event).encode()
        self.send_response(200)
        for name, value in (
            ("Lambda-Runtime-Aws-Request-Id", "r-1"),
            ("Lambda-Runtime-Deadline-Ms", "9999999999999"),
            ("Lambda-Runtime-Invoked-Function-Arn", "arn"),
            ("Content-Length", str(len(body))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.answer = (self.path.rpartition("/")[2], json.loads(body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *given: Any) -> None:
        """Quiet."""


@pytest.fixture
def serve(tmp_path: Path):
    (tmp_path / "app.py").write_text(CODE)

    def run(event: dict[str, Any], **variables: str) -> tuple[tuple[str, Any], list[str]]:
        api = Api(event)
        threading.Thread(target=api.serve_forever, daemon=True).start()
        given = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_address[1]}",
            "_HANDLER": "app.handler",
            "PYTHONPATH": str(tmp_path),
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_GROUP_NAME": "g",
            "AWS_LAMBDA_LOG_STREAM_NAME": "s",
        }
        ended = subprocess.run(
            [sys.executable, str(CLIENT)],
            env=os.environ | given | variables,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert api.done.is_set() and api.answer is not None, ended.stderr
        api.shutdown()
        api.server_close()
        return api.answer, ended.stdout.splitlines()

    return run


def test_it_answers_and_logs_as_text(serve) -> None:
    answer, lines = serve({"n": 3, "raise": False})
    assert answer == ("response", {"n": 3, "id": "r-1"})
    assert lines == [], "the root logger's level is WARNING, as on Lambda"
    (kind, document), lines = serve({"n": 3, "raise": True})
    assert kind == "error" and document["errorType"] == "KeyError"
    assert lines[0].startswith("[ERROR]\t") and lines[0].endswith("\tr-1\tfailed")


def test_it_logs_as_json_by_level(serve) -> None:
    _, lines = serve(
        {"n": 3, "raise": True}, AWS_LAMBDA_LOG_FORMAT="JSON", AWS_LAMBDA_LOG_LEVEL="INFO"
    )
    got, failed = (json.loads(line) for line in lines[:2])
    assert (got["level"], got["message"], got["requestId"]) == ("INFO", "got 3", "r-1")
    assert (failed["errorType"], failed["errorMessage"]) == ("ValueError", "no")
    _, lines = serve({"n": 3}, AWS_LAMBDA_LOG_FORMAT="JSON", AWS_LAMBDA_LOG_LEVEL="FATAL")
    assert lines == []
