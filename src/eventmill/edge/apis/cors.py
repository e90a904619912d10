"""CORS as API Gateway answers it for an HTTP API that has a configuration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.edge.apis.responses import Answer


def _joined(value: Any) -> bytes:
    return (",".join(value) if isinstance(value, list) else str(value)).encode()


def headers_for(cors: Mapping[str, Any], origin: str) -> list[tuple[bytes, bytes]]:
    """The headers of any answer to a page of `origin`; none for an origin that is not allowed."""
    allowed = cors.get("AllowOrigins") or []
    if "*" in allowed and not cors.get("AllowCredentials"):
        shown = b"*"
    elif (
        origin in allowed
        or "*" in allowed
        or any(entry.endswith("://*") and origin.startswith(entry[:-1]) for entry in allowed)
    ):
        shown = origin.encode()
    else:
        return []
    headers = [(b"access-control-allow-origin", shown)]
    if cors.get("AllowCredentials"):
        headers.append((b"access-control-allow-credentials", b"true"))
    if cors.get("ExposeHeaders"):
        headers.append((b"access-control-expose-headers", _joined(cors["ExposeHeaders"])))
    return headers


def preflight(cors: Mapping[str, Any], origin: str) -> Answer:
    """The answer to an OPTIONS request of a page."""
    headers = headers_for(cors, origin)
    if headers:
        for name, member in ((b"methods", "AllowMethods"), (b"headers", "AllowHeaders")):
            if cors.get(member):
                headers.append((b"access-control-allow-" + name, _joined(cors[member])))
        if cors.get("MaxAge") is not None:
            headers.append((b"access-control-max-age", str(cors["MaxAge"]).encode()))
    return 204, headers, b""


def merged(answer: Answer, cors: Mapping[str, Any], origin: str) -> Answer:
    """The function's own CORS headers give way to the API's."""
    status, headers, body = answer
    kept = [entry for entry in headers if not entry[0].startswith(b"access-control-")]
    return status, kept + headers_for(cors, origin), body
