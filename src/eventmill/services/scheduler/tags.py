"""Tags of schedule groups, which mean nothing on one machine and are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.scheduler.operations import OPERATIONS
from eventmill.store.transaction import Transaction


def put(tx: Transaction, arn: str, tags: Iterable[Mapping[str, str]]) -> None:
    """Add or replace tags."""
    tx.executemany(
        "INSERT OR REPLACE INTO scheduler_tags VALUES(?,?,?)",
        [(arn, tag["Key"], tag["Value"]) for tag in tags],
    )


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Adds or replaces tags."""
    put(call.tx, request["ResourceArn"], request["Tags"])
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    call.tx.executemany(
        "DELETE FROM scheduler_tags WHERE arn=? AND key=?",
        [(request["ResourceArn"], key) for key in request["TagKeys"]],
    )
    return {}


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by key."""
    rows = call.tx.all(
        "SELECT key, value FROM scheduler_tags WHERE arn=? ORDER BY key", (request["ResourceArn"],)
    )
    return {"Tags": [{"Key": key, "Value": value} for key, value in rows]}
