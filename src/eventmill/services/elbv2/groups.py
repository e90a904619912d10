"""Target groups and their targets.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.elbv2 import attributes, records
from eventmill.services.elbv2.actions import groups_of
from eventmill.services.elbv2.records import OPERATIONS, arn_of, every, get, put, validation
from eventmill.services.tags import tag_map
from eventmill.store.transaction import Transaction

_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,32}(?<!-)\Z")
_COMMON = {"HealthyThresholdCount": 5, "UnhealthyThresholdCount": 2, "HealthCheckPath": "/"}
_FUNCTION = _COMMON | {
    "HealthCheckEnabled": False,
    "HealthCheckIntervalSeconds": 35,
    "HealthCheckTimeoutSeconds": 30,
}
_ADDRESSES = _COMMON | {
    "HealthCheckEnabled": True,
    "HealthCheckIntervalSeconds": 30,
    "HealthCheckTimeoutSeconds": 5,
    "HealthCheckProtocol": "HTTP",
    "HealthCheckPort": "traffic-port",
    "ProtocolVersion": "HTTP1",
}
_CHECKS = (
    "HealthCheckEnabled",
    "HealthCheckIntervalSeconds",
    "HealthCheckPath",
    "HealthCheckPort",
    "HealthCheckProtocol",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
    "Matcher",
)
_RANGES = {
    "HealthCheckIntervalSeconds": (5, 300),
    "HealthCheckTimeoutSeconds": (2, 120),
    "HealthyThresholdCount": (2, 10),
    "UnhealthyThresholdCount": (2, 10),
}


def create(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """A target group. Raises Invalid for a name that is taken and for settings not taken."""
    name = given["Name"]
    kind = given.get("TargetType") or "instance"
    if not _NAME.match(name):
        raise validation(f"The target group name '{name}' is not valid")
    if kind not in ("lambda", "ip", "instance", "alb"):
        raise validation(f"Target type '{kind}' must be one of instance, ip, lambda, alb")
    if any(held["TargetGroupName"] == name for held in every(call.tx, "group").values()):
        raise Invalid(
            "DuplicateTargetGroupName",
            f"A target group with the same name '{name}' exists, but with different settings",
        )
    arn = arn_of(call, f"targetgroup/{name}/{call.ids.hex(16)}")
    config: dict[str, Any] = {
        "TargetGroupArn": arn,
        "TargetGroupName": name,
        "TargetType": kind,
        "IpAddressType": given.get("IpAddressType") or "ipv4",
        "Matcher": {"HttpCode": "200"},
    }
    if kind == "lambda":
        config |= _FUNCTION
    else:
        if given.get("Port") is None or not given.get("Protocol"):
            raise validation("A port and a protocol must be specified")
        config |= _ADDRESSES | {"Port": int(given["Port"]), "Protocol": given["Protocol"]}
        config["VpcId"] = given.get("VpcId") or "vpc-00000000"
    config = _with_checks(config, given)
    config = attributes.changed("group", config, given.get("TargetGroupAttributes") or ())
    put(call.tx, "group", arn, config)
    records.TAGS.put(call.tx, arn, tag_map(given.get("Tags")))
    return config


def change(call: Call, arn: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Other health checks or attributes. Raises Invalid."""
    config = _with_checks(get(call.tx, "group", arn), given)
    config = attributes.changed("group", config, given.get("TargetGroupAttributes") or ())
    put(call.tx, "group", arn, config)
    return config


def _with_checks(config: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    config = config | {name: given[name] for name in _CHECKS if given.get(name) is not None}
    for name, (low, high) in _RANGES.items():
        config[name] = int(config[name])
        if not low <= config[name] <= high:
            raise validation(f"{name} '{config[name]}' must be between {low} and {high}")
    if config["HealthCheckTimeoutSeconds"] >= config["HealthCheckIntervalSeconds"]:
        raise validation("Health check interval must be greater than the timeout.")
    return config


def delete(call: Call, arn: str) -> None:
    """Delete it with its targets; one that is gone is no error. Raises Invalid while in use."""
    if records.find(call.tx, "group", arn) is None:
        return
    if arn in used(call.tx):
        raise Invalid(
            "ResourceInUse",
            f"Target group '{arn}' is currently in use by a listener or a rule",
        )
    for target in every(call.tx, "target", arn):
        records.remove(call.tx, target)
    records.remove(call.tx, arn)


def used(tx: Transaction) -> dict[str, list[str]]:
    """The groups that something forwards to, each with the load balancers that do."""
    found: dict[str, list[str]] = {}

    def add(actions: Sequence[Mapping[str, Any]], balancer: str) -> None:
        for group in groups_of(actions):
            balancers = found.setdefault(group, [])
            if balancer not in balancers:
                balancers.append(balancer)

    listeners = every(tx, "listener")
    for held in listeners.values():
        add(held["DefaultActions"], held["LoadBalancerArn"])
    for held in every(tx, "rule").values():
        add(held["Actions"], listeners[held["ListenerArn"]]["LoadBalancerArn"])
    return found


def _shaped(tx: Transaction, groups: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As the API returns them."""
    balancers = used(tx)
    return [
        {key: value for key, value in config.items() if key != "Attributes"}
        | {"LoadBalancerArns": balancers.get(config["TargetGroupArn"], [])}
        for config in groups
    ]


@OPERATIONS.write("CreateTargetGroup")
def create_target_group(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return {"TargetGroups": _shaped(call.tx, [create(call, request)])}


@OPERATIONS.scan("DescribeTargetGroups")
def describe_target_groups(call: Call, request: dict[str, Any]) -> Result:
    """All, those of a load balancer, or by ARN or name."""
    groups = every(call.tx, "group")
    if request.get("Names"):
        named = {held["TargetGroupName"]: held for held in groups.values()}
        found = records.selected(named, "group", request["Names"])
    else:
        found = records.selected(groups, "group", request.get("TargetGroupArns"))
    shown = _shaped(call.tx, found)
    balancer = request.get("LoadBalancerArn")
    if balancer:
        get(call.tx, "balancer", balancer)
        shown = [entry for entry in shown if balancer in entry["LoadBalancerArns"]]
    return records.paged(shown, "TargetGroups", request)


@OPERATIONS.write("ModifyTargetGroup")
def modify_target_group(call: Call, request: dict[str, Any]) -> Result:
    """Other health checks."""
    return {"TargetGroups": _shaped(call.tx, [change(call, request["TargetGroupArn"], request)])}


@OPERATIONS.write("DeleteTargetGroup")
def delete_target_group(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid while a listener or rule forwards to it."""
    delete(call, request["TargetGroupArn"])
    return {}
