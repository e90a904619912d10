"""The event of a Lambda proxy integration: payload format 1.0 of REST APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
from typing import Any

from eventmill.edge.apis.rest.binary import is_binary
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.hosts import port_of
from eventmill.kernel.http import grouped

_NOT_PASSED = frozenset({"connection", "transfer-encoding", "te", "expect"})


def forwarded_headers(request: Request) -> list[tuple[str, str]]:
    """The client's headers as it wrote them, and those that API Gateway adds."""
    headers = [entry for entry in request.sent if entry[0].lower() not in _NOT_PASSED]
    port = port_of(request.headers.get("host", ""), request.scheme)
    for name, value in (
        ("X-Amzn-Trace-Id", request.trace),
        ("X-Forwarded-For", request.client),
        ("X-Forwarded-Port", port),
        ("X-Forwarded-Proto", request.scheme),
    ):
        if name.lower() not in request.headers:
            headers.append((name, value))
    return headers


def parameters(request: Request) -> dict[str, Any]:
    """The members of the event that say what was asked for, all but the body."""
    assert request.method is not None
    headers, query = forwarded_headers(request), request.pairs
    return {
        "resource": request.method.resource_path,
        "path": request.base + request.path,
        "httpMethod": request.verb,
        "headers": dict(headers) or None,
        "multiValueHeaders": grouped(headers) or None,
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": grouped(query) or None,
        "pathParameters": dict(request.labels) or None,
        "stageVariables": dict(request.stage.variables) or None,
        "requestContext": request.context(),
    }


def proxy_event(request: Request) -> dict[str, Any]:
    """What the function gets. Maps that are empty, and an empty body, are null."""
    event = parameters(request)
    if not request.body:
        return event | {"body": None, "isBase64Encoded": False}
    if is_binary(request.stage.binary, request.headers.get("content-type", "")):
        return event | {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}
    return event | {"body": request.body.decode("utf-8", "replace"), "isBase64Encoded": False}
