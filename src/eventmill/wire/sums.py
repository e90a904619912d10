"""The checksum that DynamoDB's answers carry."""

from __future__ import annotations

import zlib

from eventmill.wire.http import HttpResponse
from eventmill.wire.target import Target

_SUMMED = frozenset({"dynamodb", "dynamodbstreams"})


def summed(target: Target, response: HttpResponse) -> HttpResponse:
    """The answer with the CRC-32 of its body where AWS sends it: Go's client holds an answer
    without one for damaged, and says so in the log for every call."""
    if target.service in _SUMMED:
        response.headers.append(("x-amz-crc32", str(zlib.crc32(response.body))))
    return response
