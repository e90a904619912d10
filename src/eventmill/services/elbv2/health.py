"""Health checks of targets: when one is due, what it sends, what its outcome means.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.services.elbv2 import attributes, groups, records
from eventmill.services.elbv2.events import event
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

CHECK = "elbv2.health"
"""The outbox's kind of a health check; its target is the key of the target to ask."""

AGENT = "ELB-HealthChecker/2.0"


def next_due(tx: Transaction) -> float | None:
    """When the next check is due; None while there is nothing to check."""
    row = tx.one("SELECT min(due) FROM elbv2_checks")
    return None if row is None else row[0]


def run(tx: Transaction) -> float | None:
    """Send the checks that are due and plan the next ones. Returns when to run again."""
    planned: dict[str, float] = dict(tx.all("SELECT group_arn, due FROM elbv2_checks"))
    used = groups.used(tx)
    checked = {
        arn: group
        for arn, group in records.every(tx, "group").items()
        if group["HealthCheckEnabled"] and arn in used and _is_asked(group)
    }
    for arn in planned.keys() - checked.keys():
        tx.execute("DELETE FROM elbv2_checks WHERE group_arn=?", (arn,))
    for arn, group in checked.items():
        due = planned.get(arn)
        if due is not None and due > tx.now:
            continue
        # The first one goes out at once, as when a target is registered on AWS.
        for target in records.every(tx, "target", arn):
            outbox.emit(tx, CHECK, target, b"{}")
        later = tx.now + group["HealthCheckIntervalSeconds"]
        tx.execute("INSERT OR REPLACE INTO elbv2_checks VALUES(?,?)", (arn, later))
    return next_due(tx)


def _is_asked(group: Mapping[str, Any]) -> bool:
    """Not the groups of load balancers that nothing listens for."""
    return group.get("Protocol", "HTTP") in ("HTTP", "HTTPS")


def question(group: Mapping[str, Any]) -> bytes:
    """The event of a check."""
    multi = attributes.value_of("group", group, attributes.MULTI_VALUE) == "true"
    made = event(
        group["TargetGroupArn"],
        "GET",
        group["HealthCheckPath"],
        [],
        [("user-agent", AGENT)],
        multi=multi,
    )
    return orjson.dumps(made)


def matches(group: Mapping[str, Any], status: int) -> bool:
    """Whether a status is one of the matcher's, such as `200`, `200,202` or `200-299`."""
    for part in str(group["Matcher"].get("HttpCode") or "200").split(","):
        low, _, high = part.strip().partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


def settle(tx: Transaction, key: str, failure: tuple[str, str] | None) -> None:
    """Record the outcome of a check; `failure` is (Reason, Description)."""
    target = records.find(tx, "target", key)
    group = records.find(tx, "group", key.split("#")[0])
    if target is None or group is None:
        return
    state = dict(target)
    if failure is None:
        state |= {"Good": target["Good"] + 1, "Bad": 0}
        if target["State"] == "initial" or state["Good"] >= group["HealthyThresholdCount"]:
            state["State"] = "healthy"
    else:
        state |= {"Bad": target["Bad"] + 1, "Good": 0}
        if state["Bad"] >= group["UnhealthyThresholdCount"]:
            state |= {"State": "unhealthy", "Reason": failure[0], "Description": failure[1]}
    records.keep(tx, key, state)
