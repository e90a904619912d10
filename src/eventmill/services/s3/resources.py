"""The CloudFormation types of S3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.kernel.clock import iso_epoch
from eventmill.services.contract import (
    UNKNOWN,
    Call,
    Created,
    Refused,
    Resource,
    ResourceType,
    Support,
    attribute_text,
    generated_name,
    has_unknown,
    known,
    truth,
    typed,
)
from eventmill.services.s3 import buckets, lifecycle, locks, notifications
from eventmill.services.s3.trails import TRAIL


def _encryption(given: Mapping[str, Any]) -> dict[str, Any]:
    rules = []
    for rule in given.get("ServerSideEncryptionConfiguration") or ():
        shaped: dict[str, Any] = {}
        if rule.get("ServerSideEncryptionByDefault"):
            shaped["ApplyServerSideEncryptionByDefault"] = rule["ServerSideEncryptionByDefault"]
        if rule.get("BucketKeyEnabled") is not None:
            shaped["BucketKeyEnabled"] = truth(rule["BucketKeyEnabled"])
        rules.append(shaped)
    return {"Rules": rules}


def _access(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: truth(value) for name, value in given.items()}


def _website(given: Mapping[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    if given.get("IndexDocument"):
        shaped["IndexDocument"] = {"Suffix": given["IndexDocument"]}
    if given.get("ErrorDocument"):
        shaped["ErrorDocument"] = {"Key": given["ErrorDocument"]}
    if given.get("RedirectAllRequestsTo"):
        shaped["RedirectAllRequestsTo"] = given["RedirectAllRequestsTo"]
    return shaped


_SETTINGS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    # property: (kind of the setting, its form in the API)
    "BucketEncryption": ("encryption", _encryption),
    "PublicAccessBlockConfiguration": ("access", _access),
    "OwnershipControls": ("ownership", dict),
    "Tags": ("tagging", lambda tags: {"TagSet": list(tags)}),
    "WebsiteConfiguration": ("website", _website),
}
_RECORDED = (
    *_SETTINGS,
    "AccessControl",
    "MetricsConfigurations",
    "AnalyticsConfigurations",
    "IntelligentTieringConfigurations",
    "InventoryConfigurations",
    "LoggingConfiguration",
    "AccelerateConfiguration",
    "ReplicationConfiguration",
    "AbacStatus",
    "BucketNamePrefix",
    "BucketNamespace",
)
_REFUSED = {
    "MetadataConfiguration": "tables of metadata are not offered",
    "MetadataTableConfiguration": "tables of metadata are not offered",
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
    locked = _lock(properties)
    if locked or locks.configuration(tx, name) is not None:
        status = "Enabled"
    if status or current:
        # A bucket that had versions cannot go back to having none, only stop making them.
        buckets.set_versioning(tx, name, status or "Suspended")
    if locked:
        locks.configure(call, name, locked)
    rules = (properties.get("CorsConfiguration") or {}).get("CorsRules")
    cors = {"CORSRules": [_cors(rule) for rule in rules]} if rules else None
    buckets.put_setting(tx, name, "cors", cors)
    for key, (kind, shape) in _SETTINGS.items():
        given = properties.get(key)
        buckets.put_setting(tx, name, kind, None if given is None else shape(given))
    lifecycle.configure(call, name, _lifecycle(properties.get("LifecycleConfiguration")))
    notifications.configure(call, name, _notifications(properties))


def _lock(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """The lock configuration as the API has it; None for a bucket without one."""
    given = properties.get("ObjectLockConfiguration")
    if given is None and not truth(properties.get("ObjectLockEnabled")):
        return None
    shaped: dict[str, Any] = {
        "ObjectLockEnabled": (given or {}).get("ObjectLockEnabled", "Enabled")
    }
    retention = ((given or {}).get("Rule") or {}).get("DefaultRetention")
    if retention:
        kinds = {"Days": int, "Years": int}
        shaped["Rule"] = {"DefaultRetention": typed(retention, kinds)}
    return shaped


def _lifecycle(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The template's rules, whose members have other names than the API's."""
    rules = [_lifecycle_rule(rule) for rule in (given or {}).get("Rules") or ()]
    least = (given or {}).get(lifecycle.LEAST)
    return {"Rules": rules, lifecycle.LEAST: least} if rules else None


def _lifecycle_rule(given: Mapping[str, Any]) -> dict[str, Any]:
    condition: dict[str, Any] = {"Prefix": given.get("Prefix") or ""}
    if given.get("TagFilters"):
        condition["Tags"] = given["TagFilters"]
    for member in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if given.get(member) is not None:
            condition[member] = int(given[member])
    rule: dict[str, Any] = {"Status": given["Status"], "Filter": {"And": condition}}
    if given.get("Id"):
        rule["ID"] = given["Id"]
    expiration: dict[str, Any] = {}
    if given.get("ExpirationInDays") is not None:
        expiration["Days"] = int(given["ExpirationInDays"])
    if given.get("ExpirationDate") is not None:
        expiration["Date"] = iso_epoch(str(given["ExpirationDate"]))
    if truth(given.get("ExpiredObjectDeleteMarker")):
        expiration["ExpiredObjectDeleteMarker"] = True
    if expiration:
        rule["Expiration"] = expiration
    old = given.get("NoncurrentVersionExpiration") or {}
    days = old.get("NoncurrentDays", given.get("NoncurrentVersionExpirationInDays"))
    if days is not None:
        rule["NoncurrentVersionExpiration"] = {
            "NoncurrentDays": int(days),
            "NewerNoncurrentVersions": int(old.get("NewerNoncurrentVersions") or 0),
        }
    if given.get("AbortIncompleteMultipartUpload"):
        rule["AbortIncompleteMultipartUpload"] = given["AbortIncompleteMultipartUpload"]
    later = [*(given.get("NoncurrentVersionTransitions") or ())]
    later += (
        [given["NoncurrentVersionTransition"]] if given.get("NoncurrentVersionTransition") else []
    )
    if later:
        rule["NoncurrentVersionTransitions"] = [
            {
                "StorageClass": entry["StorageClass"],
                "NoncurrentDays": int(entry.get("TransitionInDays") or 0),
            }
            for entry in later
        ]
    transitions = [*(given.get("Transitions") or ())]
    transitions += [given["Transition"]] if given.get("Transition") else []
    if transitions:
        rule["Transitions"] = [_transition(entry) for entry in transitions]
    return rule


def _transition(given: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"StorageClass": given["StorageClass"]}
    if given.get("TransitionInDays") is not None:
        made["Days"] = int(given["TransitionInDays"])
    if given.get("TransitionDate") is not None:
        made["Date"] = iso_epoch(str(given["TransitionDate"]))
    return made


def _cors(rule: Mapping[str, Any]) -> dict[str, Any]:
    shaped = {_METHODS[key]: value for key, value in rule.items()}
    if "MaxAgeSeconds" in shaped:
        shaped["MaxAgeSeconds"] = int(shaped["MaxAgeSeconds"])
    return shaped


_DESTINATIONS = {
    "LambdaConfigurations": "Function",
    "QueueConfigurations": "Queue",
    "TopicConfigurations": "Topic",
}
"""The lists of a template's notifications, and what names the destination in each."""


def _notifications(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The template's form has one event per entry; entries alike but for it become one rule."""
    given = properties.get("NotificationConfiguration") or {}
    result: dict[str, Any] = {}
    for source, member in _DESTINATIONS.items():
        target = source.replace("Lambda", "LambdaFunction")
        name = f"{target.removesuffix('Configurations')}Arn"
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
    if bus is not None and truth(bus.get("EventBridgeEnabled", True)):
        result["EventBridgeConfiguration"] = {}
    return result


_SOMEWHERE = "arn:aws:lambda:us-east-1:000000000000:function:later"
"""Stands for a destination that the deployment itself will make."""


def _validate(properties: Mapping[str, Any]) -> None:
    plain = known(properties)
    if plain.get("BucketName"):
        buckets.check_name(plain["BucketName"])
    if plain.get("VersioningConfiguration"):
        buckets.check_versioning(plain["VersioningConfiguration"].get("Status") or "")
    rules = _lifecycle(plain.get("LifecycleConfiguration"))
    if rules:
        lifecycle.check(rules["Rules"])
    locked = _lock(plain)
    if locked:
        locks.shaped(locked)
    for rule in (plain.get("CorsConfiguration") or {}).get("CorsRules") or ():
        _cors(rule)
    notifications.shaped(_notifications({"NotificationConfiguration": _told(properties)}), str)


def _told(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The notifications of which all is known but, at the most, where they go."""
    found: dict[str, Any] = {}
    for key, member in _DESTINATIONS.items():
        entries = (properties.get("NotificationConfiguration") or {}).get(key) or ()
        rules = [
            {**entry, member: _SOMEWHERE} if entry.get(member) is UNKNOWN else entry
            for entry in entries
            if entry is not UNKNOWN
        ]
        found[key] = [rule for rule in rules if not has_unknown(rule)]
    return found


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
    if buckets.exists(call.tx, resource.physical_id or ""):
        buckets.delete(call, resource.physical_id or "")


def _put_policy(call: Call, resource: Resource) -> Created:
    name = resource.properties["Bucket"]
    buckets.find(call.tx, name)
    text = attribute_text(resource.properties["PolicyDocument"])
    buckets.put_setting(call.tx, name, "policy", text)
    return Created(name)


def _change_policy(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put_policy(call, resource)


def _drop_policy(call: Call, resource: Resource) -> None:
    buckets.put_setting(call.tx, resource.properties["Bucket"], "policy", None)


RESOURCES = (
    TRAIL,
    ResourceType(
        "AWS::S3::Bucket",
        dict.fromkeys(
            (
                "BucketName",
                "VersioningConfiguration",
                "CorsConfiguration",
                "NotificationConfiguration",
                "LifecycleConfiguration",
                "ObjectLockEnabled",
                "ObjectLockConfiguration",
            ),
            Support.HONOURED,
        )
        | dict.fromkeys(_RECORDED, Support.RECORDED)
        | {name: Refused(reason) for name, reason in _REFUSED.items()},
        _create,
        _update,
        _delete,
        frozenset({"BucketName"}),
        validate=_validate,
        attributes=("Arn", "DomainName", "DualStackDomainName", "RegionalDomainName"),
    ),
    ResourceType(
        "AWS::S3::BucketPolicy",
        dict.fromkeys(("Bucket", "PolicyDocument"), Support.HONOURED),
        _put_policy,
        _change_policy,
        _drop_policy,
        frozenset({"Bucket"}),
        adopts=(),
    ),
)
