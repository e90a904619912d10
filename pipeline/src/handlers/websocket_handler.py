"""The WebSocket's own events: who connects, who leaves, who wants to know of what."""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import connections
from handlers.powertools import logger

_OK = {"statusCode": 200}


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    about = event["requestContext"]
    connection, tenant = about["connectionId"], about.get("authorizer", {}).get("tenant", "")
    if about["routeKey"] == "$connect":
        connections.subscribe(tenant, connection, "")
    elif about["routeKey"] == "$disconnect":
        connections.forget(connection)
    else:
        connections.tell(connection, answer(tenant, connection, event.get("body") or ""))
    return _OK


def answer(tenant: str, connection: str, body: str) -> dict[str, Any]:
    """What a client's message is answered with."""
    try:
        message = json.loads(body)
        action = message["action"]
    except (ValueError, KeyError, TypeError):
        return _refused("send JSON with an action")
    if action == "ping":
        return {"type": "pong"}
    document = message.get("document")
    if action != "subscribe" or not isinstance(document, str) or not document:
        return _refused('send {"action": "subscribe", "document": "<id>" or "*"}')
    connections.subscribe(tenant, connection, document)
    return {"type": "subscribed", "document": document}


def _refused(message: str) -> dict[str, Any]:
    return {"type": "error", "message": message}
