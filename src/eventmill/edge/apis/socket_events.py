"""The events of WebSocket APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

from __future__ import annotations

from typing import Any

from eventmill.edge.apis.connections import Connection
from eventmill.edge.apis.events import pairs_of
from eventmill.kernel.clock import clf_time
from eventmill.kernel.http import grouped
from eventmill.kernel.ids import Ids

_REASONS = {
    1000: "Connection Closed Normally",
    1001: "Going away",
    1005: "Client-side close frame status not set",
    1006: "Connection Closed Abnormally",
}


def event_of(
    connection: Connection, ids: Ids, now: float, kind: str, key: str, request_id: str
) -> dict[str, Any]:
    """What all events have in common; `kind` is CONNECT, MESSAGE or DISCONNECT."""
    context: dict[str, Any] = {
        "routeKey": key,
        "eventType": kind,
        "extendedRequestId": request_id,
        "requestTime": clf_time(now),
        "messageDirection": "IN",
        "stage": connection.stage.name,
        "connectedAt": int(connection.connected * 1000),
        "requestTimeEpoch": int(now * 1000),
        "identity": {"sourceIp": connection.client, "userAgent": connection.agent},
        "requestId": request_id,
        "domainName": connection.domain,
        "connectionId": connection.id,
        "apiId": connection.stage.api,
    }
    if kind == "MESSAGE":
        context["messageId"] = ids.opaque(11)
    if connection.authorizer is not None:
        context["authorizer"] = dict(connection.authorizer)
    event: dict[str, Any] = {"requestContext": context, "isBase64Encoded": False}
    if connection.stage.variables:
        event["stageVariables"] = dict(connection.stage.variables)
    return event


def with_handshake(
    event: dict[str, Any], sent: list[tuple[str, str]], query: str
) -> dict[str, Any]:
    """A CONNECT event has the handshake's headers, as they were written, and its query."""
    event["headers"] = dict(sent)
    event["multiValueHeaders"] = grouped(sent)
    pairs = pairs_of(query)
    if pairs:
        event["queryStringParameters"] = dict(pairs)
        event["multiValueQueryStringParameters"] = grouped(pairs)
    return event


def with_end(event: dict[str, Any], connection: Connection, code: int, reason: str) -> None:
    """A DISCONNECT event says why."""
    host = {"Host": connection.domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    event["headers"] = host
    event["multiValueHeaders"] = {name: [value] for name, value in host.items()}
    event["requestContext"] |= {
        "disconnectStatusCode": code,
        "disconnectReason": reason or _REASONS.get(code, ""),
    }
