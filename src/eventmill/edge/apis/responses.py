"""What a function returned → the HTTP answer."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
_JSON = [(b"content-type", b"application/json")]


def message(status: int, text: str) -> Answer:
    """One of API Gateway's own answers."""
    return status, list(_JSON), orjson.dumps({"message": text})


INTERNAL = (500, "Internal Server Error")
ERRORS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def error(status: int) -> Answer:
    """The gateway's answer for a status."""
    return message(status, ERRORS[status])


def answer_of(payload: bytes) -> Answer:
    """The answer of a function that returned `payload`; one that fits no form answers 500."""
    result: Any = orjson.loads(payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        return 200, list(_JSON), payload
    try:
        status = int(result["statusCode"])
        body = result.get("body")
        data = b"" if body is None else _data(body, bool(result.get("isBase64Encoded")))
    except (TypeError, ValueError, binascii.Error):
        return error(500)
    headers = [
        (str(name).lower().encode("latin-1"), _text(value).encode("utf-8"))
        for name, value in (result.get("headers") or {}).items()
    ]
    headers += [(b"set-cookie", str(cookie).encode()) for cookie in result.get("cookies") or []]
    if not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", b"text/plain;charset=utf-8"))
    return status, headers, data


def _data(body: Any, encoded: bool) -> bytes:
    if encoded:
        return base64.b64decode(body)
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
