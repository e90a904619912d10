"""Targets of groups and their health.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.elbv2 import groups
from eventmill.services.elbv2.records import OPERATIONS, every, get, put, remove
from eventmill.store.transaction import Transaction

_INITIAL = {"State": "initial", "Good": 0, "Bad": 0}


def key_of(group: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    """Under which a target is recorded."""
    port = "" if group["TargetType"] == "lambda" else target.get("Port") or group["Port"]
    return f"{group['TargetGroupArn']}#{target['Id']}#{port}"


def register(call: Call, arn: str, given: Iterable[Mapping[str, Any]]) -> None:
    """Add targets; one that is there stays as it is. Raises Invalid."""
    group = get(call.tx, "group", arn)
    held = every(call.tx, "target", arn)
    for target in given:
        if group["TargetType"] == "lambda":
            if not str(target["Id"]).startswith("arn:") or ":function:" not in target["Id"]:
                raise Invalid("InvalidTarget", f"The target '{target['Id']}' is not a function ARN")
            if call.directory(call.tx, target["Id"]) is None:
                raise Invalid("InvalidTarget", f"The function '{target['Id']}' does not exist")
            if held and key_of(group, target) not in held:
                raise Invalid(
                    "TooManyTargets",
                    "The maximum number of targets of a group with functions is 1",
                )
        key = key_of(group, target)
        if key in held:
            continue
        config = {"Id": target["Id"]} | _INITIAL
        if group["TargetType"] != "lambda":
            config["Port"] = int(target.get("Port") or group["Port"])
        put(call.tx, "target", key, config, parent=arn)
        held[key] = config


def deregister(call: Call, arn: str, given: Iterable[Mapping[str, Any]]) -> None:
    """Take targets away; one that is not there is no error."""
    group = get(call.tx, "group", arn)
    for target in given:
        remove(call.tx, key_of(group, target))


def serving(tx: Transaction, group: str) -> list[dict[str, Any]]:
    """The targets that requests may go to: healthy ones, or all when none is, as on AWS."""
    held = list(every(tx, "target", group).values())
    return [target for target in held if target["State"] != "unhealthy"] or held


def health(group: Mapping[str, Any], target: Mapping[str, Any], *, used: bool) -> dict[str, Any]:
    """TargetHealth as the API has it; `used` tells whether something forwards to the group."""
    if "State" not in target:
        return {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        }
    if not used:
        return {
            "State": "unused",
            "Reason": "Target.NotInUse",
            "Description": "Target group is not configured to receive traffic from the load "
            "balancer",
        }
    if not group["HealthCheckEnabled"]:
        return {
            "State": "unavailable",
            "Reason": "Target.HealthCheckDisabled",
            "Description": "Health checks are not enabled for this target",
        }
    if target["State"] == "initial":
        return {
            "State": "initial",
            "Reason": "Elb.RegistrationInProgress",
            "Description": "Target registration is in progress",
        }
    if target["State"] == "healthy":
        return {"State": "healthy"}
    return {
        "State": "unhealthy",
        "Reason": target["Reason"],
        "Description": target["Description"],
    }


@OPERATIONS.write("RegisterTargets")
def register_targets(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    register(call, request["TargetGroupArn"], request["Targets"])
    return {}


@OPERATIONS.write("DeregisterTargets")
def deregister_targets(call: Call, request: dict[str, Any]) -> Result:
    """Takes effect at once: functions have no connections to drain."""
    deregister(call, request["TargetGroupArn"], request["Targets"])
    return {}


@OPERATIONS.read("DescribeTargetHealth")
def describe_target_health(call: Call, request: dict[str, Any]) -> Result:
    """All targets of a group, or those asked for; of one that is not registered it is told so."""
    group = get(call.tx, "group", request["TargetGroupArn"])
    held = every(call.tx, "target", request["TargetGroupArn"])
    wanted = request.get("Targets")
    if wanted:
        held = {key: held.get(key, target) for target in wanted for key in [key_of(group, target)]}
    used = request["TargetGroupArn"] in groups.used(call.tx)
    shown = []
    for target in held.values():
        described: dict[str, Any] = {key: target[key] for key in ("Id", "Port") if key in target}
        if group["TargetType"] == "lambda":
            described["AvailabilityZone"] = "all"
        entry: dict[str, Any] = {
            "Target": described,
            "TargetHealth": health(group, target, used=used),
        }
        if "Port" in target:
            entry["HealthCheckPort"] = str(target["Port"])
        shown.append(entry)
    return {"TargetHealthDescriptions": shown}
