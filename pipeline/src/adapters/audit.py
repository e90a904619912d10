"""The append-only audit trail and the replica of the table, both fed by its stream."""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from adapters.clients import table

_AUDIT = "AUDIT_TABLE"
_REPLICA = "REPLICA_TABLE"


def append(document: str, at: str, event_id: str, entry: dict[str, Any]) -> None:
    """Add an entry; one of the same stream record is there already and stays as it is."""
    _write(
        _AUDIT,
        {"document": document, "entry": f"{at}#{event_id}", "at": at, **entry},
        Attr("entry").not_exists(),
    )


def entries(document: str) -> list[dict[str, Any]]:
    """A document's trail, oldest first."""
    found: list[dict[str, Any]] = table(_AUDIT).query(
        KeyConditionExpression=Key("document").eq(document), ConsistentRead=True
    )["Items"]
    return [
        {key: value for key, value in entry.items() if key not in ("document", "entry")}
        for entry in found
    ]


def replicate(record: dict[str, Any]) -> None:
    """Take a record over, unless a later version is there."""
    newer = Attr("document").not_exists() | Attr("version").lt(record["version"])
    _write(_REPLICA, record, newer)


def forget(document: str) -> None:
    """The record is gone."""
    table(_REPLICA).delete_item(Key={"document": document})


def _write(variable: str, item: dict[str, Any], condition: Any) -> None:
    try:
        table(variable).put_item(Item=item, ConditionExpression=condition)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
