"""Schedules whose time has come: one outbox row each, in the transaction that moves them on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from eventmill.services.contract import Call
from eventmill.services.scheduler import timing
from eventmill.services.scheduler.schedules import schedule_arn
from eventmill.services.scheduler.targets import universal
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

TARGET = "scheduler.target"
"""Kind of the outbox rows for our own services; the payload is a `Due` as JSON."""

CALL = "scheduler.call"
"""The same for universal targets, which call any operation by its name."""

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Due:
    """One invocation of a target. It outlives its schedule, which may be deleted after it."""

    schedule: str
    """ARN."""
    scheduled: float
    """The time that the expression gave."""
    id: str
    execution: str
    target: dict[str, Any]


def next_due(tx: Transaction) -> float | None:
    """When the next schedule is due, maybe already; None without one."""
    row = tx.one("SELECT min(due) FROM scheduler_schedules WHERE due IS NOT NULL")
    return None if row is None else row[0]


def fire(call: Call) -> None:
    """Send what is due on its way, oldest first."""
    for group, name, text, scheduled in call.tx.all(
        "SELECT grp, name, config, scheduled FROM scheduler_schedules"
        " WHERE due IS NOT NULL AND due<=? ORDER BY due LIMIT ?",
        (call.now, _AT_ONCE),
    ):
        config = json.loads(text)
        due = Due(
            schedule_arn(call, group, name),
            scheduled,
            call.ids.uuid(),
            call.ids.hex(16),
            config["Target"],
        )
        kind = TARGET if universal(due.target["Arn"]) is None else CALL
        outbox.emit(call.tx, kind, due.target["Arn"], orjson.dumps(asdict(due)))
        _move(call.tx, group, name, config, due.schedule, scheduled)


def _move(
    tx: Transaction, group: str, name: str, config: dict[str, Any], arn: str, fired: float
) -> None:
    scheduled = timing.following(config, fired)
    if scheduled is None and config.get("ActionAfterCompletion") == "DELETE":
        tx.execute("DELETE FROM scheduler_schedules WHERE grp=? AND name=?", (group, name))
        return
    due = None if scheduled is None else timing.within_window(config, arn, scheduled)
    tx.execute(
        "UPDATE scheduler_schedules SET scheduled=?, due=? WHERE grp=? AND name=?",
        (scheduled, due, group, name),
    )


def resume(tx: Transaction) -> None:
    """What was missed while the engine was down fires once, and not as often as it was missed."""
    for group, name, text, scheduled in tx.all(
        "SELECT grp, name, config, scheduled FROM scheduler_schedules"
        " WHERE due IS NOT NULL AND due<=?",
        (tx.now,),
    ):
        tx.execute(
            "UPDATE scheduler_schedules SET scheduled=?, due=? WHERE grp=? AND name=?",
            (timing.latest(json.loads(text), scheduled, tx.now), tx.now, group, name),
        )
