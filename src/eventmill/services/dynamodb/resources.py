"""The CloudFormation types of DynamoDB."""

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
)
from eventmill.services.dynamodb import storage, tables
from eventmill.services.dynamodb.destination_operations import align
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.tables import Table
from eventmill.services.tags import tag_map

_HONOURED = (
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TimeToLiveSpecification",
    "DeletionProtectionEnabled",
)
_KEYS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
_KINESIS = "KinesisStreamSpecification"
_RECORDED = (
    "BillingMode",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "WarmThroughput",
    "SSESpecification",
    "TableClass",
    "Tags",
    "PointInTimeRecoverySpecification",
    "ContributorInsightsSpecification",
    "ResourcePolicy",
)


def _request(properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    request = dict(properties) | {"TableName": name}
    if "StreamSpecification" in properties:
        view = properties["StreamSpecification"]["StreamViewType"]
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    ttl = properties.get("TimeToLiveSpecification")
    if ttl is not None:
        enabled = truth(ttl.get("Enabled", True))
        request["TimeToLive"] = {"Enabled": enabled, "AttributeName": ttl.get("AttributeName")}
    protected = properties.get("DeletionProtectionEnabled", False)
    request["DeletionProtectionEnabled"] = truth(protected)
    policy = (properties.get("ResourcePolicy") or {}).get("PolicyDocument")
    request["ResourcePolicy"] = None if policy is None else attribute_text(policy)
    return request


def _validate_table(properties: Mapping[str, Any]) -> None:
    """A global table without a BillingMode takes AWS's own capacity; others must name theirs."""
    _validate(properties)
    tables.check_capacity(properties)


def _validate(properties: Mapping[str, Any]) -> None:
    plain = known(properties)
    if all(name in plain for name in properties if name in _KEYS):
        tables.check(plain.get("TableName") or "name", plain)


def _destination(call: Call, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The KinesisStreamSpecification of a table, or of a global table's replica here."""
    replicas = properties.get("Replicas") or ()
    here = next((one for one in replicas if one.get("Region") == call.region), properties)
    found: Mapping[str, Any] | None = here.get(_KINESIS)
    return found


def _created(table: Table) -> Created:
    attributes = {"Arn": table.arn, "TableId": str(table.id)}
    if table.stream is not None:
        attributes["StreamArn"] = table.stream
    return Created(table.name, attributes)


def _create(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("TableName") or generated_name(resource, call.ids, limit=255)
    table = tables.create(call, _request(resource.properties, name))
    destination = _destination(call, resource.properties)
    if destination is not None:
        align(call, name, destination)
    return _created(table)


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    request = _request(resource.properties, name)
    table = tables.find(call.tx, name)
    wanted = {e["IndexName"]: e for e in request.get("GlobalSecondaryIndexes") or []}
    changes: list[dict[str, Any]] = []
    for entry in table.definition.get("GlobalSecondaryIndexes") or []:
        if wanted.get(entry["IndexName"]) != entry:
            changes.append({"Delete": {"IndexName": entry["IndexName"]}})
        else:
            del wanted[entry["IndexName"]]
    changes += [{"Create": entry} for entry in wanted.values()]
    given = {
        "AttributeDefinitions": request["AttributeDefinitions"],
        "GlobalSecondaryIndexUpdates": changes,
        "DeletionProtectionEnabled": request["DeletionProtectionEnabled"],
    }
    if old.get("StreamSpecification") != resource.properties.get("StreamSpecification"):
        given["StreamSpecification"] = request.get("StreamSpecification", {"StreamEnabled": False})
    tables.change(call, name, given)
    definition = tables.with_policy(
        call, tables.find(call.tx, name).definition, request["ResourcePolicy"]
    )
    definition["TimeToLive"] = request.get("TimeToLive") or {}
    tables.put_definition(call, name, definition)
    if tables.find(call.tx, name).ttl != table.ttl:
        storage.time_anew(call.tx, name)
    tables.TAGS.replace(call.tx, table.arn, tag_map(request.get("Tags")))
    destination = _destination(call, resource.properties)
    if destination != _destination(call, old):
        align(call, name, destination)
    return _created(tables.find(call.tx, name))


def _delete(call: Call, resource: Resource) -> None:
    name = resource.physical_id or ""
    if not tables.exists(call.tx, name):
        return
    if tables.find(call.tx, name).definition.get("DeletionProtectionEnabled"):
        raise validation(f"the table {name} is protected against deletion")
    tables.delete(call, name)


_REPLACES = frozenset({"TableName", "KeySchema", "LocalSecondaryIndexes"})
_OF_REPLICAS = (
    "GlobalTableSourceArn",
    "GlobalTableWitnesses",
    "GlobalTableSettingsReplicationMode",
    "MultiRegionConsistency",
    "ReadOnDemandThroughputSettings",
    "ReadProvisionedThroughputSettings",
    "Replicas",
    "WriteOnDemandThroughputSettings",
    "WriteProvisionedThroughputSettings",
)

RESOURCES = (
    ResourceType(
        "AWS::DynamoDB::Table",
        dict.fromkeys(_HONOURED, Support.HONOURED)
        | dict.fromkeys(_RECORDED, Support.RECORDED)
        | {
            _KINESIS: Support.HONOURED,
            "ImportSourceSpecification": Refused("imports are not offered; write the items"),
        },
        _create,
        _update,
        _delete,
        _REPLACES,
        validate=_validate_table,
        attributes=("Arn", "StreamArn", "TableId"),
    ),
    # There is one region here: the table is its own and only replica.
    ResourceType(
        "AWS::DynamoDB::GlobalTable",
        dict.fromkeys(_HONOURED, Support.HONOURED)
        | dict.fromkeys((*_RECORDED, *_OF_REPLICAS), Support.RECORDED)
        | {f"Replicas.{_KINESIS}": Support.HONOURED},
        _create,
        _update,
        _delete,
        _REPLACES,
        validate=_validate,
        attributes=("Arn", "StreamArn", "TableId"),
    ),
)
