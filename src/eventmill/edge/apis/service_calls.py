"""Calls that an API makes to AWS's services: each is one that any client could make.

The engine's own endpoint answers it, so that actions, protocols and errors are the services' own.
https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-aws-proxy.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode

from botocore.exceptions import UnknownServiceError

from eventmill.edge.apis.xml_as_json import as_json
from eventmill.edge.app import Handler
from eventmill.wire.models import SIGNING_NAMES, metadata

_FORM = "application/x-www-form-urlencoded"
_KEY = "apigateway"
_QUEUES = "2012-11-05"


@dataclass(slots=True)
class ServiceRequest:
    """`path` holds the values of the target's placeholders."""

    headers: dict[str, str]
    query: dict[str, str]
    path: dict[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        """A header by its name in any case."""
        lower = name.lower()
        return next((v for key, v in self.headers.items() if key.lower() == lower), None)


class ServiceAnswer(NamedTuple):
    """Headers have lower-case names; XML of the query protocol has become JSON."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class ServiceCalls:
    """`endpoint` is AWS's API on this engine, without a check of signatures."""

    def __init__(self, endpoint: Handler) -> None:
        self._endpoint = endpoint

    async def call(
        self, target: tuple[str, str, str], verb: str, sent: ServiceRequest
    ) -> ServiceAnswer:
        """`target` is (service, `path` or `action`, the rest). Raises LookupError for a service
        that AWS does not have."""
        service = target[0]
        if not _known(service):
            raise LookupError(f"AWS has no service {service}")
        status, headers, body = await self._called(verb, _place(target, sent), service, sent)
        kind = next((value for name, value in headers if name == "content-type"), "")
        if "xml" in kind and _queried(service):
            body = as_json(body)
            headers = [entry for entry in headers if entry[0] != "content-type"]
            headers.append(("content-type", "application/json"))
        return ServiceAnswer(status, headers, body)

    async def _called(
        self, verb: str, path: str, service: str, sent: ServiceRequest
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = {name.lower(): value for name, value in sent.headers.items()}
        headers["content-length"] = str(len(sent.body))
        headers["host"] = "localhost"
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={_KEY}/20000101/us-east-1/{service}/"
            "aws4_request, SignedHeaders=host, Signature=0"
        )
        scope = {
            "type": "http",
            "method": verb,
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "query_string": urlencode(sent.query).encode("ascii"),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        gathered = _Gathered(sent.body)
        await self._endpoint(scope, headers, gathered.receive, gathered.send)
        return gathered.status, gathered.headers, b"".join(gathered.parts)


class _Gathered:
    """Both ends of an exchange within the engine."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self.parts: list[bytes] = []

    async def receive(self) -> dict[str, Any]:
        """The whole body."""
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        """A part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(n.decode().lower(), v.decode()) for n, v in message["headers"]]
        self.parts.append(message.get("body", b""))


def _place(target: tuple[str, str, str], sent: ServiceRequest) -> str:
    """The path to call; an action is written into the request as its service wants it."""
    service, kind, rest = target
    if kind == "action":
        _name_action(service, rest, sent)
        return "/"
    for name, value in sent.path.items():
        rest = rest.replace(f"{{{name}}}", value)
    if service == "sqs" and rest.strip("/"):
        _name_queue(rest, sent)
        return "/"
    path, question, query = rest.partition("?")
    if question:
        sent.query = dict(parse_qsl(query, keep_blank_values=True)) | sent.query
    return quote(f"/{path.lstrip('/')}", safe="/%-_.~!$&'()*+,;=:@")


def _name_action(service: str, action: str, sent: ServiceRequest) -> None:
    if sent.header("X-Amz-Target"):
        return
    if not _queried(service):
        model = metadata(_model(service))
        sent.headers = {k: v for k, v in sent.headers.items() if k.lower() != "content-type"}
        sent.headers["Content-Type"] = f"application/x-amz-json-{model.get('jsonVersion', '1.0')}"
        sent.headers["X-Amz-Target"] = f"{model.get('targetPrefix', '')}.{action}"
        return
    named = {"Action": action, "Version": metadata(_model(service)).get("apiVersion", "")}
    if (sent.header("Content-Type") or "").startswith(_FORM) and sent.body:
        given = dict(parse_qsl(sent.body.decode("utf-8", "replace"), keep_blank_values=True))
        sent.body = urlencode(named | sent.query | given).encode()
        sent.query = {}
    else:
        sent.query = named | sent.query


def _name_queue(path: str, sent: ServiceRequest) -> None:
    """The path of a queue stands for its address."""
    if (sent.header("Content-Type") or "").startswith(_FORM):
        sent.body += ("&" if sent.body else "").encode() + urlencode({"QueueUrl": path}).encode()
    else:
        sent.query = {"Version": _QUEUES} | sent.query | {"QueueUrl": path}


def _known(service: str) -> bool:
    try:
        metadata(_model(service))
    except UnknownServiceError:
        return False
    return True


def _model(service: str) -> str:
    return SIGNING_NAMES.get(service, service)


def _queried(service: str) -> bool:
    """Whether the service takes AWS's query protocol, as SQS and SNS do."""
    model = metadata(_model(service))
    return model["protocol"] == "query" or "awsQueryCompatible" in model
