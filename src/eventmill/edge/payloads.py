"""What events of Lambda have of HTTP requests in common, and what a function returned."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import orjson

_TEXT = ("application/json", "application/xml", "application/javascript")


def is_text(kind: str) -> bool:
    """Whether HTTP APIs and load balancers give bodies of a media type as text.

    All others are base64, those of forms among them.
    """
    return kind.startswith("text/") or kind in _TEXT


def event_body(
    headers: Mapping[str, str], body: bytes, is_text: Callable[[str], bool] = is_text
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


def cookies_of(headers: Mapping[str, str]) -> list[str]:
    """The cookies as format 2.0 lists them, `name=value` each."""
    sent = headers.get("cookie")
    return [part.strip() for part in sent.split(";")] if sent else []


def iam_caller(key: str, account: str) -> dict[str, Any]:
    """Who signed a request, as `requestContext.authorizer.iam` has it."""
    return {
        "accessKey": key,
        "accountId": account,
        "callerId": key,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": f"arn:aws:iam::{account}:root",
        "userId": key,
    }


def returned(payload: bytes, otherwise: Any = None) -> Any:
    """The value that a function returned; `otherwise` for bytes that are no JSON.

    The runtimes of AWS return nothing else, but a function may bring one of its own.
    """
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return otherwise
