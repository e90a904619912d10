"""Which bodies are binary, as the API's binaryMediaTypes say.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase


def is_binary(types: Sequence[str], content_type: str) -> bool:
    """Whether a body of this type is binary; one without a type is so for `*/*`."""
    if not types:
        return False
    kind = content_type.partition(";")[0].strip().lower()
    return any(pattern == "*/*" or fnmatchcase(kind, pattern.lower()) for pattern in types)


def wants_binary(types: Sequence[str], accept: str) -> bool:
    """Whether the client takes a binary answer: by the first type that it accepts."""
    return is_binary(types, accept.partition(",")[0])


def as_text(body: bytes) -> bytes:
    """A body that is not declared binary: API Gateway takes it for UTF-8, whatever it is.

    An image that lacks its binaryMediaTypes is broken here as it is there.
    """
    return body.decode("utf-8", "replace").encode()
