"""Archives: events of a bus that are kept, to be replayed.

An archive is fed by a managed rule of its bus, `Events-Archive-<name>`, which leaves out events
that are themselves replayed. An event is kept in the transaction that puts it on the bus.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from eventmill.kernel.clock import iso_epoch
from eventmill.services.contract import Call, Result
from eventmill.services.events import buses, faults, rules
from eventmill.services.events.buses import OPERATIONS
from eventmill.store.transaction import Transaction

NAME_LIMIT = 48
RULE_PREFIX = "Events-Archive-"
_SHOWN = ("Description", "KmsKeyIdentifier")
_DAY = 86_400.0
_SELECT = "SELECT name, bus, pattern, retention, config, created FROM events_archives"


class _Archive(NamedTuple):
    """A row of `_SELECT`: pattern and config as JSON, retention in days."""

    name: str
    bus: str
    pattern: str | None
    retention: int
    config: str
    created: float


def archive_arn(call: Call, name: str) -> str:
    """The ARN of an archive of this account."""
    return f"arn:aws:events:{call.region}:{call.account}:archive/{name}"


def bus_of(tx: Transaction, name: str) -> str | None:
    """The bus that an archive keeps events of; None when there is no such archive."""
    row = tx.one("SELECT bus FROM events_archives WHERE name=?", (name,))
    return None if row is None else row[0]


def keep(tx: Transaction, rule: str, event: Mapping[str, Any]) -> None:
    """Put an event into the archive that a managed rule feeds."""
    tx.execute(
        "INSERT INTO events_archived(archive, time, ingested, event) VALUES(?,?,?,?)",
        (
            rule.removeprefix(RULE_PREFIX),
            iso_epoch(event["time"]),
            tx.now,
            orjson.dumps(event),
        ),
    )


def expire(tx: Transaction) -> None:
    """Delete events that are past their archive's retention."""
    for name, days in tx.all("SELECT name, retention FROM events_archives WHERE retention>0"):
        tx.execute(
            "DELETE FROM events_archived WHERE archive=? AND ingested<?",
            (name, tx.now - days * _DAY),
        )


def _rule_pattern(pattern: str | None) -> str:
    wanted = json.loads(pattern) if pattern else {}
    return json.dumps({**wanted, "replay-name": [{"exists": False}]})


def create(call: Call, name: str, source: str, settings: Mapping[str, Any]) -> None:
    """Raises Invalid for a name that is taken or too long, an unknown bus, a bad pattern."""
    if len(name) > NAME_LIMIT:
        raise faults.validation(
            f"1 validation error detected: Value '{name}' at 'archiveName' failed to satisfy "
            f"constraint: Member must have length less than or equal to {NAME_LIMIT}"
        )
    if bus_of(call.tx, name) is not None:
        raise faults.taken(f"Archive {name} already exists.")
    bus = buses.require(call.tx, source)
    call.tx.execute("INSERT INTO events_archives VALUES(?,?,NULL,0,'{}',?)", (name, bus, call.now))
    change(call, name, settings)


def change(call: Call, name: str, settings: Mapping[str, Any]) -> None:
    """Replace pattern, retention and description by those that `settings` has. Raises Invalid."""
    archive = _archive(call.tx, name)
    pattern, retention = archive.pattern, archive.retention
    if "EventPattern" in settings:
        pattern = settings["EventPattern"] or None
    if pattern:
        rules.check_pattern(pattern)
    if "RetentionDays" in settings:
        retention = int(settings["RetentionDays"] or 0)
    shown = json.loads(archive.config) | {key: settings[key] for key in _SHOWN if settings.get(key)}
    call.tx.execute(
        "UPDATE events_archives SET pattern=?, retention=?, config=? WHERE name=?",
        (pattern, retention, json.dumps(shown), name),
    )
    rules.put_managed(call.tx, archive.bus, RULE_PREFIX + name, _rule_pattern(pattern))


def delete(call: Call, name: str) -> None:
    """With its events and its rule. Raises Invalid (ResourceNotFoundException)."""
    bus = _archive(call.tx, name).bus
    call.tx.execute("DELETE FROM events_archives WHERE name=?", (name,))
    call.tx.execute("DELETE FROM events_archived WHERE archive=?", (name,))
    rules.drop_managed(call.tx, bus, RULE_PREFIX + name)


def _archive(tx: Transaction, name: str) -> _Archive:
    row = tx.one(f"{_SELECT} WHERE name=?", (name,))
    if row is None:
        raise faults.missing(f"Archive {name} does not exist.")
    return _Archive(*row)


def _described(call: Call, archive: _Archive) -> dict[str, Any]:
    return {
        "ArchiveName": archive.name,
        "EventSourceArn": buses.bus_arn(call, archive.bus),
        "State": "ENABLED",
        "RetentionDays": archive.retention,
        "CreationTime": archive.created,
    }


def _size(tx: Transaction, archive: str) -> dict[str, int]:
    row = tx.one(
        "SELECT count(*), coalesce(sum(length(event)), 0) FROM events_archived WHERE archive=?",
        (archive,),
    )
    assert row is not None
    return {"EventCount": row[0], "SizeBytes": row[1]}


def _state(call: Call, name: str) -> dict[str, Any]:
    created = _archive(call.tx, name).created
    return {"ArchiveArn": archive_arn(call, name), "State": "ENABLED", "CreationTime": created}


@OPERATIONS.write("CreateArchive")
def create_archive(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid as `create` does."""
    create(call, request["ArchiveName"], request["EventSourceArn"], request)
    return _state(call, request["ArchiveName"])


@OPERATIONS.write("UpdateArchive")
def update_archive(call: Call, request: dict[str, Any]) -> Result:
    """Changes what the request names."""
    change(call, request["ArchiveName"], request)
    return _state(call, request["ArchiveName"])


@OPERATIONS.sweep("DeleteArchive")
def delete_archive(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    delete(call, request["ArchiveName"])
    return {}


@OPERATIONS.scan("DescribeArchive")
def describe_archive(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    name = request["ArchiveName"]
    archive = _archive(call.tx, name)
    answer: dict[str, Any] = (
        _described(call, archive) | _size(call.tx, name) | json.loads(archive.config)
    )
    answer["ArchiveArn"] = archive_arn(call, name)
    if archive.pattern:
        answer["EventPattern"] = archive.pattern
    return answer


@OPERATIONS.scan("ListArchives")
def list_archives(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by name. Raises Invalid for more than one filter."""
    wanted = buses.only_filter("ListArchives", request, ("State", "EventSourceArn", "NamePrefix"))
    rows = call.tx.all(f"{_SELECT} WHERE name>? ORDER BY name", (request.get("NextToken") or "",))
    found = [(row[0], _described(call, _Archive(*row))) for row in rows]
    answer = buses.page(request, "Archives", [one for one in found if wanted(*one)])
    for shown in answer["Archives"]:
        shown |= _size(call.tx, shown["ArchiveName"])
    return answer
