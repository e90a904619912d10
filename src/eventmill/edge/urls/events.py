"""The event of a function URL: payload format 2.0 with fixed values.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from eventmill.edge.hosts import port_of
from eventmill.edge.payloads import cookies_of, event_body, iam_caller
from eventmill.kernel.clock import clf_time
from eventmill.kernel.http import joined


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed the request."""

    access_key: str
    account: str


@dataclass(frozen=True, slots=True)
class UrlRequest:
    """One request; `path` is below the URL, still percent-encoded."""

    url_id: str
    region: str
    scheme: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client: str
    request_id: str
    trace: str
    now: float
    caller: Caller | None
    """None for a URL that anybody may call."""


def payload(request: UrlRequest) -> dict[str, Any]:
    """What the function gets; empty optional members are left out."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
        "headers": _headers(request),
        "requestContext": _context(request),
        "isBase64Encoded": False,
    }
    cookies = cookies_of(request.headers)
    if cookies:
        event["cookies"] = cookies
    values = joined(parse_qsl(request.query, keep_blank_values=True))
    if values:
        event["queryStringParameters"] = values
    if request.body:
        body, encoded = event_body(request.headers, request.body, _is_text)
        event |= {"body": body, "isBase64Encoded": encoded}
    return event


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or any(word in kind for word in ("json", "xml", "javascript"))


def _headers(request: UrlRequest) -> dict[str, str]:
    port = port_of(request.headers.get("host", ""), request.scheme)
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    for name, value in (
        ("x-forwarded-for", request.client),
        ("x-forwarded-port", port),
        ("x-forwarded-proto", request.scheme),
        ("x-amzn-trace-id", request.trace),
    ):
        headers.setdefault(name, value)
    return headers


def _context(request: UrlRequest) -> dict[str, Any]:
    context: dict[str, Any] = {
        "accountId": "anonymous" if request.caller is None else request.caller.account,
        "apiId": request.url_id,
        "domainName": f"{request.url_id}.lambda-url.{request.region}.on.aws",
        "domainPrefix": request.url_id,
        "http": {
            "method": request.method,
            "path": unquote(request.path),
            "protocol": "HTTP/1.1",
            "sourceIp": request.client,
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": request.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": clf_time(request.now),
        "timeEpoch": int(request.now * 1000),
    }
    if request.caller is not None:
        context["authorizer"] = {
            "iam": iam_caller(request.caller.access_key, request.caller.account)
        }
    return context
