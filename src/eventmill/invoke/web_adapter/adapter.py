"""Runs a web application as a function, as the Lambda Web Adapter's layer does.

A program of its own, started in place of the runtime: it starts the application that the handler
names, and turns each event into a request to it. https://github.com/awslabs/aws-lambda-web-adapter
"""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

_RUNTIME = "/2018-06-01/runtime"
_STREAMED = "application/vnd.awslambda.http-integration-response"
_PIECE = 65_536
_HOP = ("connection", "host", "content-length", "transfer-encoding", "keep-alive")
_TEXTS = ("text/", "application/json", "application/javascript", "application/xml")
_TEXT_ENDS = ("+json", "+xml", "x-www-form-urlencoded")


def setting(name: str, default: str = "") -> str:
    """A variable by its name or, for those that had no prefix once, without it."""
    old = os.environ.get(name, default)
    return os.environ.get(f"AWS_LWA_{name}", old) or default


class Call(NamedTuple):
    """One request to the application."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


def _several(single: Any, multiple: Any) -> list[tuple[str, str]]:
    if multiple:
        return [(name, str(value)) for name, values in multiple.items() for value in values]
    return [(name, str(value)) for name, value in (single or {}).items()]


def call_of(event: Any) -> Call:
    """The request that an event stands for; one that is none is posted to the path for events."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(context, dict) or not ("httpMethod" in event or "http" in context):
        path = setting("PASS_THROUGH_PATH", "/events")
        return Call(
            "POST", path, [("content-type", "application/json")], json.dumps(event).encode()
        )
    if "http" in context:
        method, path = context["http"]["method"], event.get("rawPath") or "/"
        query = event.get("rawQueryString") or ""
        headers = list((event.get("headers") or {}).items())
        if event.get("cookies"):
            headers.append(("cookie", "; ".join(event["cookies"])))
    else:
        method, path = event["httpMethod"], event.get("path") or "/"
        pairs = _several(
            event.get("queryStringParameters"), event.get("multiValueQueryStringParameters")
        )
        balanced = "elb" in context
        # A load balancer leaves the query's encoding as it came.
        query = "&".join(f"{n}={v}" for n, v in pairs) if balanced else urlencode(pairs)
        headers = _several(event.get("headers"), event.get("multiValueHeaders"))
    base = setting("REMOVE_BASE_PATH")
    if base and path.startswith(base):
        path = path[len(base) :] or "/"
    body = event.get("body") or ""
    data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    target = quote(path, safe="/%:@!$&'()*+,;=~-._") + (f"?{query}" if query else "")
    return Call(method, target, headers, data)


def answer_of(event: Any, status: int, headers: list[tuple[str, str]], body: bytes) -> Any:
    """What the function returns for the application's answer."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(context, dict) or not ("httpMethod" in event or "http" in context):
        try:
            return json.loads(body) if body else None
        except ValueError:
            return body.decode("utf-8", "replace")
    encoded = _is_binary(headers)
    text = base64.b64encode(body).decode() if encoded else body.decode("utf-8", "replace")
    answer: dict[str, Any] = {"statusCode": status, "isBase64Encoded": encoded, "body": text}
    if "http" in context:
        return answer | _one_each(headers)
    if "elb" in context and not event.get("multiValueHeaders"):
        return answer | {"headers": dict(headers), "statusDescription": f"{status}"}
    multiple: dict[str, list[str]] = {}
    for name, value in headers:
        multiple.setdefault(name, []).append(value)
    return answer | {"multiValueHeaders": multiple}


def _one_each(headers: list[tuple[str, str]]) -> dict[str, Any]:
    joined: dict[str, str] = {}
    for name, value in headers:
        if name != "set-cookie":
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return {"headers": joined, "cookies": [v for name, v in headers if name == "set-cookie"]}


def _is_binary(headers: list[tuple[str, str]]) -> bool:
    named = dict(headers)
    kind = named.get("content-type", "").partition(";")[0].strip().lower()
    if "content-encoding" in named:
        return True
    return bool(kind) and not (kind.startswith(_TEXTS) or kind.endswith(_TEXT_ENDS))


class Application:
    """The program that the handler names, on a port of its own."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            own = probe.getsockname()[1]
        self.ports = [own, int(setting("PORT", "8080"))]
        """Its own, and the one that it may be set to, whatever `PORT` says."""
        runtime = str(Path(sys.argv[1]).parent) if len(sys.argv) > 1 else ""
        environment = {**os.environ, "PORT": str(own), "AWS_LWA_PORT": str(own)}
        environment["PATH"] = os.pathsep.join(p for p in (runtime, os.environ["PATH"]) if p)
        packages = (os.environ.get("PYTHONPATH"), os.environ.get("EVENTMILL_PATH"))
        environment["PYTHONPATH"] = os.pathsep.join(p for p in packages if p)
        environment.pop("AWS_LAMBDA_EXEC_WRAPPER", None)
        program = Path(os.environ["LAMBDA_TASK_ROOT"], os.environ["_HANDLER"])
        argv = [str(program)] if os.access(program, os.X_OK) else ["/bin/sh", str(program)]
        self.process = subprocess.Popen(argv, env=environment)
        self.port = 0

    def wait(self) -> None:
        """Until it answers. Raises RuntimeError when it has ended."""
        path = setting("READINESS_CHECK_PATH", "/")
        plain = setting("READINESS_CHECK_PROTOCOL", "http").lower() == "tcp"
        while not self.port:
            if self.process.poll() is not None:
                raise RuntimeError(f"the application ended with status {self.process.returncode}")
            self.port = next((port for port in self.ports if _ready(port, path, plain)), 0)
            time.sleep(0.01)


def _ready(port: int, path: str, plain: bool) -> bool:
    try:
        if plain:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False


class Runtime:
    """The Runtime API's side."""

    def __init__(self) -> None:
        self._connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def next(self) -> tuple[dict[str, str], bytes]:
        """The next invocation's headers and event."""
        self._connection.request("GET", f"{_RUNTIME}/invocation/next")
        answer = self._connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return headers, answer.read()

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """Tell it an answer, whole or in pieces, or an error."""
        chunked = not isinstance(body, bytes)
        self._connection.request(
            "POST", f"{_RUNTIME}/{path}", body, dict(headers or {}), encode_chunked=chunked
        )
        self._connection.getresponse().read()


def _error(error: BaseException) -> bytes:
    trace = traceback.format_exception(error)
    document = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": trace}
    return json.dumps(document).encode()


def _sent(call: Call, event: Any, held: Mapping[str, str]) -> dict[str, str]:
    """Headers for the application, with the contexts that the adapter adds."""
    headers: dict[str, str] = {}
    for name, value in call.headers:
        lower = name.lower()
        if lower not in _HOP or lower == "host":
            headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    if isinstance(event, dict):
        headers["x-amzn-request-context"] = json.dumps(event.get("requestContext"))
    headers["x-amzn-lambda-context"] = json.dumps(
        {
            "request_id": held.get("lambda-runtime-aws-request-id"),
            "deadline": int(held.get("lambda-runtime-deadline-ms") or 0),
            "invoked_function_arn": held.get("lambda-runtime-invoked-function-arn"),
            "xray_trace_id": held.get("lambda-runtime-trace-id"),
        }
    )
    source = setting("AUTHORIZATION_SOURCE").lower()
    if source in headers:
        headers["authorization"] = headers.pop(source)
    return headers


def _pieces(prelude: Mapping[str, Any], answer: http.client.HTTPResponse) -> Iterator[bytes]:
    yield json.dumps(prelude).encode() + b"\0" * 8
    while piece := answer.read1(_PIECE):
        yield piece


def _failing(status: int) -> bool:
    """Whether AWS_LWA_ERROR_STATUS_CODES (`500,502-504`) has the status."""
    for part in setting("ERROR_STATUS_CODES").replace(" ", "").split(","):
        least, _, most = part.partition("-")
        if least and int(least) <= status <= int(most or least):
            return True
    return False


def _packed(event: Any, headers: list[tuple[str, str]], body: bytes) -> bytes:
    """The body compressed, where that is switched on and the client takes it."""
    wanted = [v for n, v in call_of(event).headers if n.lower() == "accept-encoding"]
    if setting("ENABLE_COMPRESSION").lower() != "true" or "gzip" not in "".join(wanted):
        return body
    if _is_binary(headers):
        return body
    headers.append(("content-encoding", "gzip"))
    return gzip.compress(body)


def serve(runtime: Runtime, application: Application) -> None:
    """Answer invocations, one after the other, for good."""
    streams = setting("INVOKE_MODE").lower() == "response_stream"
    while True:
        held, body = runtime.next()
        place = f"invocation/{held['lambda-runtime-aws-request-id']}"
        try:
            application.wait()
            event = json.loads(body)
            call = call_of(event)
            connection = http.client.HTTPConnection("127.0.0.1", application.port)
            sent = _sent(call, event, held)
            connection.request(call.method, call.target, call.body or None, sent)
            answer = connection.getresponse()
            headers = [(n.lower(), v) for n, v in answer.getheaders() if n.lower() not in _HOP]
            if _failing(answer.status):
                raise RuntimeError(f"the application answered {answer.status}")
            if streams:
                prelude = {"statusCode": answer.status, **_one_each(headers)}
                mode = {
                    "Content-Type": _STREAMED,
                    "Lambda-Runtime-Function-Response-Mode": "streaming",
                    "Transfer-Encoding": "chunked",
                }
                runtime.post(f"{place}/response", _pieces(prelude, answer), mode)
            else:
                data = _packed(event, headers, answer.read())
                said = answer_of(event, answer.status, headers, data)
                runtime.post(f"{place}/response", json.dumps(said).encode())
            connection.close()
        except (OSError, http.client.HTTPException, RuntimeError, ValueError) as error:
            runtime.post(f"{place}/error", _error(error))


def main() -> None:
    """Start the application, and serve once it answers."""
    runtime, application = Runtime(), Application()
    try:
        if setting("ASYNC_INIT").lower() != "true":
            application.wait()
    except RuntimeError as error:
        runtime.post("init/error", _error(error))
        sys.exit(1)
    serve(runtime, application)


if __name__ == "__main__":
    main()
