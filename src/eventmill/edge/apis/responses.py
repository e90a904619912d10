"""What a function returned → the HTTP answer."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from eventmill.edge.payloads import returned

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
_JSON = [(b"content-type", b"application/json")]
_NO_JSON: Any = object()
_MALFORMED = "What the function returned is no response in the integration's payload format"

ERRORS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Stopped(Exception):
    """The API itself answers, and no integration does.

    `reason` is what only the API's owner should know: why the integration failed.
    """

    def __init__(self, status: int, reason: str = "", /, **headers: str) -> None:
        super().__init__(ERRORS[status])
        self.status = status
        self.reason = reason
        self.headers = headers

    @property
    def answer(self) -> Answer:
        """The gateway's answer for the status."""
        status, headers, body = error(self.status)
        own = [(k.replace("_", "-").encode(), v.encode()) for k, v in self.headers.items()]
        return status, headers + own, body


def error(status: int) -> Answer:
    """The gateway's answer for a status."""
    return status, list(_JSON), orjson.dumps({"message": ERRORS[status]})


def answer_of(payload: bytes, version: str) -> Answer:
    """The answer of a function that returned `payload`. Raises Stopped for one of no form.

    In format 2.0 a result without a statusCode is itself the body of a 200, a text as it is.
    """
    result = returned(payload, _NO_JSON)
    if result is _NO_JSON:
        raise Stopped(500, _MALFORMED)
    if not isinstance(result, dict) or "statusCode" not in result:
        if version == "1.0":
            raise Stopped(500, _MALFORMED)
        if result is None or isinstance(result, str):
            return 200, list(_JSON), (result or "").encode()
        return 200, list(_JSON), payload
    try:
        status = int(result["statusCode"])
        body = result.get("body")
        data = b"" if body is None else _data(body, bool(result.get("isBase64Encoded")))
        headers = _headers(result, version)
    except (TypeError, ValueError, AttributeError, binascii.Error):
        raise Stopped(500, _MALFORMED) from None
    if not 100 <= status < 600:
        raise Stopped(500, _MALFORMED)
    if not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", b"text/plain;charset=utf-8"))
    return status, headers, data


def _headers(result: dict[str, Any], version: str) -> list[tuple[bytes, bytes]]:
    several = result.get("multiValueHeaders") or {} if version == "1.0" else {}
    pairs = [(str(n).lower(), value) for n, values in several.items() for value in values]
    named = {name for name, _ in pairs}
    pairs += [
        (str(n).lower(), value)
        for n, value in (result.get("headers") or {}).items()
        if str(n).lower() not in named
    ]
    if version == "2.0":
        pairs += [("set-cookie", cookie) for cookie in result.get("cookies") or []]
    return [
        (name.encode("latin-1"), _text(value).encode())
        for name, value in pairs
        if value is not None
    ]


def _data(body: Any, encoded: bool) -> bytes:
    if encoded:
        return base64.b64decode(body)
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise TypeError("a header's value must be a text, a number or a truth value")
    return str(value).lower() if isinstance(value, bool) else str(value)
