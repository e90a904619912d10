"""Log groups and how long they keep their events.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services import paging
from eventmill.services.contract import Call, Operations, Result
from eventmill.services.tags import Tags
from eventmill.store.transaction import Row, Transaction

OPERATIONS = Operations()
_NAME = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}\Z")
_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653),
)
"""How long events may be kept."""

RECORDED = ("logGroupClass", "kmsKeyId", "deletionProtectionEnabled")
_PAGE = 50

TAGS = Tags("logs_tags")


def changed_key(group: str) -> str:
    """Announced when a group got events."""
    return f"logs:{group}"


def group_arn(call: Call, name: str) -> str:
    """The ARN of a log group, without the `:*` that some answers add."""
    return f"arn:aws:logs:{call.region}:{call.account}:log-group:{name}"


def name_of(arn: str) -> str:
    """The name in a log group's ARN, with or without `:*`; empty when it is no such ARN."""
    return arn.partition(":log-group:")[2].removesuffix(":*")


def missing(what: str) -> Invalid:
    """`what` is `log group`, `log stream`, `subscription filter` and so on."""
    return Invalid("ResourceNotFoundException", f"The specified {what} does not exist.")


def bad_token() -> Invalid:
    """A nextToken that no answer gave."""
    return Invalid("InvalidParameterException", "The specified nextToken is invalid.")


def require_group(call: Call, name: str) -> None:
    """Raises Invalid (ResourceNotFoundException)."""
    if call.tx.one("SELECT 1 FROM logs_groups WHERE name=?", (name,)) is None:
        raise missing("log group")


@OPERATIONS.write("CreateLogGroup")
def create_log_group(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid when it exists."""
    name = request["logGroupName"]
    create_group(call, name, None)
    record(call, name, {key: request[key] for key in RECORDED if key in request})
    TAGS.put(call.tx, group_arn(call, name), request.get("tags") or {})
    return {}


def record(call: Call, name: str, settings: Mapping[str, Any]) -> None:
    """Keep what is told of a group besides, by CreateLogGroup's names."""
    call.tx.execute(
        "UPDATE logs_groups SET settings=? WHERE name=?", (json.dumps(dict(settings)), name)
    )


def create_group(call: Call, name: str, retention: int | None) -> None:
    """Raises Invalid, as for a name that is taken (ResourceAlreadyExistsException)."""
    check(name, retention)
    if call.tx.one("SELECT 1 FROM logs_groups WHERE name=?", (name,)) is not None:
        raise Invalid("ResourceAlreadyExistsException", "The specified log group already exists")
    call.tx.execute(
        "INSERT INTO logs_groups(name, arn, created, retention) VALUES(?,?,?,?)",
        (name, group_arn(call, name), int(call.now * 1000), retention),
    )


def check(name: str, retention: int | None) -> None:
    """Raises Invalid (InvalidParameterException) for a name or a retention that none can have."""
    if not _NAME.match(name):
        raise _constraint(
            "logGroupName", name, r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"
        )
    if retention is not None and retention not in _DAYS:
        allowed = ", ".join(map(str, _DAYS))
        raise _constraint("retentionInDays", retention, f"satisfy enum value set: [{allowed}]")


def _constraint(member: str, value: object, text: str) -> Invalid:
    return Invalid(
        "InvalidParameterException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint:"
        f" Member must {text}",
    )


@OPERATIONS.sweep("DeleteLogGroup")
def delete_log_group(call: Call, request: dict[str, Any]) -> Result:
    """With its streams and events."""
    require_group(call, request["logGroupName"])
    delete_group(call, request["logGroupName"])
    return {}


def delete_group(call: Call, name: str) -> None:
    """Delete whatever there is of the group."""
    call.tx.execute("DELETE FROM logs_events WHERE grp=?", (name,))
    call.tx.execute("DELETE FROM logs_streams WHERE grp=?", (name,))
    call.tx.execute("DELETE FROM logs_subscriptions WHERE grp=?", (name,))
    call.tx.execute("DELETE FROM logs_metric_filters WHERE grp=?", (name,))
    TAGS.drop(call.tx, group_arn(call, name))
    call.tx.execute("DELETE FROM logs_policies WHERE name=?", (group_arn(call, name),))
    call.tx.execute("DELETE FROM logs_groups WHERE name=?", (name,))


@OPERATIONS.scan("DescribeLogGroups")
def describe_log_groups(call: Call, request: dict[str, Any]) -> Result:
    """By name. Raises Invalid for a prefix beside a pattern."""
    prefix, pattern = request.get("logGroupNamePrefix"), request.get("logGroupNamePattern")
    if prefix and pattern:
        raise Invalid(
            "InvalidParameterException",
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        )
    only = [name_of(one) or one for one in request.get("logGroupIdentifiers") or ()]
    rows = call.tx.all(
        "SELECT name, arn, created, retention, settings,"
        " (SELECT count(*) FROM logs_metric_filters WHERE grp=logs_groups.name) FROM logs_groups"
        " WHERE name>=?1 AND name<?2 AND name>?3 ORDER BY name",
        (prefix or "", (prefix or "") + "\U0010ffff", request.get("nextToken") or ""),
    )
    found = [
        (row[0], _shown(row))
        for row in rows
        if (pattern or "") in row[0] and (not only or row[0] in only)
    ]
    kind = request.get("logGroupClass")
    wanted = [entry for entry in found if kind in (None, entry[1]["logGroupClass"])]
    return page(wanted, "logGroups", request)


def _shown(row: Row) -> dict[str, Any]:
    name, arn, created, retention, settings, filters = row
    group: dict[str, Any] = {
        "logGroupName": name,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "creationTime": created,
        "metricFilterCount": filters,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
    }
    if retention is not None:
        group["retentionInDays"] = retention
    told: dict[str, Any] = json.loads(settings)
    return group | told


def page(
    entries: Iterable[tuple[str, dict[str, Any]]], member: str, request: Mapping[str, Any]
) -> dict[str, Any]:
    """One page of (key, shown) in the order of the keys, 50 at the most."""
    limit = min(request.get("limit") or _PAGE, _PAGE)
    found, token = paging.keyed(entries, request.get("nextToken"), limit)
    return {member: found} | ({"nextToken": token} if token is not None else {})


def named(request: Mapping[str, Any]) -> str:
    """The group that a request names by logGroupName, or by logGroupIdentifier: name or ARN.

    Raises Invalid for both and for neither.
    """
    name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
    if bool(name) == bool(identifier):
        raise Invalid(
            "InvalidParameterException",
            "Exactly one of logGroupName and logGroupIdentifier must be specified.",
        )
    return str(name or name_of(str(identifier)) or identifier)


@OPERATIONS.write("PutRetentionPolicy")
def put_retention_policy(call: Call, request: dict[str, Any]) -> Result:
    """Days after which events are deleted."""
    require_group(call, request["logGroupName"])
    set_retention(call, request["logGroupName"], request["retentionInDays"])
    return {}


def set_retention(call: Call, name: str, days: int | None) -> None:
    """None keeps events for ever. Raises Invalid."""
    check(name, days)
    call.tx.execute("UPDATE logs_groups SET retention=? WHERE name=?", (days, name))


@OPERATIONS.write("DeleteRetentionPolicy")
def delete_retention_policy(call: Call, request: dict[str, Any]) -> Result:
    """Events are kept for ever."""
    require_group(call, request["logGroupName"])
    set_retention(call, request["logGroupName"], None)
    return {}


def expire(tx: Transaction) -> None:
    """Delete events that are past their group's retention."""
    for name, days in tx.all("SELECT name, retention FROM logs_groups WHERE retention IS NOT NULL"):
        limit = int((tx.now - days * 86_400) * 1000)
        tx.execute("DELETE FROM logs_events WHERE grp=? AND time<?", (name, limit))


def exists(tx: Transaction, name: str) -> bool:
    """Whether there is a log group of this name."""
    return tx.one("SELECT 1 FROM logs_groups WHERE name=?", (name,)) is not None
