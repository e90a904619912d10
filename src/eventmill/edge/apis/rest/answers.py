"""What is sent to the client, and how a function of a proxy integration says it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.edge.apis.rest.binary import wants_binary
from eventmill.edge.apis.rest.failures import Failed, internal
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.payloads import returned

Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Answer:
    """Status, headers and body; `pieces` take the body's place where it comes bit by bit."""

    status: int
    headers: Headers
    body: bytes
    pieces: AsyncIterator[bytes] | None = None


class Broken(Exception):
    """A body that comes bit by bit breaks off: its client must see that it is not whole."""


_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_REMAPPED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "expect",
        "host",
        "max-forwards",
        "server",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "www-authenticate",
    }
)
"""Headers of an integration's answer that reach the client under another name."""


def remapped(headers: Iterable[tuple[str, str]]) -> Headers:
    """Headers as API Gateway lets them through: some get the prefix `x-amzn-Remapped-`."""
    return [
        (f"x-amzn-Remapped-{name}", value) if name.lower() in _REMAPPED else (name, value)
        for name, value in headers
    ]


_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def sendable(headers: Headers) -> Headers:
    """What can stand in an answer's head: a value could otherwise begin a header of its own."""
    return [(name, _CONTROL.sub("", value)) for name, value in headers if _NAME.match(name)]


def proxied(request: Request, payload: bytes) -> Answer:
    """The answer of a function that returned `payload`. Raises Failed for any other form."""
    result = returned(payload)
    if not isinstance(result, dict) or not result.keys() <= _MEMBERS:
        raise malformed()
    status, headers = head_of(result)
    body = result.get("body")
    if isinstance(body, dict | list):
        raise malformed()
    data = b"" if body is None else scalar(body).encode()
    encoded = scalar(result.get("isBase64Encoded") or False) == "true"
    if encoded and wants_binary(request.stage.binary, request.headers.get("accept", "")):
        try:
            data = base64.b64decode(data, validate=True)
        except binascii.Error:
            raise malformed() from None
    return Answer(status, headers, data)


def head_of(result: Mapping[str, Any]) -> tuple[int, Headers]:
    """(status, headers) of a proxy answer, whose status is 200 unless it names one.

    Raises Failed for a form that API Gateway refuses.
    """
    named = result.get("statusCode", 200)
    try:
        status = int(named)
    except (TypeError, ValueError):
        raise malformed() from None
    if not 200 <= status <= 599 or isinstance(named, bool):
        raise malformed()
    single, several = result.get("headers") or {}, result.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(several, dict):
        raise malformed()
    headers: Headers = []
    for name, values in several.items():
        if not isinstance(values, list):
            raise malformed()
        headers += [(name, scalar(value)) for value in values]
    for name, value in single.items():
        # A name in both maps keeps its values of the other one, and this is one more unless equal.
        entry = (name, scalar(value))
        if not any(n.lower() == name.lower() and v == entry[1] for n, v in headers):
            headers.append(entry)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return status, remapped(headers)


def malformed() -> Failed:
    """The function's answer is no proxy answer."""
    return internal("Malformed Lambda proxy response", 502)


def scalar(value: Any) -> str:
    """A single value as a text. Raises Failed for a list or an object."""
    if isinstance(value, dict | list):
        raise malformed()
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
