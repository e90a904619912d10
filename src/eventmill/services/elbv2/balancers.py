"""Load balancers: a name, an address, and listeners below it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.elbv2 import attributes, listeners, records
from eventmill.services.elbv2.records import OPERATIONS, arn_of, every, get, put, validation
from eventmill.services.tags import tag_map
from eventmill.store.transaction import Transaction

_NAME = re.compile(r"(?!-)(?!internal-)[A-Za-z0-9-]{1,32}(?<!-)\Z")
_KINDS = {"application": "app", "network": "net", "gateway": "gwy"}
"""Types and how ARNs name them. All but the first are recorded: nothing listens for them."""
_ZONE = "Z35SXDOTRQ7X7K"
"""The hosted zone of load balancers in us-east-1."""


def create(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """A load balancer. The same one again changes nothing. Raises Invalid."""
    kind = given.get("Type") or "application"
    if kind not in _KINDS:
        raise validation(f"Load balancer type '{kind}' must be one of {', '.join(_KINDS)}")
    name = given["Name"]
    if not _NAME.match(name):
        raise validation(f"The load balancer name '{name}' is not valid")
    for held in every(call.tx, "balancer").values():
        if held["LoadBalancerName"] == name:
            if (given.get("Scheme") or "internet-facing") != held["Scheme"]:
                raise Invalid(
                    "DuplicateLoadBalancerName",
                    f"A load balancer with the same name '{name}' exists, but with different "
                    "settings",
                )
            return held
    scheme = given.get("Scheme") or "internet-facing"
    number = call.ids.hex(16)
    arn = arn_of(call, f"loadbalancer/{_KINDS[kind]}/{name}/{number}")
    prefix = "internal-" if scheme == "internal" else ""
    config = {
        "LoadBalancerArn": arn,
        "DNSName": prefix + _dns_name(call, kind, name, number),
        "CanonicalHostedZoneId": _ZONE,
        "CreatedTime": call.now,
        "LoadBalancerName": name,
        "Scheme": scheme,
        "VpcId": given.get("VpcId") or "vpc-00000000",
        "State": {"Code": "active"},
        "Type": kind,
        "AvailabilityZones": _zones(call, given),
        "SecurityGroups": given.get("SecurityGroups") or [],
        "IpAddressType": given.get("IpAddressType") or "ipv4",
    }
    config = attributes.changed("balancer", config, given.get("LoadBalancerAttributes") or ())
    put(call.tx, "balancer", arn, config)
    records.TAGS.put(call.tx, arn, tag_map(given.get("Tags")))
    return config


def _dns_name(call: Call, kind: str, name: str, number: str) -> str:
    if kind == "application":
        return f"{name}-{int(number[:8], 16):010d}.{call.region}.elb.amazonaws.com"
    return f"{name}-{number}.elb.{call.region}.amazonaws.com"


def _zones(call: Call, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    subnets = list(given.get("Subnets") or ())
    subnets += [entry["SubnetId"] for entry in given.get("SubnetMappings") or ()]
    return [
        {"ZoneName": f"{call.region}{'abc'[place % 3]}", "SubnetId": subnet}
        for place, subnet in enumerate(subnets)
    ]


def change(call: Call, arn: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Other subnets, groups, address type or attributes. Raises Invalid."""
    config = get(call.tx, "balancer", arn)
    if given.get("Subnets") or given.get("SubnetMappings"):
        config["AvailabilityZones"] = _zones(call, given)
    for name in ("SecurityGroups", "IpAddressType"):
        if given.get(name) is not None:
            config[name] = given[name]
    config = attributes.changed("balancer", config, given.get("LoadBalancerAttributes") or ())
    put(call.tx, "balancer", arn, config)
    return config


def delete(call: Call, arn: str) -> None:
    """Delete it with its listeners; one that is gone is no error. Raises Invalid when protected."""
    config = records.find(call.tx, "balancer", arn)
    if config is None:
        return
    if attributes.value_of("balancer", config, "deletion_protection.enabled") == "true":
        raise Invalid(
            "OperationNotPermitted",
            f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
        )
    for listener in every(call.tx, "listener", arn):
        listeners.delete(call, listener)
    records.remove(call.tx, arn)


def address(tx: Transaction, endpoint: str, config: Mapping[str, Any], port: int = 0) -> str:
    """`host:port` under which the listener of `port` answers on this machine.

    Without `port` the first listener, as `host` alone where it is bound to the port it names. The
    name of AWS's form while there is no such listener.
    """
    for listener in every(tx, "listener", config["LoadBalancerArn"]).values():
        if listener["Bound"] and port in (0, listener["Port"]):
            host = urlsplit(endpoint).hostname or "127.0.0.1"
            exact = port == 0 and listener["Bound"] == listener["Port"]
            return host if exact else f"{host}:{listener['Bound']}"
    return str(config["DNSName"])


def by_dns(tx: Transaction, name: str) -> dict[str, Any] | None:
    """The load balancer of that DNS name, or None."""
    for config in every(tx, "balancer").values():
        if config["DNSName"].lower() == name.lower():
            return config
    return None


def shape(call: Call, config: Mapping[str, Any]) -> dict[str, Any]:
    """As the API returns it; its DNSName leads to the first listener."""
    shown = {key: value for key, value in config.items() if key != "Attributes"}
    return shown | {"DNSName": address(call.tx, call.endpoint, config)}


@OPERATIONS.write("CreateLoadBalancer")
def create_load_balancer(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for another type or a name that is taken."""
    return {"LoadBalancers": [shape(call, create(call, request))]}


@OPERATIONS.scan("DescribeLoadBalancers")
def describe_load_balancers(call: Call, request: dict[str, Any]) -> Result:
    """All, or by ARN or name."""
    balancers = every(call.tx, "balancer")
    names = request.get("Names")
    if names:
        named = {held["LoadBalancerName"]: held for held in balancers.values()}
        found = records.selected(named, "balancer", names)
    else:
        found = records.selected(balancers, "balancer", request.get("LoadBalancerArns"))
    return records.paged([shape(call, held) for held in found], "LoadBalancers", request)


@OPERATIONS.write("DeleteLoadBalancer")
def delete_load_balancer(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid when it is protected."""
    delete(call, request["LoadBalancerArn"])
    return {}


@OPERATIONS.write("SetSubnets")
def set_subnets(call: Call, request: dict[str, Any]) -> Result:
    """Recorded."""
    config = change(call, request["LoadBalancerArn"], request)
    return {"AvailabilityZones": config["AvailabilityZones"]}


@OPERATIONS.write("SetSecurityGroups")
def set_security_groups(call: Call, request: dict[str, Any]) -> Result:
    """Recorded."""
    config = change(call, request["LoadBalancerArn"], request)
    return {"SecurityGroupIds": config["SecurityGroups"]}


@OPERATIONS.write("SetIpAddressType")
def set_ip_address_type(call: Call, request: dict[str, Any]) -> Result:
    """Recorded."""
    config = change(call, request["LoadBalancerArn"], request)
    return {"IpAddressType": config["IpAddressType"]}
