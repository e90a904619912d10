"""A request as a function behind a load balancer gets it, and its answer read.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from eventmill.kernel.http import grouped

LIMIT = 1_048_576
"""Bytes of a body, each way."""

Pairs = Sequence[tuple[str, str]]


def event(
    group: str,
    method: str,
    path: str,
    query: Pairs,
    headers: Pairs,
    body: tuple[str, bool] = ("", False),
    *,
    multi: bool,
) -> dict[str, Any]:
    """`query` is undecoded; `body` is (text, whether it is base64).

    With `multi` every value is kept, under other names; else the last one wins.
    """
    made: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": method,
        "path": path,
    }
    if multi:
        made["multiValueQueryStringParameters"] = grouped(query)
        made["multiValueHeaders"] = grouped(headers)
    else:
        made["queryStringParameters"] = dict(query)
        made["headers"] = dict(headers)
    return made | {"body": body[0], "isBase64Encoded": body[1]}


@dataclass(frozen=True, slots=True)
class FunctionAnswer:
    """What a function answered."""

    status: int
    headers: Pairs
    body: bytes


def answer_of(payload: bytes, *, multi: bool) -> FunctionAnswer | None:
    """None when it is no answer that a load balancer takes, or is too long."""
    try:
        result = orjson.loads(payload)
        status = result["statusCode"]
        if isinstance(status, bool) or not 100 <= int(status) <= 599:
            return None
        body = result.get("body") or ""
        data = (
            base64.b64decode(body, validate=True)
            if result.get("isBase64Encoded")
            else body.encode()
        )
        headers = _headers(result, multi=multi)
    except (TypeError, KeyError, ValueError, AttributeError, binascii.Error):
        return None
    return None if len(data) > LIMIT else FunctionAnswer(int(status), headers, data)


def _headers(result: dict[str, Any], *, multi: bool) -> list[tuple[str, str]]:
    if multi:
        return [
            (name, str(value))
            for name, values in (result.get("multiValueHeaders") or {}).items()
            for value in values
        ]
    return [(name, str(value)) for name, value in (result.get("headers") or {}).items()]
