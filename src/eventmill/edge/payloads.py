"""A request's body as an event of Lambda carries it."""

from __future__ import annotations

import base64
from collections.abc import Mapping

_TEXT = ("json", "xml", "javascript")


def event_body(headers: Mapping[str, str], body: bytes, *, forms: bool) -> tuple[str, bool]:
    """(body, isBase64Encoded). Text stays text; `forms` tells whether url-encoded forms are text.

    What is compressed, or is no UTF-8 whatever its type says, is encoded.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    text = (
        kind.startswith("text/")
        or any(word in kind for word in _TEXT)
        or (forms and kind == "application/x-www-form-urlencoded")
    )
    if text and "content-encoding" not in headers:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
