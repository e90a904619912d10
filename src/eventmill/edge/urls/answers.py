"""What a function returned → the answer of its URL.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.edge.body import Send, send_answer
from eventmill.edge.payloads import returned

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]
_CORS = b"access-control-"
_NO_JSON: Any = object()
_JSON = (b"content-type", b"application/json")

FAILED: Answer = (502, [_JSON], b"Internal Server Error")
"""The function raised, timed out, or returned what is no answer."""


def refusal(status: int, kind: str, text: str, member: str = "Message") -> Answer:
    """One of Lambda's own answers."""
    return (
        status,
        [_JSON, (b"x-amzn-errortype", kind.encode())],
        orjson.dumps({member: text}),
    )


def answer_of(payload: bytes) -> Answer:
    """An object with a statusCode is the answer; anything else is its body, with status 200."""
    result = returned(payload, _NO_JSON)
    if result is _NO_JSON:
        return FAILED
    if isinstance(result, str):
        return 200, [_JSON], result.encode()
    if not isinstance(result, dict) or "statusCode" not in result:
        return 200, [_JSON], payload
    head = head_of(result, _JSON)
    try:
        body = _data(result.get("body"), encoded=bool(result.get("isBase64Encoded")))
    except (ValueError, binascii.Error):
        return FAILED
    return FAILED if head is None else (*head, body)


def head_of(result: Mapping[str, Any], default: tuple[bytes, bytes]) -> tuple[int, Headers] | None:
    """(status, headers) of an answer or of a stream's prelude; None when it fits no form.

    `default` is the content type of an answer that names none.
    """
    try:
        status = int(result.get("statusCode", 200))
        headers = [
            (str(name).lower().encode("latin-1"), _text(value).encode())
            for name, value in (result.get("headers") or {}).items()
        ]
        for name, values in (result.get("multiValueHeaders") or {}).items():
            headers += [(str(name).lower().encode("latin-1"), _text(v).encode()) for v in values]
        headers += [(b"set-cookie", str(cookie).encode()) for cookie in result.get("cookies") or []]
    except (TypeError, ValueError, AttributeError):
        return None
    if not 100 <= status <= 599:
        return None
    if not any(name == b"content-type" for name, _ in headers):
        headers.append(default)
    # The server counts the body itself.
    return status, [entry for entry in headers if entry[0] not in _OURS]


_OURS = (b"content-length", b"transfer-encoding", b"connection")


def _data(body: Any, *, encoded: bool) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return base64.b64decode(body, validate=True) if encoded else body.encode()
    return orjson.dumps(body)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def merged(headers: Headers, shown: Headers) -> Headers:
    """The function's headers with those of Lambda; its CORS headers give way to the URL's."""
    if any(name.startswith(_CORS) for name, _ in shown):
        headers = [entry for entry in headers if not entry[0].startswith(_CORS)]
    return headers + shown


async def answer(send: Send, given: Answer, shown: Headers) -> None:
    """Send an answer that is in memory."""
    status, headers, body = given
    await send_answer(send, status, merged(headers, shown), body)
