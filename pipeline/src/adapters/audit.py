"""The append-only audit trail and the replica of the table, both fed by its stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from adapters.clients import holds, table

_AUDIT = "AUDIT_TABLE"
_REPLICA = "REPLICA_TABLE"


_INTERNAL = frozenset({"document", "entry", "sequence"})


@dataclass(frozen=True)
class Entry:
    """What a stream record of a document says.

    `sequence` is the stream record's number: it tells the order of changes within one second.
    """

    document: str
    at: str
    sequence: str
    event_id: str
    said: dict[str, Any]

    def item(self) -> dict[str, Any]:
        """As the table holds it: the same stream record gives the same item again."""
        key = {"document": self.document, "entry": f"{self.at}#{self.event_id}"}
        return {**key, "at": self.at, "sequence": self.sequence, **self.said}


def append(entries: Iterable[Entry]) -> None:
    """Add entries; those of stream records that came before are there already."""
    with table(_AUDIT).batch_writer(overwrite_by_pkeys=["document", "entry"]) as batch:
        for entry in entries:
            batch.put_item(Item=entry.item())


def entries(document: str) -> list[dict[str, Any]]:
    """A document's trail, oldest first."""
    found: list[dict[str, Any]] = table(_AUDIT).query(
        KeyConditionExpression=Key("document").eq(document), ConsistentRead=True
    )["Items"]
    return [
        {key: value for key, value in entry.items() if key not in _INTERNAL}
        for entry in sorted(found, key=_order)
    ]


def _order(entry: dict[str, Any]) -> tuple[int, str]:
    """A document's sequence numbers grow; entries of earlier deployments have none."""
    return int(entry.get("sequence", 0)), entry["at"]


def replicate(record: dict[str, Any]) -> None:
    """Take a record over, unless a later version is there."""
    newer = Attr("document").not_exists() | Attr("version").lt(record["version"])
    holds(table(_REPLICA).put_item, Item=record, ConditionExpression=newer)


def forget(document: str) -> None:
    """The record is gone."""
    table(_REPLICA).delete_item(Key={"document": document})
