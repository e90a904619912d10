"""The API's operations on attributes and tags, and its limits."""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.elbv2 import attributes, records
from eventmill.services.elbv2.records import OPERATIONS, get, put
from eventmill.services.tags import tag_list, tag_map


def _modify(call: Call, kind: str, arn: str, given: list[dict[str, Any]]) -> Result:
    config = attributes.changed(kind, get(call.tx, kind, arn), given)
    put(call.tx, kind, arn, config)
    return {"Attributes": attributes.listed(kind, config)}


def _describe(call: Call, kind: str, arn: str) -> Result:
    return {"Attributes": attributes.listed(kind, get(call.tx, kind, arn))}


@OPERATIONS.write("ModifyLoadBalancerAttributes")
def modify_load_balancer_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for one that is not known."""
    return _modify(call, "balancer", request["LoadBalancerArn"], request["Attributes"])


@OPERATIONS.read("DescribeLoadBalancerAttributes")
def describe_load_balancer_attributes(call: Call, request: dict[str, Any]) -> Result:
    """All, with their defaults."""
    return _describe(call, "balancer", request["LoadBalancerArn"])


@OPERATIONS.write("ModifyTargetGroupAttributes")
def modify_target_group_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for one that is not known."""
    return _modify(call, "group", request["TargetGroupArn"], request["Attributes"])


@OPERATIONS.read("DescribeTargetGroupAttributes")
def describe_target_group_attributes(call: Call, request: dict[str, Any]) -> Result:
    """All, with their defaults."""
    return _describe(call, "group", request["TargetGroupArn"])


@OPERATIONS.write("ModifyListenerAttributes")
def modify_listener_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Recorded."""
    return _modify(call, "listener", request["ListenerArn"], request["Attributes"])


@OPERATIONS.read("DescribeListenerAttributes")
def describe_listener_attributes(call: Call, request: dict[str, Any]) -> Result:
    """All, with their defaults."""
    return _describe(call, "listener", request["ListenerArn"])


@OPERATIONS.write("AddTags")
def add_tags(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a resource that is not there."""
    for arn in request["ResourceArns"]:
        get(call.tx, records.kind_of(arn), arn)
        records.TAGS.put(call.tx, arn, tag_map(request["Tags"]))
    return {}


@OPERATIONS.write("RemoveTags")
def remove_tags(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    for arn in request["ResourceArns"]:
        get(call.tx, records.kind_of(arn), arn)
        records.TAGS.remove(call.tx, arn, request["TagKeys"])
    return {}


@OPERATIONS.read("DescribeTags")
def describe_tags(call: Call, request: dict[str, Any]) -> Result:
    """The tags of up to 20 resources."""
    shown = []
    for arn in request["ResourceArns"]:
        get(call.tx, records.kind_of(arn), arn)
        shown.append({"ResourceArn": arn, "Tags": tag_list(records.TAGS.of(call.tx, arn))})
    return {"TagDescriptions": shown}


@OPERATIONS.read("DescribeAccountLimits")
def describe_account_limits(call: Call, request: dict[str, Any]) -> Result:
    """AWS's defaults."""
    limits = {
        "application-load-balancers": "50",
        "target-groups": "3000",
        "listeners-per-application-load-balancer": "50",
        "rules-per-application-load-balancer": "100",
        "condition-values-per-alb-rule": "5",
        "target-groups-per-action-on-application-load-balancer": "5",
    }
    return {"Limits": [{"Name": name, "Max": most} for name, most in limits.items()]}
