"""The CloudFormation types of application load balancers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import (
    Call,
    Created,
    Refused,
    Resource,
    ResourceType,
    Support,
    generated_name,
    truth,
    typed,
)
from eventmill.services.elbv2 import balancers, groups, listeners, records, rules, targets
from eventmill.services.elbv2.actions import REFUSED
from eventmill.services.tags import tag_map

H, R = Support.HONOURED, Support.RECORDED
_KINDS = {"HealthCheckEnabled": truth}
_PREFIX = "AWS::ElasticLoadBalancingV2::"


def _short_name(call: Call, resource: Resource) -> str:
    # Names end at 32 characters and must not end with a hyphen.
    given = resource.properties.get("Name")
    return str(given or generated_name(resource, call.ids, limit=32).replace("--", "-").strip("-"))


def _balancer(config: Mapping[str, Any]) -> Created:
    arn = config["LoadBalancerArn"]
    return Created(
        arn,
        {
            "LoadBalancerArn": arn,
            "DNSName": config["DNSName"],
            "CanonicalHostedZoneID": config["CanonicalHostedZoneId"],
            "LoadBalancerName": config["LoadBalancerName"],
            "LoadBalancerFullName": arn.partition(":loadbalancer/")[2],
            "SecurityGroups": config["SecurityGroups"],
        },
    )


def _create_balancer(call: Call, resource: Resource) -> Created:
    given = resource.properties | {"Name": _short_name(call, resource)}
    return _balancer(balancers.create(call, given))


def _update_balancer(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    _retag(call, arn, resource)
    return _balancer(balancers.change(call, arn, resource.properties))


def _delete_balancer(call: Call, resource: Resource) -> None:
    balancers.delete(call, resource.physical_id or "")


def _retag(call: Call, arn: str, resource: Resource) -> None:
    records.TAGS.replace(call.tx, arn, tag_map(resource.properties.get("Tags")))


def _group(call: Call, config: Mapping[str, Any]) -> Created:
    arn = config["TargetGroupArn"]
    return Created(
        arn,
        {
            "TargetGroupArn": arn,
            "TargetGroupName": config["TargetGroupName"],
            "TargetGroupFullName": "targetgroup/" + arn.partition(":targetgroup/")[2],
            "LoadBalancerArns": groups.used(call.tx).get(arn, []),
        },
    )


def _create_group(call: Call, resource: Resource) -> Created:
    given = typed(resource.properties, _KINDS) | {"Name": _short_name(call, resource)}
    config = groups.create(call, given)
    targets.register(call, config["TargetGroupArn"], given.get("Targets") or ())
    return _group(call, config)


def _update_group(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn, given = resource.physical_id or "", typed(resource.properties, _KINDS)
    config = groups.change(call, arn, given)
    wanted = given.get("Targets") or []
    gone = [target for target in old.get("Targets") or () if target not in wanted]
    targets.deregister(call, arn, gone)
    targets.register(call, arn, wanted)
    _retag(call, arn, resource)
    return _group(call, config)


def _delete_group(call: Call, resource: Resource) -> None:
    groups.delete(call, resource.physical_id or "")


def _create_listener(call: Call, resource: Resource) -> Created:
    arn = listeners.create(call, resource.properties)["ListenerArn"]
    return Created(arn, {"ListenerArn": arn})


def _update_listener(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    listeners.change(call, arn, resource.properties)
    return Created(arn, {"ListenerArn": arn})


def _delete_listener(call: Call, resource: Resource) -> None:
    listeners.delete(call, resource.physical_id or "")


def _create_rule(call: Call, resource: Resource) -> Created:
    arn = rules.create(call, resource.properties)["RuleArn"]
    return Created(arn, {"RuleArn": arn, "IsDefault": False})


def _update_rule(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    rules.change(call, arn, resource.properties)
    if str(old.get("Priority")) != str(resource.properties["Priority"]):
        rules.set_priorities(call, {arn: resource.properties["Priority"]})
    return Created(arn, {"RuleArn": arn, "IsDefault": False})


def _delete_rule(call: Call, resource: Resource) -> None:
    rules.delete(call, resource.physical_id or "")


def _create_certificate(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    listeners.add_certificates(call, properties["ListenerArn"], properties["Certificates"])
    return Created(generated_name(resource, call.ids))


def _update_certificate(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    listeners.remove_certificates(call, old["ListenerArn"], old["Certificates"])
    properties = resource.properties
    listeners.add_certificates(call, properties["ListenerArn"], properties["Certificates"])
    return Created(resource.physical_id or "")


def _delete_certificate(call: Call, resource: Resource) -> None:
    properties = resource.properties
    listeners.remove_certificates(call, properties["ListenerArn"], properties["Certificates"])


def _unserved(properties: Mapping[str, Any]) -> str:
    kind = properties.get("Type")
    if kind in ("network", "gateway"):
        return f"a {kind} load balancer is recorded: nothing listens for it here"
    return ""


def _of(kind: Support, *names: str) -> dict[str, Support | Refused]:
    return dict.fromkeys(names, kind)


def _refused_actions(prefix: str) -> dict[str, Support | Refused]:
    return {f"{prefix}.{name}": Refused(reason) for name, reason in REFUSED.items()}


RESOURCES = (
    ResourceType(
        f"{_PREFIX}LoadBalancer",
        _of(H, "Name", "Type", "Scheme", "LoadBalancerAttributes", "Tags")
        | _of(
            R,
            "EnableCapacityReservationProvisionStabilize",
            "EnablePrefixForIpv6SourceNat",
            "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
            "IpAddressType",
            "Ipv4IpamPoolId",
            "MinimumLoadBalancerCapacity",
            "SecurityGroups",
            "SubnetMappings",
            "Subnets",
        ),
        _create_balancer,
        _update_balancer,
        _delete_balancer,
        frozenset({"Name", "Type", "Scheme"}),
        remark=_unserved,
    ),
    ResourceType(
        f"{_PREFIX}TargetGroup",
        _of(
            H,
            "HealthCheckEnabled",
            "HealthCheckIntervalSeconds",
            "HealthCheckPath",
            "HealthCheckPort",
            "HealthCheckProtocol",
            "HealthCheckTimeoutSeconds",
            "HealthyThresholdCount",
            "Matcher",
            "Name",
            "Port",
            "Protocol",
            "Tags",
            "TargetGroupAttributes",
            "TargetType",
            "Targets",
            "UnhealthyThresholdCount",
        )
        | _of(R, "IpAddressType", "ProtocolVersion", "TargetControlPort", "VpcId"),
        _create_group,
        _update_group,
        _delete_group,
        frozenset({"Name", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId"}),
    ),
    ResourceType(
        f"{_PREFIX}Listener",
        _of(H, "DefaultActions", "LoadBalancerArn", "Port", "Protocol")
        | _of(R, "AlpnPolicy", "Certificates", "ListenerAttributes", "SslPolicy")
        | {"MutualAuthentication": Refused("HTTPS listeners speak HTTP here; leave it out")}
        | _refused_actions("DefaultActions"),
        _create_listener,
        _update_listener,
        _delete_listener,
        frozenset({"LoadBalancerArn"}),
    ),
    ResourceType(
        f"{_PREFIX}ListenerRule",
        _of(H, "Actions", "Conditions", "ListenerArn", "Priority", "Tags")
        | {"Transforms": Refused("rewriting is not offered; match the original request")}
        | _refused_actions("Actions"),
        _create_rule,
        _update_rule,
        _delete_rule,
        frozenset({"ListenerArn"}),
    ),
    ResourceType(
        f"{_PREFIX}ListenerCertificate",
        _of(R, "Certificates", "ListenerArn"),
        _create_certificate,
        _update_certificate,
        _delete_certificate,
        frozenset({"ListenerArn"}),
    ),
)
