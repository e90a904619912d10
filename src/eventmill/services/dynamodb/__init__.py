"""Amazon DynamoDB: tables, items, expressions, indexes, transactions and streams."""

from __future__ import annotations

from eventmill.services.contract import Service
from eventmill.services.dynamodb import (
    destination_operations,
    items,
    queries,
    stream_api,
    streams,
    table_operations,
    table_settings,
    tables,
    transactions,
)
from eventmill.services.dynamodb.destinations import CHANGE, partition_key
from eventmill.services.dynamodb.partiql import operations as statements
from eventmill.services.dynamodb.resources import RESOURCES
from eventmill.services.dynamodb.schema import SCHEMA
from eventmill.services.dynamodb.storage import expire, next_expiry
from eventmill.store.transaction import Transaction

# Importing these registers their operations.
_OPERATION_MODULES = (
    destination_operations,
    items,
    queries,
    statements,
    table_operations,
    table_settings,
    transactions,
)

SERVICE = Service("dynamodb", tables.OPERATIONS.by_name, SCHEMA, RESOURCES)
STREAMS = Service("dynamodbstreams", stream_api.OPERATIONS.by_name)

__all__ = [
    "CHANGE",
    "SERVICE",
    "STREAMS",
    "exists",
    "expire",
    "next_expiry",
    "partition_key",
    "streams",
]


def exists(tx: Transaction, arn: str) -> bool:
    """Whether the table or stream that an ARN names exists."""
    if "/stream/" in arn:
        return streams.exists(tx, arn)
    return tx.one("SELECT 1 FROM ddb_tables WHERE arn=?", (arn,)) is not None
