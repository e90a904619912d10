"""The few calls by which programs look at the network that their stack declared.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Operations, Result, truth
from eventmill.services.ec2.kinds import TABLE, default_group
from eventmill.services.records import every

OPERATIONS = Operations()

Shape = Callable[[Call, str, Mapping[str, Any]], dict[str, Any]]


def _listed(
    call: Call, kind: str, shape: Shape, request: Mapping[str, Any], ids: str, id_member: str
) -> list[dict[str, Any]]:
    """The records of a kind, by ids and filters. Raises Invalid for an id that is not there."""
    held = every(call.tx, TABLE, f"AWS::EC2::{kind}")
    wanted = request.get(ids)
    for number in wanted or ():
        if number not in held:
            code = f"Invalid{id_member.removesuffix('Id')}ID.NotFound"
            raise Invalid(code, f"The {kind} ID '{number}' does not exist")
    shown = [shape(call, number, given) for number, given in held.items()]
    if wanted:
        shown = [entry for entry in shown if entry[id_member] in wanted]
    for wish in request.get("Filters") or ():
        shown = [entry for entry in shown if _passes(entry, wish["Name"], wish.get("Values") or ())]
    return shown


def _passes(entry: Mapping[str, Any], name: str, values: Collection[str]) -> bool:
    """`vpc-id` is the member VpcId, `tag:Name` a tag."""
    if name.startswith("tag:"):
        tags = {tag["Key"]: tag["Value"] for tag in entry.get("Tags") or ()}
        return tags.get(name[4:], "") in values
    member = "".join(part.capitalize() for part in name.split("-"))
    return str(entry.get(member)) in values


def _tags(given: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"Key": str(tag["Key"]), "Value": str(tag["Value"])} for tag in given.get("Tags") or ()]


def _vpc(call: Call, number: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "VpcId": number,
        "CidrBlock": given.get("CidrBlock") or "10.0.0.0/16",
        "State": "available",
        "IsDefault": False,
        "InstanceTenancy": given.get("InstanceTenancy") or "default",
        "OwnerId": call.account,
        "Tags": _tags(given),
    }


def _subnet(call: Call, number: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "SubnetId": number,
        "VpcId": given.get("VpcId"),
        "CidrBlock": given.get("CidrBlock"),
        "AvailabilityZone": given.get("AvailabilityZone") or f"{call.region}a",
        "State": "available",
        "MapPublicIpOnLaunch": truth(given.get("MapPublicIpOnLaunch")),
        "AvailableIpAddressCount": 251,
        "OwnerId": call.account,
        "SubnetArn": f"arn:aws:ec2:{call.region}:{call.account}:subnet/{number}",
        "Tags": _tags(given),
    }


def _group(call: Call, number: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "GroupId": number,
        "GroupName": given.get("GroupName") or number,
        "Description": given.get("GroupDescription") or "",
        "VpcId": given.get("VpcId"),
        "OwnerId": call.account,
        "Tags": _tags(given),
    }


@OPERATIONS.scan("DescribeVpcs")
def describe_vpcs(call: Call, request: dict[str, Any]) -> Result:
    """Those of all stacks."""
    return {"Vpcs": _listed(call, "VPC", _vpc, request, "VpcIds", "VpcId")}


@OPERATIONS.scan("DescribeSubnets")
def describe_subnets(call: Call, request: dict[str, Any]) -> Result:
    """Those of all stacks."""
    return {"Subnets": _listed(call, "Subnet", _subnet, request, "SubnetIds", "SubnetId")}


@OPERATIONS.scan("DescribeSecurityGroups")
def describe_security_groups(call: Call, request: dict[str, Any]) -> Result:
    """Those of all stacks; their rules are not taken apart."""
    found = _listed(call, "SecurityGroup", _group, request, "GroupIds", "GroupId")
    return {"SecurityGroups": found}


@OPERATIONS.read("AuthorizeSecurityGroupIngress")
@OPERATIONS.read("AuthorizeSecurityGroupEgress")
@OPERATIONS.read("RevokeSecurityGroupIngress")
@OPERATIONS.read("RevokeSecurityGroupEgress")
def change_rules(call: Call, request: dict[str, Any]) -> Result:
    """Rules are not kept: nothing here filters traffic. Raises Invalid for a group of nobody."""
    number = request.get("GroupId") or ""
    if number not in every(call.tx, TABLE, "AWS::EC2::SecurityGroup"):
        vpcs = every(call.tx, TABLE, "AWS::EC2::VPC")
        if number not in map(default_group, vpcs):
            text = f"The security group '{number}' does not exist"
            raise Invalid("InvalidGroup.NotFound", text)
    return {"Return": True}


@OPERATIONS.read("DescribeAvailabilityZones")
def describe_availability_zones(call: Call, request: dict[str, Any]) -> Result:
    """The three that Fn::GetAZs gives."""
    zones = [
        {
            "ZoneName": f"{call.region}{letter}",
            "ZoneId": f"use1-az{place}",
            "RegionName": call.region,
            "State": "available",
            "OptInStatus": "opt-in-not-required",
            "ZoneType": "availability-zone",
        }
        for place, letter in enumerate("abc", 1)
    ]
    return {"AvailabilityZones": zones}
