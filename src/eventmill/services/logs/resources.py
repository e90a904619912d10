"""The CloudFormation types of CloudWatch Logs."""

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
    attribute_text,
    generated_name,
    known,
    truth,
    typed,
)
from eventmill.services.logs import events, groups, metric_filters, policies, subscriptions
from eventmill.services.tags import tag_map

_DOCUMENT = "ResourcePolicyDocument"


def _days(properties: Mapping[str, Any]) -> int | None:
    days = properties.get("RetentionInDays")
    return None if days is None else int(days)


def _validate(properties: Mapping[str, Any]) -> None:
    plain = known(properties)
    groups.check(plain.get("LogGroupName") or "name", _days(plain))


def _created(call: Call, name: str) -> Created:
    return Created(name, {"Arn": f"{groups.group_arn(call, name)}:*"})


def _create(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("LogGroupName") or generated_name(resource, call.ids, limit=512)
    groups.create_group(call, name, _days(resource.properties))
    _record(call, resource, name)
    _set_policy(call, name, resource, {})
    return _created(call, name)


def _record(call: Call, resource: Resource, name: str) -> None:
    """Tags, and settings that the API returns."""
    given = typed(resource.properties, {"DeletionProtectionEnabled": truth})
    members = {name[0].upper() + name[1:]: name for name in groups.RECORDED}
    settings = {members[key]: value for key, value in given.items() if key in members}
    groups.record(call, name, settings)
    tags = tag_map(resource.properties.get("Tags"))
    groups.TAGS.replace(call.tx, groups.group_arn(call, name), tags)


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    groups.set_retention(call, name, _days(resource.properties))
    _record(call, resource, name)
    _set_policy(call, name, resource, old)
    return _created(call, name)


def _set_policy(call: Call, group: str, resource: Resource, old: Mapping[str, Any]) -> None:
    """One that a resource of its own put on the group stays."""
    arn, document = groups.group_arn(call, group), resource.properties.get(_DOCUMENT)
    if document is not None:
        policies.put(call, arn, attribute_text(document))
    elif old.get(_DOCUMENT) is not None:
        policies.delete(call, arn)


def _delete(call: Call, resource: Resource) -> None:
    groups.delete_group(call, resource.physical_id or "")


def _subscribe(call: Call, resource: Resource, name: str) -> Created:
    group, properties = resource.properties["LogGroupName"], resource.properties
    if not groups.exists(call.tx, group):
        # On AWS a function that ran before has left its group; here the stack comes first.
        groups.create_group(call, group, None)
    request = {
        "filterPattern": properties.get("FilterPattern") or "",
        "destinationArn": properties["DestinationArn"],
        "roleArn": properties.get("RoleArn"),
        "distribution": properties.get("Distribution"),
    }
    subscriptions.put(call, group, name, request)
    return Created(name)


def _create_subscription(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("FilterName") or generated_name(resource, call.ids, limit=512)
    return _subscribe(call, resource, name)


def _update_subscription(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _subscribe(call, resource, resource.physical_id or "")


def _delete_subscription(call: Call, resource: Resource) -> None:
    subscriptions.delete(call, resource.properties["LogGroupName"], resource.physical_id or "")


def _members(value: Any) -> Any:
    """CloudFormation's names of members as the API has them, `metricName` for `MetricName`."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: _members(entry) for key, entry in value.items()}
    return [_members(entry) for entry in value] if isinstance(value, list) else value


def _put_metric_filter(call: Call, resource: Resource, name: str) -> Created:
    properties = resource.properties
    transformations = _members(properties["MetricTransformations"])
    for one in transformations:
        if isinstance(one.get("dimensions"), list):
            one["dimensions"] = {entry["key"]: entry["value"] for entry in one["dimensions"]}
    pattern = properties["FilterPattern"]
    metric_filters.put(call, properties["LogGroupName"], name, pattern, transformations)
    return Created(name)


def _create_metric_filter(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("FilterName") or generated_name(resource, call.ids, limit=512)
    return _put_metric_filter(call, resource, name)


def _update_metric_filter(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put_metric_filter(call, resource, resource.physical_id or "")


def _delete_metric_filter(call: Call, resource: Resource) -> None:
    metric_filters.delete(call, resource.properties["LogGroupName"], resource.physical_id or "")


def _create_stream(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("LogStreamName") or generated_name(resource, call.ids, limit=512)
    request = {"logGroupName": resource.properties["LogGroupName"], "logStreamName": name}
    events.create_log_stream(call, request)
    return Created(name)


def _keep_stream(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return Created(resource.physical_id or "")


def _delete_stream(call: Call, resource: Resource) -> None:
    events.drop_stream(call.tx, resource.properties["LogGroupName"], resource.physical_id or "")


def _policy_key(properties: Mapping[str, Any]) -> str:
    """A group has one policy, whatever its name; those of the account have names."""
    return str(properties.get("ResourceArn") or properties["PolicyName"]).removesuffix(":*")


def _put_policy(call: Call, resource: Resource) -> Created:
    document = attribute_text(resource.properties["PolicyDocument"])
    policies.put(call, _policy_key(resource.properties), document)
    return Created(resource.properties["PolicyName"])


def _change_policy(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    if _policy_key(old) != _policy_key(resource.properties):
        policies.delete(call, _policy_key(old))
    return _put_policy(call, resource)


def _delete_policy(call: Call, resource: Resource) -> None:
    policies.delete(call, _policy_key(resource.properties))


RESOURCES = (
    ResourceType(
        "AWS::Logs::LogGroup",
        dict.fromkeys(
            ("LogGroupName", "RetentionInDays", "ResourcePolicyDocument"), Support.HONOURED
        )
        | dict.fromkeys(
            (
                *("KmsKeyId", "Tags", "LogGroupClass", "DataProtectionPolicy"),
                *("FieldIndexPolicies", "DeletionProtectionEnabled"),
            ),
            Support.RECORDED,
        ),
        _create,
        _update,
        _delete,
        frozenset({"LogGroupName"}),
        validate=_validate,
        attributes=("Arn",),
    ),
    ResourceType(
        "AWS::Logs::LogStream",
        dict.fromkeys(("LogGroupName", "LogStreamName"), Support.HONOURED),
        _create_stream,
        _keep_stream,
        _delete_stream,
        frozenset({"LogGroupName", "LogStreamName"}),
    ),
    ResourceType(
        "AWS::Logs::SubscriptionFilter",
        dict.fromkeys(
            ("LogGroupName", "FilterName", "FilterPattern", "DestinationArn"), Support.HONOURED
        )
        | dict.fromkeys(("RoleArn", "Distribution"), Support.RECORDED)
        | {
            "ApplyOnTransformedLogs": Refused("log transformers are not offered"),
            "EmitSystemFields": Refused("system fields are not offered"),
            "FieldSelectionCriteria": Refused("system fields are not offered"),
        },
        _create_subscription,
        _update_subscription,
        _delete_subscription,
        frozenset({"LogGroupName", "FilterName"}),
        adopts=("LogGroupName",),
    ),
    ResourceType(
        "AWS::Logs::MetricFilter",
        dict.fromkeys(
            ("LogGroupName", "FilterName", "FilterPattern", "MetricTransformations"),
            Support.HONOURED,
        )
        | dict.fromkeys(
            ("ApplyOnTransformedLogs", "EmitSystemFieldDimensions", "FieldSelectionCriteria"),
            Support.RECORDED,
        ),
        _create_metric_filter,
        _update_metric_filter,
        _delete_metric_filter,
        frozenset({"LogGroupName", "FilterName"}),
        adopts=("LogGroupName",),
    ),
    ResourceType(
        "AWS::Logs::ResourcePolicy",
        dict.fromkeys(("PolicyName", "PolicyDocument", "ResourceArn"), Support.HONOURED),
        _put_policy,
        _change_policy,
        _delete_policy,
        adopts=(),
    ),
)
