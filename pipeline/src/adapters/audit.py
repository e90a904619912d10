"""The append-only audit trail and the replica of the table, both fed by its stream."""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from adapters.clients import holds, table

_AUDIT = "AUDIT_TABLE"
_REPLICA = "REPLICA_TABLE"


def append(document: str, at: str, event_id: str, entry: dict[str, Any]) -> None:
    """Add an entry; one of the same stream record is there already and stays as it is."""
    item = {"document": document, "entry": f"{at}#{event_id}", "at": at, **entry}
    holds(table(_AUDIT).put_item, Item=item, ConditionExpression=Attr("entry").not_exists())


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
    holds(table(_REPLICA).put_item, Item=record, ConditionExpression=newer)


def forget(document: str) -> None:
    """The record is gone."""
    table(_REPLICA).delete_item(Key={"document": document})
