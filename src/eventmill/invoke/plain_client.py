"""The Runtime API's client in plain Python, for platforms that awslambdaric has no wheels for.

It behaves as awslambdaric does towards the handler and towards the API: same context, same error
documents, same log format. It runs as a script and imports nothing of ours.
"""

from __future__ import annotations

import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback
from typing import Any

_BASE = "/2018-06-01/runtime"


class Context:
    """The handler's second argument."""

    def __init__(self, headers: Any) -> None:
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.tenant_id = headers.get("Lambda-Runtime-Aws-Tenant-Id")
        self.client_context = json.loads(headers.get("Lambda-Runtime-Client-Context") or "null")
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the timeout."""
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log."""
        print(message, flush=True)


class _LogFormatter(logging.Formatter):
    converter = staticmethod(time.gmtime)
    request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        stamp = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        line = f"[{record.levelname}]\t{stamp}.{int(record.msecs):03d}Z\t{self.request_id}\t{text}"
        return line.replace("\n", "\r")


class _JsonFormatter(_LogFormatter):
    """One JSON object a line, as functions of the log format JSON write them."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ")
        shown: dict[str, Any] = {
            "timestamp": stamp,
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": self.request_id,
        }
        if record.exc_info and record.exc_info[0] is not None:
            shown["errorType"] = record.exc_info[0].__name__
            shown["errorMessage"] = str(record.exc_info[1])
            shown["stackTrace"] = traceback.format_tb(record.exc_info[2])
        return json.dumps(shown, default=str)


def _logging() -> _LogFormatter:
    """Have the root logger write in the function's format; returns its formatter."""
    structured = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
    formatter = _JsonFormatter() if structured else _LogFormatter()
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(formatter)
    logging.getLogger().addHandler(output)
    if structured:
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
        logging.getLogger().setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))
    return formatter


def _failure(error: BaseException, request_id: str) -> dict[str, Any]:
    frames = traceback.format_tb(error.__traceback__)[1:]
    document = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": frames,
    }
    lines = [f"[ERROR] {type(error).__name__}: {error}", "Traceback (most recent call last):"]
    print(
        "\r".join(lines + [frame.rstrip("\n").replace("\n", "\r") for frame in frames]), flush=True
    )
    return document


class Client:
    """One keep-alive connection to the Runtime API."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)

    def call(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Any:
        """(headers, body) of the answer."""
        headers = {"Lambda-Runtime-Function-Error-Type": kind} if kind else {}
        self._connection.request(method, _BASE + path, body, headers)
        response = self._connection.getresponse()
        return response.headers, response.read()


def main() -> None:
    """Load the handler and serve invocations until the environment is ended."""
    client = Client(os.environ["AWS_LAMBDA_RUNTIME_API"])
    formatter = _logging()
    try:
        module, _, name = os.environ["_HANDLER"].rpartition(".")
        handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    except BaseException as error:
        document = _failure(error, "")
        client.call("POST", "/init/error", json.dumps(document).encode(), document["errorType"])
        sys.exit(1)
    while True:
        headers, event = client.call("GET", "/invocation/next")
        context = Context(headers)
        formatter.request_id = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        path = f"/invocation/{context.aws_request_id}"
        try:
            answer = json.dumps(handler(json.loads(event), context)).encode()
        except Exception as error:
            document = _failure(error, context.aws_request_id)
            sys.stdout.flush()
            body = json.dumps(document).encode()
            client.call("POST", f"{path}/error", body, document["errorType"])
            continue
        sys.stdout.flush()
        client.call("POST", f"{path}/response", answer)


if __name__ == "__main__":
    main()
