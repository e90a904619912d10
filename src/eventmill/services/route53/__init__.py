"""Amazon Route 53: zones and names as records, since nobody asks for names of this machine."""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Resource, Service, absent, generated_name
from eventmill.services.records import Make, RecordType, resource_types, schema

__all__ = ["SERVICE"]

_TABLE = "route53_records"
_SERVERS = [f"ns-{number}.awsdns-00.com" for number in (1, 513, 1025, 1537)]


def _zone(call: Call, resource: Resource) -> str:
    return f"Z{call.ids.hex(20).upper()}"


def _name(call: Call, resource: Resource) -> str:
    """The name itself, which several records of other types may share."""
    kind = resource.properties.get("Type")
    return f"{resource.properties.get('Name')}_{kind}_{call.ids.hex(8)}"


def _generated() -> Make:
    return lambda call, resource: generated_name(resource, call.ids)


def _nothing(number: str, given: Any, region: str) -> dict[str, Any]:
    return {}


_RECORD = (
    "AliasTarget",
    "CidrRoutingConfig",
    "Comment",
    "Failover",
    "GeoLocation",
    "GeoProximityLocation",
    "HealthCheckId",
    "HostedZoneId",
    "HostedZoneName",
    "MultiValueAnswer",
    "Name",
    "Region",
    "ResourceRecords",
    "SetIdentifier",
    "TTL",
    "Type",
    "Weight",
)
_KINDS = (
    RecordType(
        "AWS::Route53::HostedZone",
        _zone,
        (
            "HostedZoneConfig",
            "HostedZoneFeatures",
            "HostedZoneTags",
            "Name",
            "QueryLoggingConfig",
            "VPCs",
        ),
        lambda number, given, region: {"Id": number, "NameServers": _SERVERS},
    ),
    RecordType("AWS::Route53::RecordSet", _name, _RECORD, _nothing),
    RecordType(
        "AWS::Route53::RecordSetGroup",
        _generated(),
        ("Comment", "HostedZoneId", "HostedZoneName", "RecordSets"),
        lambda number, given, region: {"Id": number},
    ),
    RecordType(
        "AWS::Route53::HealthCheck",
        _generated(),
        ("HealthCheckConfig", "HealthCheckTags"),
        lambda number, given, region: {"HealthCheckId": number},
    ),
)

SERVICE = Service(
    "route53", {}, (schema(_TABLE),), resource_types(_KINDS, _TABLE, absent("route53"))
)
