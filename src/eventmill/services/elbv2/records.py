"""Load balancers, target groups, targets, listeners and rules as rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services import paging
from eventmill.services.contract import Call, Operations
from eventmill.services.tags import Tags
from eventmill.store.transaction import Transaction

OPERATIONS = Operations()
TAGS = Tags("elbv2_tags", "resource")

_PAGE = 400
KEY = "elbv2"
"""Announced when anything changed."""

_MISSING = {
    "balancer": ("LoadBalancerNotFound", "One or more load balancers not found"),
    "group": ("TargetGroupNotFound", "One or more target groups not found"),
    "listener": ("ListenerNotFound", "One or more listeners not found"),
    "rule": ("RuleNotFound", "One or more rules not found"),
    "target": ("InvalidTarget", "The specified target does not exist"),
}
_KINDS = {
    "loadbalancer": "balancer",
    "targetgroup": "group",
    "listener": "listener",
    "listener-rule": "rule",
}


def validation(message: str) -> Invalid:
    """A setting that is not taken."""
    return Invalid("ValidationError", message)


def not_found(kind: str) -> Invalid:
    """No such thing; these answers have status 400."""
    return Invalid(*_MISSING[kind])


def kind_of(arn: str) -> str:
    """What an ARN names. Raises Invalid."""
    found = _KINDS.get(arn.partition("/")[0].rpartition(":")[2])
    if found is None:
        raise validation(f"'{arn}' is not a valid ARN")
    return found


def arn_of(call: Call, resource: str) -> str:
    """The ARN of `loadbalancer/…`, `targetgroup/…` and so on."""
    return f"arn:aws:elasticloadbalancing:{call.region}:{call.account}:{resource}"


def put(
    tx: Transaction,
    kind: str,
    arn: str,
    config: Mapping[str, Any],
    *,
    parent: str = "",
    position: int | None = None,
) -> None:
    """Write a record; one that is there keeps its place unless `position` is given."""
    if position is not None or not keep(tx, arn, config):
        tx.execute(
            "INSERT INTO elbv2_records VALUES(?1,?2,?3,"
            "coalesce(?4, (SELECT coalesce(max(position), 0) + 1 FROM elbv2_records WHERE kind=?2)"
            "),?5) ON CONFLICT(arn) DO UPDATE SET config=excluded.config,"
            " position=excluded.position",
            (arn, kind, parent, position, json.dumps(dict(config))),
        )
    tx.announce(KEY)


def keep(tx: Transaction, arn: str, config: Mapping[str, Any]) -> bool:
    """Write a record that is there, and wake nobody: for what only its next reader minds."""
    row = tx.one(
        "UPDATE elbv2_records SET config=? WHERE arn=? RETURNING arn",
        (json.dumps(dict(config)), arn),
    )
    return row is not None


def find(tx: Transaction, kind: str, arn: str) -> dict[str, Any] | None:
    """The record, or None."""
    row = tx.one("SELECT config FROM elbv2_records WHERE arn=? AND kind=?", (arn, kind))
    return None if row is None else json.loads(row[0])


def get(tx: Transaction, kind: str, arn: str) -> dict[str, Any]:
    """The record. Raises Invalid."""
    config = find(tx, kind, arn)
    if config is None:
        raise not_found(kind)
    return config


def every(tx: Transaction, kind: str, parent: str | None = None) -> dict[str, dict[str, Any]]:
    """Records by ARN in order; of one parent, or all."""
    rows = tx.all(
        "SELECT arn, config FROM elbv2_records WHERE kind=? AND (? IS NULL OR parent=?)"
        " ORDER BY parent, position",
        (kind, parent, parent),
    )
    return {row[0]: json.loads(row[1]) for row in rows}


def places(tx: Transaction, kind: str) -> dict[str, int]:
    """The positions of a kind's records by ARN."""
    return dict(tx.all("SELECT arn, position FROM elbv2_records WHERE kind=?", (kind,)))


def remove(tx: Transaction, arn: str) -> None:
    """Delete a record and its tags."""
    tx.execute("DELETE FROM elbv2_records WHERE arn=?", (arn,))
    TAGS.drop(tx, arn)
    tx.announce(KEY)


def selected(
    records: Mapping[str, Mapping[str, Any]], kind: str, arns: Iterable[str] | None
) -> list[Mapping[str, Any]]:
    """All records, or those asked for. Raises Invalid when one of these is missing."""
    if not arns:
        return list(records.values())
    missing = [arn for arn in arns if arn not in records]
    if missing:
        raise not_found(kind)
    return [records[arn] for arn in arns]


def paged(shown: Sequence[Any], member: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """One page of a list, 400 at the most. Raises Invalid."""
    size = request.get("PageSize")
    if size is not None and not 1 <= size <= _PAGE:
        raise validation(f"PageSize must be between 1 and {_PAGE}, not {size}")
    refused = validation("The marker is not valid")
    page, token = paging.page(shown, request.get("Marker"), size or _PAGE, refused)
    return {member: page} | ({"NextMarker": token} if token is not None else {})
