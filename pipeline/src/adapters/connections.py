"""Who listens to what over the WebSocket, and how they are told.

An item: topic (`<tenant>#*` or `<tenant>#<document>`), connection, expires. A connection that has
subscribed to nothing has one item with the topic `<tenant>#`.
"""

import json
import os
import time
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from adapters.clients import client, table

_TABLE = "CONNECTIONS_TABLE"
_LONGEST = 2 * 3_600 + 600
"""Seconds after which a connection is gone for sure: API Gateway ends each after two hours."""

EVERYTHING = "*"


def subscribe(tenant: str, connection: str, document: str) -> None:
    """Tell a connection of changes of one document, of `*`, or with "" of none."""
    table(_TABLE).put_item(
        Item={
            "topic": f"{tenant}#{document}",
            "connection": connection,
            "expires": int(time.time()) + _LONGEST,
        }
    )


def forget(connection: str) -> None:
    """Remove a connection and all it subscribed to; one that is gone is no error."""
    found = table(_TABLE).query(
        IndexName="connections", KeyConditionExpression=Key("connection").eq(connection)
    )["Items"]
    with table(_TABLE).batch_writer() as batch:
        for item in found:
            batch.delete_item(Key={"topic": item["topic"], "connection": connection})


def tell(connection: str, message: dict[str, Any]) -> bool:
    """Send a message. False for a connection that is gone: it is forgotten."""
    try:
        client("apigatewaymanagementapi", os.environ["CONNECTIONS_URL"]).post_to_connection(
            ConnectionId=connection, Data=json.dumps(message).encode()
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "GoneException":
            raise
        forget(connection)
        return False
    return True


class Audience:
    """Who listens, asked once for each topic: for the length of one batch of news.

    Who subscribes meanwhile reads the documents afterwards, and finds there what this batch tells.
    """

    def __init__(self) -> None:
        self._listeners: dict[str, set[str]] = {}

    def tell(self, tenant: str, document: str, message: dict[str, Any]) -> None:
        """Send a message to all who want to know of a document."""
        for connection in self._of(tenant, document) | self._of(tenant, EVERYTHING):
            if not tell(connection, message):
                for listening in self._listeners.values():
                    listening.discard(connection)

    def _of(self, tenant: str, document: str) -> set[str]:
        topic = f"{tenant}#{document}"
        if topic not in self._listeners:
            pages = table(_TABLE).query(KeyConditionExpression=Key("topic").eq(topic))
            self._listeners[topic] = {item["connection"] for item in pages["Items"]}
        return self._listeners[topic]
