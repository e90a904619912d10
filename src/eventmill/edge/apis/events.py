"""The events of HTTP APIs in both payload formats, and those of their authorizers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from eventmill.edge.apis.called import Called
from eventmill.edge.apis.model import Route, Stage
from eventmill.edge.hosts import hostname
from eventmill.edge.payloads import cookies_of, event_body
from eventmill.kernel.clock import clf_time
from eventmill.kernel.http import grouped, joined

_AUTHORIZER_2 = (
    *("version", "routeKey", "rawPath", "rawQueryString", "cookies", "headers"),
    *("queryStringParameters", "requestContext", "pathParameters", "stageVariables"),
)
_AUTHORIZER_1 = (
    *("version", "resource", "path", "httpMethod", "headers", "multiValueHeaders"),
    *("queryStringParameters", "multiValueQueryStringParameters", "pathParameters"),
    *("stageVariables", "requestContext"),
)


@dataclass
class Request:
    """One HTTP request to a route of a stage.

    `path` is below the stage and decoded once, `raw_path` what the client sent. What the steps
    before the integration find out is written into `body` and `authorizer`, which is what
    requestContext.authorizer becomes: `{"lambda": …}`, `{"jwt": …}`, `{"iam": …}`, or None.
    """

    stage: Stage
    route: Route
    labels: Mapping[str, str]
    method: str
    path: str
    raw_path: str
    query: str
    headers: Mapping[str, str]
    client: str
    request_id: str
    now: float
    account: str
    domain: str
    lines: list[tuple[str, str]]
    """The headers as they came, repeated ones apart."""
    pairs: list[tuple[str, str]]
    """The query's parameters, decoded, in their order."""
    body: bytes = b""
    authorizer: Mapping[str, Any] | None = None
    called: Called = field(default_factory=Called)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query's parameters by name, values of a repeated one joined by commas."""
        return joined(self.pairs)

    @cached_property
    def context(self) -> dict[str, Any]:
        """The requestContext of format 2.0 without what the authorizer adds."""
        return {
            "accountId": self.account,
            "apiId": self.stage.api,
            "domainName": self.domain,
            "domainPrefix": _prefix(self),
            "http": {
                "method": self.method,
                "path": self.raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": self.client,
                "userAgent": self.headers.get("user-agent", ""),
            },
            "requestId": self.request_id,
            "routeKey": self.route.key,
            "stage": self.stage.name,
            "time": clf_time(self.now),
            "timeEpoch": int(self.now * 1000),
        }


def pairs_of(query: str) -> list[tuple[str, str]]:
    """The parameters of a query, decoded."""
    return parse_qsl(query, keep_blank_values=True)


def payload(request: Request) -> dict[str, Any]:
    """What a function gets, by its integration's payload format."""
    integration = request.route.integration
    assert integration is not None
    return _payload_2(request) if integration.version == "2.0" else _payload_1(request)


def _payload_2(request: Request) -> dict[str, Any]:
    """Empty optional maps are left out."""
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    context = request.context
    if request.authorizer is not None:
        context = context | {"authorizer": request.authorizer}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": request.route.key,
        "rawPath": request.raw_path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": False,
    }
    cookies = cookies_of(request.headers)
    if cookies:
        event["cookies"] = cookies
    if request.parameters:
        event["queryStringParameters"] = request.parameters
    if request.labels:
        event["pathParameters"] = _labels(request)
    if request.stage.variables:
        event["stageVariables"] = dict(request.stage.variables)
    if request.body:
        body, encoded = event_body(request.headers, request.body)
        event |= {"body": body, "isBase64Encoded": encoded}
    return event


def _payload_1(request: Request) -> dict[str, Any]:
    """Empty optional maps are null; of repeated headers and parameters the last value counts."""
    body: str | None
    body, encoded = None, False
    if request.body:
        body, encoded = event_body(request.headers, request.body)
    return {
        "version": "1.0",
        "resource": request.route.key.partition(" ")[2] or "$default",
        "path": request.raw_path,
        "httpMethod": request.method,
        "headers": dict(request.lines),
        "multiValueHeaders": grouped(request.lines),
        "queryStringParameters": dict(request.pairs) or None,
        "multiValueQueryStringParameters": grouped(request.pairs) or None,
        "requestContext": _context_1(request),
        "pathParameters": _labels(request) or None,
        "stageVariables": dict(request.stage.variables) or None,
        "body": body,
        "isBase64Encoded": encoded,
    }


def _labels(request: Request) -> dict[str, str]:
    return {name: unquote(value) for name, value in request.labels.items()}


def _prefix(request: Request) -> str:
    """The first label of the domain, or for the engine's own address the API's id."""
    name = hostname(request.domain)
    return name.partition(".")[0] if not name[:1].isdigit() and "." in name else request.stage.api


def _context_1(request: Request) -> dict[str, Any]:
    identity = dict.fromkeys(
        (
            *("accessKey", "accountId", "caller", "cognitoAmr", "cognitoAuthenticationProvider"),
            *("cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId"),
            *("principalOrgId", "user", "userArn"),
        )
    )
    given = request.authorizer or {}
    iam = given.get("iam") or {}
    if iam:
        identity |= {
            "accessKey": iam["accessKey"],
            "accountId": iam["accountId"],
            "caller": iam["callerId"],
            "user": iam["userId"],
            "userArn": iam["userArn"],
        }
    result: dict[str, Any] = {
        "accountId": request.account,
        "apiId": request.stage.api,
        "domainName": request.domain,
        "domainPrefix": _prefix(request),
        "extendedRequestId": request.request_id,
        "httpMethod": request.method,
        "identity": identity
        | {"sourceIp": request.client, "userAgent": request.headers.get("user-agent", "")},
        "path": request.raw_path,
        "protocol": "HTTP/1.1",
        "requestId": request.request_id,
        "requestTime": clf_time(request.now),
        "requestTimeEpoch": int(request.now * 1000),
        "resourceId": request.route.key,
        "resourcePath": request.route.key.partition(" ")[2] or "$default",
        "stage": request.stage.name,
    }
    if "lambda" in given:
        result["authorizer"] = given["lambda"]
    elif "jwt" in given:
        result["authorizer"] = given["jwt"]
    return result


def authorizer_event(
    request: Request, version: str, sources: list[str], arn: str
) -> dict[str, Any]:
    """What a Lambda authorizer gets, by its own payload format."""
    if version == "2.0":
        event = _payload_2(request)
        kept = {name: event[name] for name in _AUTHORIZER_2 if name in event}
        return kept | {"type": "REQUEST", "routeArn": arn, "identitySource": sources}
    event = _payload_1(request)
    text = ",".join(sources)
    return {name: event[name] for name in _AUTHORIZER_1} | {
        "type": "REQUEST",
        "methodArn": arn,
        "identitySource": text,
        "authorizationToken": text,
    }
