"""A request's body as an event of Lambda carries it, and what a function returned."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import orjson


def event_body(
    headers: Mapping[str, str], body: bytes, is_text: Callable[[str], bool]
) -> tuple[str, bool]:
    """(body, isBase64Encoded). `is_text` judges the media type, in lower case.

    What is compressed, or is no UTF-8 whatever its type says, is encoded.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if is_text(kind) and "content-encoding" not in headers:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def returned(payload: bytes, otherwise: Any = None) -> Any:
    """The value that a function returned; `otherwise` for bytes that are no JSON.

    The runtimes of AWS return nothing else, but a function may bring one of its own.
    """
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return otherwise
