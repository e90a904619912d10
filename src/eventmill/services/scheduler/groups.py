"""Schedule groups.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.scheduler import faults
from eventmill.services.scheduler.operations import (
    DEFAULT_GROUP,
    OPERATIONS,
    checked_name,
    page,
)
from eventmill.services.scheduler.tags import TAGS
from eventmill.services.scheduler.tokens import once
from eventmill.services.tags import tag_map
from eventmill.store.transaction import Transaction


def group_arn(call: Call, name: str) -> str:
    """The ARN of a group of this account."""
    return f"arn:aws:scheduler:{call.region}:{call.account}:schedule-group/{name}"


def exists(tx: Transaction, name: str) -> bool:
    """Whether there is a group of this name."""
    return tx.one("SELECT 1 FROM scheduler_groups WHERE name=?", (name,)) is not None


def require(tx: Transaction, name: str) -> str:
    """The name. Raises NotFound."""
    if not exists(tx, name):
        raise faults.missing("Schedule group", name)
    return name


def create(call: Call, name: str, tags: Mapping[str, str]) -> str:
    """Returns the ARN. Raises Conflict, Invalid."""
    if exists(call.tx, checked_name("name", name)):
        raise faults.taken("Schedule group", name)
    call.tx.execute("INSERT INTO scheduler_groups VALUES(?,?,?)", (name, call.now, call.now))
    arn = group_arn(call, name)
    TAGS.put(call.tx, arn, tags)
    return arn


def delete(call: Call, name: str) -> None:
    """With all its schedules. Raises Invalid for the default group."""
    if name == DEFAULT_GROUP:
        raise faults.validation("The default schedule group cannot be deleted.")
    call.tx.execute("DELETE FROM scheduler_schedules WHERE grp=?", (name,))
    call.tx.execute("DELETE FROM scheduler_groups WHERE name=?", (name,))
    TAGS.drop(call.tx, group_arn(call, name))


def described(call: Call, name: str) -> dict[str, Any]:
    """As GetScheduleGroup tells it. Raises NotFound."""
    row = call.tx.one("SELECT * FROM scheduler_groups WHERE name=?", (name,))
    if row is None:
        raise faults.missing("Schedule group", name)
    return _shape(call, *row)


def _shape(call: Call, name: str, created: float, modified: float) -> dict[str, Any]:
    return {
        "Arn": group_arn(call, name),
        "Name": name,
        "State": "ACTIVE",
        "CreationDate": created,
        "LastModificationDate": modified,
    }


@once("CreateScheduleGroup")
def create_schedule_group(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Raises Conflict for a name that is taken."""
    return {"ScheduleGroupArn": create(call, request["Name"], tag_map(request.get("Tags")))}


@once("DeleteScheduleGroup")
def delete_schedule_group(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """With its schedules. Raises NotFound."""
    delete(call, require(call.tx, request["Name"]))
    return {}


@OPERATIONS.read("GetScheduleGroup")
def get_schedule_group(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return described(call, request["Name"])


@OPERATIONS.scan("ListScheduleGroups")
def list_schedule_groups(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by name."""
    prefix = request.get("NamePrefix") or ""
    rows = call.tx.all("SELECT * FROM scheduler_groups ORDER BY name")
    found = [(row[0], _shape(call, *row)) for row in rows if row[0].startswith(prefix)]
    return page(request, "ScheduleGroups", found)
