"""The API of DynamoDB Streams, a service of its own.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from __future__ import annotations

import base64
import json
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Operations, Result
from eventmill.services.dynamodb import streams, tables
from eventmill.services.dynamodb.faults import no_such_table, validation
from eventmill.services.dynamodb.values import load

OPERATIONS = Operations()


@OPERATIONS.scan("ListStreams")
def list_streams(call: Call, request: dict[str, Any]) -> Result:
    """All, or those of a table."""
    name = request.get("TableName")
    rows = call.tx.all(
        "SELECT arn, tbl, label FROM ddb_streams WHERE (?1 IS NULL OR tbl=?1) ORDER BY arn",
        (name,),
    )
    return {
        "Streams": [
            {"StreamArn": arn, "TableName": table, "StreamLabel": label}
            for arn, table, label in rows
        ]
    }


@OPERATIONS.read("DescribeStream")
def describe_stream(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    row = call.tx.one(
        "SELECT arn, tbl, label, view, enabled FROM ddb_streams WHERE arn=?",
        (request["StreamArn"],),
    )
    if row is None:
        raise no_such_table(
            f"Requested resource not found: Stream: {request['StreamArn']} not found"
        )
    arn, name, label, view, enabled = row
    first = call.tx.one("SELECT min(seq) FROM ddb_records WHERE stream=?", (arn,))
    shape: dict[str, Any] = {
        "StreamArn": arn,
        "StreamLabel": label,
        "TableName": name,
        "StreamViewType": view,
        "StreamStatus": "ENABLED" if enabled else "DISABLED",
        "Shards": [
            {
                "ShardId": streams.SHARD,
                "SequenceNumberRange": {
                    "StartingSequenceNumber": streams.sequence((first and first[0]) or 0)
                },
            }
        ],
    }
    if enabled:
        shape["KeySchema"] = tables.find(call.tx, name).definition["KeySchema"]
    return {"StreamDescription": shape}


@OPERATIONS.read("GetShardIterator")
def get_shard_iterator(call: Call, request: dict[str, Any]) -> Result:
    """An iterator names the stream and the sequence number behind which it reads."""
    arn, kind = request["StreamArn"], request["ShardIteratorType"]
    if not streams.exists(call.tx, arn) or request["ShardId"] != streams.SHARD:
        raise no_such_table("Requested resource not found: Shard does not exist")
    after = 0
    if kind == "LATEST":
        row = call.tx.one("SELECT max(seq) FROM ddb_records WHERE stream=?", (arn,))
        after = (row and row[0]) or 0
    elif kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        number = request.get("SequenceNumber")
        if number is None:
            raise validation(f"SequenceNumber is required for {kind}")
        after = int(number) - (kind == "AT_SEQUENCE_NUMBER")
    return {"ShardIterator": _iterator(arn, after)}


def _iterator(arn: str, after: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([arn, after]).encode()).decode()


@OPERATIONS.read("GetRecords")
def get_records(call: Call, request: dict[str, Any]) -> Result:
    """Up to 1,000 records."""
    try:
        arn, after = json.loads(base64.urlsafe_b64decode(request["ShardIterator"]))
    except ValueError:
        raise validation("Invalid ShardIterator") from None
    if not streams.exists(call.tx, arn):
        raise Invalid("ResourceNotFoundException", "Requested resource not found")
    found = streams.read(call.tx, arn, streams.SHARD, str(after), request.get("Limit") or 1_000)
    if found:
        after = int(found[-1].sequence)
    return {
        "Records": [_shape(record.event) for record in found],
        "NextShardIterator": _iterator(arn, after),
    }


def _shape(event: dict[str, Any]) -> dict[str, Any]:
    inner = dict(event["dynamodb"])
    for name in ("Keys", "NewImage", "OldImage"):
        if name in inner:
            inner[name] = load(json.dumps(inner[name], separators=(",", ":")))
    kept = ("eventID", "eventName", "eventVersion", "eventSource", "awsRegion")
    shape: dict[str, Any] = {name: event[name] for name in kept} | {"dynamodb": inner}
    if "userIdentity" in event:
        identity = event["userIdentity"]
        shape["userIdentity"] = {"Type": identity["type"], "PrincipalId": identity["principalId"]}
    return shape
