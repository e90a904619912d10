"""The CloudFormation types of S3."""

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
)
from eventmill.services.s3 import buckets, notifications

_SETTINGS = {
    "BucketEncryption": "encryption",
    "PublicAccessBlockConfiguration": "access",
    "OwnershipControls": "ownership",
}
_RECORDED = (
    *_SETTINGS,
    "Tags",
    "AccessControl",
    "MetricsConfigurations",
    "AnalyticsConfigurations",
    "IntelligentTieringConfigurations",
    "InventoryConfigurations",
    "LoggingConfiguration",
    "AccelerateConfiguration",
)
_REFUSED = {
    "WebsiteConfiguration": "websites are not offered; serve files through an API",
    "ObjectLockEnabled": "object lock is not offered",
    "ObjectLockConfiguration": "object lock is not offered",
    "ReplicationConfiguration": "there is no second bucket store to replicate to",
    "LifecycleConfiguration": "lifecycle rules are not offered yet",
}
_METHODS = {
    "AllowedHeaders": "AllowedHeaders",
    "AllowedMethods": "AllowedMethods",
    "AllowedOrigins": "AllowedOrigins",
    "ExposedHeaders": "ExposeHeaders",
    "MaxAge": "MaxAgeSeconds",
    "Id": "ID",
}


def _created(call: Call, name: str) -> Created:
    domain = f"{name}.s3.{call.region}.amazonaws.com"
    return Created(
        name,
        {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": domain,
            "DualStackDomainName": f"{name}.s3.dualstack.{call.region}.amazonaws.com",
        },
    )


def _configure(call: Call, name: str, properties: Mapping[str, Any]) -> None:
    tx = call.tx
    status = (properties.get("VersioningConfiguration") or {}).get("Status")
    current = buckets.find(tx, name).versioning
    if status or current:
        # A bucket that had versions cannot go back to having none, only stop making them.
        buckets.set_versioning(tx, name, status or "Suspended")
    rules = (properties.get("CorsConfiguration") or {}).get("CorsRules")
    cors = {"CORSRules": [_cors(rule) for rule in rules]} if rules else None
    buckets.put_setting(tx, name, "cors", cors)
    for key, kind in _SETTINGS.items():
        buckets.put_setting(tx, name, kind, properties.get(key))
    notifications.configure(call, name, _notifications(properties))


def _cors(rule: Mapping[str, Any]) -> dict[str, Any]:
    shaped = {_METHODS[key]: value for key, value in rule.items()}
    if "MaxAgeSeconds" in shaped:
        shaped["MaxAgeSeconds"] = int(shaped["MaxAgeSeconds"])
    return shaped


def _notifications(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The template's form has one event per entry; entries alike but for it become one rule."""
    given = properties.get("NotificationConfiguration") or {}
    result: dict[str, Any] = {}
    for source, member, target, name in (
        ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
        ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
        ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
    ):
        rules: list[dict[str, Any]] = []
        for entry in given.get(source) or []:
            found = ((entry.get("Filter") or {}).get("S3Key") or {}).get("Rules") or []
            rule = {
                name: entry[member],
                "Events": [entry["Event"]],
                "Filter": {"Key": {"FilterRules": found}},
            }
            alike = [r for r in rules if r[name] == rule[name] and r["Filter"] == rule["Filter"]]
            if alike:
                alike[0]["Events"].append(entry["Event"])
            else:
                rules.append(rule)
        if rules:
            result[target] = rules
    bus = given.get("EventBridgeConfiguration")
    if bus is not None and str(bus.get("EventBridgeEnabled", True)).lower() == "true":
        result["EventBridgeConfiguration"] = {}
    return result


def _create(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("BucketName")
    name = name or generated_name(resource, call.ids, lower=True, limit=63)
    buckets.create(call, name)
    _configure(call, name, resource.properties)
    return _created(call, name)


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    _configure(call, name, resource.properties)
    return _created(call, name)


def _delete(call: Call, resource: Resource) -> None:
    buckets.delete(call, resource.physical_id or "")


def _put_policy(call: Call, resource: Resource) -> Created:
    name = resource.properties["Bucket"]
    buckets.find(call.tx, name)
    buckets.put_setting(call.tx, name, "policy", resource.properties["PolicyDocument"])
    return Created(name)


def _change_policy(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put_policy(call, resource)


def _drop_policy(call: Call, resource: Resource) -> None:
    buckets.put_setting(call.tx, resource.properties["Bucket"], "policy", None)


RESOURCES = (
    ResourceType(
        "AWS::S3::Bucket",
        dict.fromkeys(
            (
                "BucketName",
                "VersioningConfiguration",
                "CorsConfiguration",
                "NotificationConfiguration",
            ),
            Support.HONOURED,
        )
        | dict.fromkeys(_RECORDED, Support.RECORDED)
        | {name: Refused(reason) for name, reason in _REFUSED.items()},
        _create,
        _update,
        _delete,
        frozenset({"BucketName"}),
    ),
    ResourceType(
        "AWS::S3::BucketPolicy",
        {"Bucket": Support.HONOURED, "PolicyDocument": Support.RECORDED},
        _put_policy,
        _change_policy,
        _drop_policy,
        frozenset({"Bucket"}),
    ),
)
