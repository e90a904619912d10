"""Compressed bodies of APIs that have a minimumCompressionSize.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
"""

from __future__ import annotations

import gzip
import zlib

from eventmill.edge.apis.rest.answers import Answer
from eventmill.edge.apis.rest.failures import Failed
from eventmill.edge.apis.rest.request import Request

_LIMIT = 10 * 1024 * 1024
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def unpacked(request: Request) -> bytes:
    """The request's body as the integration gets it. Raises Failed: 400, or 413 when it is long."""
    coding = request.headers.get("content-encoding", "").strip().lower()
    if request.stage.compresses_from is None or coding not in _WINDOW or not request.body:
        return request.body
    try:
        reader = zlib.decompressobj(_WINDOW[coding])
        body = reader.decompress(request.body, _LIMIT + 1)
    except zlib.error:
        raise Failed("BAD_REQUEST_BODY", "Invalid request body") from None
    if len(body) > _LIMIT:
        raise Failed("REQUEST_TOO_LARGE", "Request Too Long")
    request.sent = [entry for entry in request.sent if entry[0].lower() != "content-encoding"]
    return body


def packed(request: Request, answer: Answer) -> Answer:
    """The answer, compressed where it is long enough and the client takes it."""
    least = request.stage.compresses_from
    if least is None or answer.pieces is not None or len(answer.body) < max(least, 1):
        return answer
    if any(name.lower() == "content-encoding" for name, _ in answer.headers):
        return answer
    taken = request.headers.get("accept-encoding", "").lower()
    for coding in _WINDOW:
        if coding in taken:
            body = gzip.compress(answer.body) if coding == "gzip" else zlib.compress(answer.body)
            return Answer(answer.status, [*answer.headers, ("Content-Encoding", coding)], body)
    return answer
