"""The API's operations on tables.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Result, truth
from eventmill.services.dynamodb import storage, tables
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.tables import OPERATIONS, Table

_NOT_CREATED = {
    "VectorIndexes": "vector indexes are not offered",
    "GlobalTableSourceArn": "there is one account here",
    "GlobalTableSettingsReplicationMode": "there is one region here",
}
_NOT_UPDATED = {
    "VectorIndexUpdates": "vector indexes are not offered",
    **dict.fromkeys(
        (
            *("ReplicaUpdates", "MultiRegionConsistency", "GlobalTableWitnessUpdates"),
            *("GlobalTableSettingsReplicationMode", "DisassociationProtectionEnabled"),
        ),
        "there is one region here",
    ),
}


def describe(call: Call, table: Table) -> dict[str, Any]:
    """The table as DescribeTable returns it."""
    counted = call.tx.one(
        "SELECT count(*), coalesce(sum(size), 0) FROM ddb_items WHERE tbl=?", (table.id,)
    )
    assert counted is not None
    definition = table.definition
    throughput = definition.get("ProvisionedThroughput") or {
        "ReadCapacityUnits": 0,
        "WriteCapacityUnits": 0,
    }
    shape: dict[str, Any] = {
        "TableName": table.name,
        "TableArn": table.arn,
        "TableId": f"{table.id:08x}-0000-4000-8000-000000000000",
        "TableStatus": "ACTIVE",
        "CreationDateTime": table.created,
        "AttributeDefinitions": definition["AttributeDefinitions"],
        "KeySchema": definition["KeySchema"],
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0} | throughput,
        "ItemCount": counted[0],
        "TableSizeBytes": counted[1],
        "DeletionProtectionEnabled": bool(definition.get("DeletionProtectionEnabled")),
    }
    if definition.get("BillingMode") == "PAY_PER_REQUEST":
        shape["BillingModeSummary"] = {"BillingMode": "PAY_PER_REQUEST"}
    shape |= _recorded(definition)
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        entries = definition.get(kind)
        if entries:
            shape[kind] = [_index_shape(table, entry, kind) for entry in entries]
    if table.stream is not None:
        shape |= {
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": table.view},
            "LatestStreamArn": table.stream,
            "LatestStreamLabel": table.stream.rpartition("/")[2],
        }
    return shape


def _recorded(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without meaning on one machine, as DescribeTable returns them."""
    shape: dict[str, Any] = {}
    encryption = definition.get("SSESpecification") or {}
    # Templates say SSEEnabled where the API says Enabled.
    if truth(encryption.get("Enabled", encryption.get("SSEEnabled", False))):
        key = encryption.get("KMSMasterKeyId") or "alias/aws/dynamodb"
        shape["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
    if definition.get("TableClass"):
        shape["TableClassSummary"] = {"TableClass": definition["TableClass"]}
    if definition.get("OnDemandThroughput"):
        shape["OnDemandThroughput"] = definition["OnDemandThroughput"]
    if definition.get("WarmThroughput"):
        shape["WarmThroughput"] = {"Status": "ACTIVE"} | definition["WarmThroughput"]
    return shape


def _index_shape(table: Table, entry: Mapping[str, Any], kind: str) -> dict[str, Any]:
    shape = dict(entry) | {"IndexArn": f"{table.arn}/index/{entry['IndexName']}"}
    if kind == "GlobalSecondaryIndexes":
        shape["IndexStatus"] = "ACTIVE"
        shape.setdefault("ProvisionedThroughput", {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0})
    return shape


def _refuse(request: Mapping[str, Any], refused: Mapping[str, str]) -> None:
    for name, why in refused.items():
        if request.get(name) is not None:
            raise validation(f"{name} is not supported by Eventmill: {why}")


@OPERATIONS.write("CreateTable")
def create_table(call: Call, request: dict[str, Any]) -> Result:
    """The table is active at once. Raises Invalid."""
    _refuse(request, _NOT_CREATED)
    tables.check_capacity(request)
    return {"TableDescription": describe(call, tables.create(call, request))}


@OPERATIONS.scan("DescribeTable")
def describe_table(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    name = request["TableName"]
    table = tables.find(call.tx, name, f"Requested resource not found: Table: {name} not found")
    return {"Table": describe(call, table)}


@OPERATIONS.sweep("UpdateTable")
def update_table(call: Call, request: dict[str, Any]) -> Result:
    """Indexes are filled before the answer. Raises Invalid."""
    _refuse(request, _NOT_UPDATED)
    table = tables.find(call.tx, request["TableName"])
    if (request.get("StreamSpecification") or {}).get("StreamEnabled") and table.stream:
        raise validation(f"Table already has an enabled stream: TableName: {table.name}")
    return {"TableDescription": describe(call, tables.change(call, request["TableName"], request))}


@OPERATIONS.sweep("DeleteTable")
def delete_table(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid when the table is protected or not there."""
    table = tables.find(call.tx, request["TableName"])
    if table.definition.get("DeletionProtectionEnabled"):
        raise validation(
            f"Resource cannot be deleted as it is currently protected against deletion. Disable "
            f"deletion protection first: {table.name}"
        )
    shape = describe(call, tables.delete(call, request["TableName"])) | {"TableStatus": "DELETING"}
    return {"TableDescription": shape}


@OPERATIONS.scan("ListTables")
def list_tables(call: Call, request: dict[str, Any]) -> Result:
    """By name, 100 a page."""
    limit = request.get("Limit") or 100
    rows = call.tx.all(
        "SELECT name FROM ddb_tables WHERE name>? ORDER BY name LIMIT ?",
        (request.get("ExclusiveStartTableName") or "", limit + 1),
    )
    names = [row[0] for row in rows[:limit]]
    answer: dict[str, Any] = {"TableNames": names}
    return answer | ({"LastEvaluatedTableName": names[-1]} if len(rows) > limit else {})


@OPERATIONS.sweep("UpdateTimeToLive")
def update_time_to_live(call: Call, request: dict[str, Any]) -> Result:
    """The attribute holds epoch seconds; expired items are deleted, those that are there too."""
    table = tables.find(call.tx, request["TableName"])
    wanted = request["TimeToLiveSpecification"]
    tables.put_definition(call, table.name, dict(table.definition) | {"TimeToLive": wanted})
    storage.time_anew(call.tx, table.name)
    return {"TimeToLiveSpecification": wanted}


@OPERATIONS.read("DescribeTimeToLive")
def describe_time_to_live(call: Call, request: dict[str, Any]) -> Result:
    """ENABLED or DISABLED."""
    table = tables.find(call.tx, request["TableName"])
    if table.ttl is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": table.ttl}}
