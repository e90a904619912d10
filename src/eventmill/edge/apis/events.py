"""The events of HTTP APIs, payload format 2.0, and of their authorizers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from eventmill.edge.apis.model import Api, Route
from eventmill.kernel.clock import clf_time

_TEXT = (
    "text/",
    "application/json",
    "application/xml",
    "application/javascript",
    "application/x-www-form-urlencoded",
)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to an API. `path` is below the stage, decoded once."""

    api: Api
    stage: str
    method: str
    path: str
    raw_path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client: str
    request_id: str
    now: float
    account: str
    domain: str


def payload(
    request: Request, route: Route, labels: Mapping[str, str], authorizer: Any
) -> dict[str, Any]:
    """What the function gets; empty optional maps are left out."""
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": request.raw_path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": context(request, route, authorizer),
        "isBase64Encoded": False,
    }
    cookies = request.headers.get("cookie")
    if cookies:
        event["cookies"] = [part.strip() for part in cookies.split(";")]
    query = _query(request.query)
    if query:
        event["queryStringParameters"] = query
    if labels:
        event["pathParameters"] = {name: unquote(value) for name, value in labels.items()}
    variables = request.api.stages.get(request.stage)
    if variables:
        event["stageVariables"] = dict(variables)
    if request.body:
        event |= _body(request)
    return event


def context(request: Request, route: Route, authorizer: Any) -> dict[str, Any]:
    """The requestContext."""
    result: dict[str, Any] = {
        "accountId": request.account,
        "apiId": request.api.id,
        "domainName": request.domain,
        "domainPrefix": request.api.id,
        "http": {
            "method": request.method,
            "path": request.raw_path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.client,
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": request.request_id,
        "routeKey": route.key,
        "stage": request.stage,
        "time": clf_time(request.now),
        "timeEpoch": int(request.now * 1000),
    }
    if authorizer is not None:
        result["authorizer"] = {"lambda": authorizer}
    return result


def _query(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _body(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "")
    encoded = "content-encoding" in request.headers or not kind.startswith(_TEXT)
    if not encoded:
        try:
            return {"body": request.body.decode()}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def authorizer_event(
    request: Request, route: Route, labels: Mapping[str, str], sources: list[str], arn: str
) -> dict[str, Any]:
    """What a Lambda authorizer of format 2.0 gets."""
    event = payload(request, route, labels, None)
    kept = (
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "cookies",
        "headers",
        "queryStringParameters",
        "requestContext",
        "pathParameters",
        "stageVariables",
    )
    return {name: event[name] for name in kept if name in event} | {
        "type": "REQUEST",
        "routeArn": arn,
        "identitySource": sources,
    }
