"""The documents' records: one item each, changed only by conditional writes that lead forward.

An item: document (`<tenant>#<id>`, the key), id, tenant, name, created (ISO-8601), version (counts
changes), stage, rank, status, run, stages (list of stage, at, ms), and what the stages found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from adapters.clients import holds, table
from documents.errors import Transient
from documents.progress import Progress, Reason, Stage, Status

TABLE = "DOCUMENTS_TABLE"
Record = dict[str, Any]

_TRIES = 8


@dataclass(frozen=True)
class Ref:
    """Which document, and in which run of it."""

    tenant: str
    id: str
    run: int = 1

    @property
    def key(self) -> dict[str, str]:
        """The table's key."""
        return {"document": f"{self.tenant}#{self.id}"}

    def detail(self) -> dict[str, Any]:
        """As events and messages carry it."""
        return {"tenant": self.tenant, "id": self.id, "run": self.run}

    @classmethod
    def of(cls, detail: dict[str, Any]) -> Ref:
        """From an event or a message. Raises KeyError."""
        return cls(detail["tenant"], detail["id"], int(detail.get("run", 1)))


def now() -> str:
    """ISO-8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def get(ref: Ref) -> Record | None:
    """The record, or None."""
    item: Record | None = table(TABLE).get_item(Key=ref.key, ConsistentRead=True).get("Item")
    return item


def working(ref: Ref) -> Record | None:
    """The record while its document is being worked on in `ref`'s run; None otherwise."""
    record = get(ref)
    if record is None or record["run"] != ref.run or record["status"] != Status.WORKING:
        return None
    return record


def progress_of(record: Record) -> Progress:
    """How far the document has come."""
    reason = record.get("reason")
    return Progress(
        Stage(record["stage"]),
        Status(record["status"]),
        int(record["run"]),
        Reason(reason["code"], reason["message"], Stage(reason["stage"])) if reason else None,
    )


def create(ref: Ref, name: str, size: int | None) -> Record:
    """A new record, or the one that is there."""
    at = now()
    record: Record = {
        **ref.key,
        "id": ref.id,
        "tenant": ref.tenant,
        "name": name,
        "created": at,
        "version": 1,
        "stage": Stage.UPLOADING.value,
        "rank": Stage.UPLOADING.rank,
        "status": Status.WORKING.value,
        "run": 1,
        "stages": [{"stage": Stage.UPLOADING.value, "at": at}],
    }
    if size is not None:
        record["size"] = size
    new = Attr("document").not_exists()
    if holds(table(TABLE).put_item, Item=record, ConditionExpression=new):
        return record
    found = get(ref)
    assert found is not None
    return found


def move(record: Record, progress: Progress, ms: int | None = None, **found: Any) -> Record | None:
    """Write a step that `documents.progress` allowed; None when another was faster.

    `ms` is how long the stage took, `found` what it found. The condition on the version makes the
    step happen once, however often the event that caused it arrives.
    """
    changed: Record = {
        **record,
        **_plain(found),
        "version": int(record["version"]) + 1,
        "stage": progress.stage.value,
        "rank": progress.stage.rank,
        "status": progress.status.value,
        "run": progress.run,
    }
    changed.pop("reason", None)
    if progress.status is not Status.DUPLICATE:
        changed.pop("duplicate_of", None)
    if progress.reason is not None:
        changed["reason"] = {
            "code": progress.reason.code,
            "message": progress.reason.message,
            "stage": progress.reason.stage.value,
        }
    if progress.stage.value != record["stage"]:
        step: dict[str, Any] = {"stage": progress.stage.value, "at": now()}
        if ms is not None:
            step["ms"] = ms
        changed["stages"] = [*record["stages"], step]
    same = Attr("version").eq(record["version"])
    return changed if holds(table(TABLE).put_item, Item=changed, ConditionExpression=same) else None


def _plain(value: Any) -> Any:
    """What DynamoDB can hold: no floats, no empty sets, no None."""
    if isinstance(value, float):
        return Decimal(str(round(value, 6)))
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value if entry is not None]
    return value


def delete(ref: Ref) -> None:
    """Deletes the record; one that is gone is no error."""
    table(TABLE).delete_item(Key=ref.key)


def newest(tenant: str, limit: int, after: dict[str, Any] | None) -> tuple[list[Record], Any]:
    """A page of a tenant's records, newest first, and where the next one begins."""
    request: dict[str, Any] = {"ExclusiveStartKey": after} if after else {}
    answer = table(TABLE).query(
        IndexName="newest",
        KeyConditionExpression=Key("tenant").eq(tenant),
        ScanIndexForward=False,
        Limit=limit,
        **request,
    )
    return answer["Items"], answer.get("LastEvaluatedKey")


def claim_content(ref: Ref, sha256: str) -> str:
    """The id of the document that has this content; `ref` itself when it is the first."""
    key = {"document": f"content#{ref.tenant}#{sha256}"}
    ours = Attr("document").not_exists() | Attr("holder").eq(ref.id)
    for _ in range(_TRIES):
        item = {**key, "holder": ref.id}
        if holds(table(TABLE).put_item, Item=item, ConditionExpression=ours):
            return ref.id
        claim = table(TABLE).get_item(Key=key, ConsistentRead=True).get("Item")
        if claim is None:
            continue
        holder = get(Ref(ref.tenant, claim["holder"]))
        if holder is not None:
            return str(claim["holder"])
        # The first one was deleted: its claim is free.
        _free(key, claim["holder"])
    raise Transient("busy", "many copies of this document arrive at once")


def free_content(record: Record) -> None:
    """A deleted document's content may come again."""
    if "sha256" in record:
        key = {"document": f"content#{record['tenant']}#{record['sha256']}"}
        _free(key, record["id"])


def _free(key: dict[str, str], holder: str) -> None:
    holds(table(TABLE).delete_item, Key=key, ConditionExpression=Attr("holder").eq(holder))
