"""Schedules.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.scheduler import faults, groups, targets, timing
from eventmill.services.scheduler.operations import (
    DEFAULT_GROUP,
    OPERATIONS,
    checked_name,
    page,
)
from eventmill.services.scheduler.tokens import once
from eventmill.store.transaction import Row

SCHEDULES_KEY = "scheduler.schedules"
"""Announced when a schedule was added or changed."""

_SETTINGS = (
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "EndDate",
    "Description",
    "State",
    "KmsKeyArn",
    "Target",
    "FlexibleTimeWindow",
    "ActionAfterCompletion",
)
_DEFAULTS = {
    "State": "ENABLED",
    "ScheduleExpressionTimezone": "UTC",
    "ActionAfterCompletion": "NONE",
}
_COLUMNS = "grp, name, config, created, modified"
_RETRIES = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


def schedule_arn(call: Call, group: str, name: str) -> str:
    """The ARN of a schedule of this account."""
    return f"arn:aws:scheduler:{call.region}:{call.account}:schedule/{group}/{name}"


def exists(call: Call, group: str, name: str) -> bool:
    """Whether there is such a schedule."""
    found = call.tx.one("SELECT 1 FROM scheduler_schedules WHERE grp=? AND name=?", (group, name))
    return found is not None


def _require(call: Call, request: Mapping[str, Any]) -> Row:
    """(group, name, config, created, modified) of the schedule asked for. Raises NotFound."""
    row = call.tx.one(
        f"SELECT {_COLUMNS} FROM scheduler_schedules WHERE grp=? AND name=?",
        (request.get("GroupName") or DEFAULT_GROUP, request["Name"]),
    )
    if row is None:
        raise faults.missing("Schedule", request["Name"])
    return row


def create(call: Call, request: Mapping[str, Any]) -> str:
    """Returns the ARN. Raises Conflict for a name that is taken, NotFound, Invalid."""
    group = groups.require(call.tx, request.get("GroupName") or DEFAULT_GROUP)
    name = checked_name("name", request["Name"])
    if exists(call, group, name):
        raise faults.taken("Schedule", name)
    return _keep(call, group, name, request, call.now)


def update(call: Call, request: Mapping[str, Any]) -> str:
    """Replaces all settings: those not given take their defaults. Returns the ARN."""
    group, name, _, created, _ = _require(call, request)
    return _keep(call, group, name, request, created)


def _keep(call: Call, group: str, name: str, request: Mapping[str, Any], created: float) -> str:
    config = {key: request[key] for key in _SETTINGS if request.get(key) is not None}
    config = _DEFAULTS | config
    config["Target"] = {
        **config["Target"],
        "RetryPolicy": _RETRIES | (config["Target"].get("RetryPolicy") or {}),
    }
    timing.check(config, call.now)
    targets.check(call, config["Target"])
    arn = schedule_arn(call, group, name)
    enabled = config["State"] == "ENABLED"
    scheduled = timing.first(config, call.now) if enabled else None
    due = None if scheduled is None else timing.within_window(config, arn, scheduled)
    call.tx.execute(
        "INSERT OR REPLACE INTO scheduler_schedules VALUES(?,?,?,?,?,?,?)",
        (group, name, json.dumps(config), created, call.now, scheduled, due),
    )
    call.tx.announce(SCHEDULES_KEY)
    return arn


def delete(call: Call, group: str, name: str) -> None:
    """One that is gone is no error; what is on its way arrives."""
    call.tx.execute("DELETE FROM scheduler_schedules WHERE grp=? AND name=?", (group, name))


@once("CreateSchedule")
def create_schedule(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Raises as `create` does."""
    return {"ScheduleArn": create(call, request)}


@once("UpdateSchedule")
def update_schedule(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Raises NotFound, Invalid."""
    return {"ScheduleArn": update(call, request)}


@once("DeleteSchedule")
def delete_schedule(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Raises NotFound."""
    delete(call, *_require(call, request)[:2])
    return {}


@OPERATIONS.read("GetSchedule")
def get_schedule(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    group, name, config, created, modified = _require(call, request)
    return {
        "Arn": schedule_arn(call, group, name),
        "GroupName": group,
        "Name": name,
        "CreationDate": created,
        "LastModificationDate": modified,
        **json.loads(config),
    }


@OPERATIONS.scan("ListSchedules")
def list_schedules(call: Call, request: dict[str, Any]) -> Result:
    """By group and name. Raises NotFound for a group that does not exist."""
    wanted, prefix = request.get("GroupName"), request.get("NamePrefix") or ""
    if wanted:
        groups.require(call.tx, wanted)
    found = []
    for group, name, text, created, modified in call.tx.all(
        # As `page` orders them: a group `a-b` stands before `a`, as `a-b/` does before `a/`.
        f"SELECT {_COLUMNS} FROM scheduler_schedules ORDER BY grp || '/' || name"
    ):
        config = json.loads(text)
        state = config["State"]
        if wanted not in (None, group) or not name.startswith(prefix):
            continue
        if request.get("State") not in (None, state):
            continue
        shown = {
            "Arn": schedule_arn(call, group, name),
            "Name": name,
            "GroupName": group,
            "State": state,
            "CreationDate": created,
            "LastModificationDate": modified,
            "Target": {"Arn": config["Target"]["Arn"]},
        }
        found.append((f"{group}/{name}", shown))
    return page(request, "Schedules", found)
