"""The API of DynamoDB Streams, a service of its own.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.clock import iso_seconds
from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Operations, Result
from eventmill.services.dynamodb import shards, streams
from eventmill.services.dynamodb.faults import no_such_table, validation
from eventmill.services.dynamodb.shards import Shard
from eventmill.services.dynamodb.values import load

OPERATIONS = Operations()

_PAGE = 100
_RECORDS = 1_000
_BYTES = 1_048_576
_ITERATOR_SECONDS = 900


def _limit(request: dict[str, Any], most: int) -> int:
    limit = request.get("Limit") or most
    if not 1 <= limit <= most:
        raise validation(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy "
            f"constraint: Member must have value less than or equal to {most}"
        )
    return int(limit)


@OPERATIONS.scan("ListStreams")
def list_streams(call: Call, request: dict[str, Any]) -> Result:
    """All, or those of a table; 100 a page at the most."""
    limit = _limit(request, _PAGE)
    rows = call.tx.all(
        "SELECT arn, tbl, label FROM ddb_streams WHERE (?1 IS NULL OR tbl=?1) AND arn>?2"
        " ORDER BY arn LIMIT ?3",
        (request.get("TableName"), request.get("ExclusiveStartStreamArn") or "", limit + 1),
    )
    answer: dict[str, Any] = {
        "Streams": [
            {"StreamArn": arn, "TableName": table, "StreamLabel": label}
            for arn, table, label in rows[:limit]
        ]
    }
    return answer | ({"LastEvaluatedStreamArn": rows[limit - 1][0]} if len(rows) > limit else {})


@OPERATIONS.read("DescribeStream")
def describe_stream(call: Call, request: dict[str, Any]) -> Result:
    """Its shards, 100 a page at the most; with a ShardFilter only the children of one.

    Raises Invalid (ResourceNotFoundException).
    """
    arn = request["StreamArn"]
    row = call.tx.one(
        "SELECT tbl, label, view, enabled, keys, created FROM ddb_streams WHERE arn=?", (arn,)
    )
    if row is None:
        raise no_such_table(f"Requested resource not found: Stream: {arn} not found")
    name, label, view, enabled, keys, created = row
    limit = _limit(request, _PAGE)
    found = [shard for shard in shards.every(call.tx, arn) if _wanted(shard, request)]
    shape: dict[str, Any] = {
        "StreamArn": arn,
        "StreamLabel": label,
        "TableName": name,
        "StreamViewType": view,
        "StreamStatus": "ENABLED" if enabled else "DISABLED",
        "CreationRequestDateTime": created,
        "KeySchema": json.loads(keys),
        "Shards": [_shard(shard) for shard in found[:limit]],
    }
    if len(found) > limit:
        shape["LastEvaluatedShardId"] = found[limit - 1].shard_id
    return {"StreamDescription": shape}


def _wanted(shard: Shard, request: dict[str, Any]) -> bool:
    only = request.get("ShardFilter") or {}
    if only.get("Type") == "CHILD_SHARDS" and only.get("ShardId") not in shard.parents:
        return False
    # The ids hold the time, so that their order is that of the shards.
    return shard.shard_id > (request.get("ExclusiveStartShardId") or "")


def _shard(shard: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": streams.sequence(shard.first)}
    if shard.last is not None:
        numbers["EndingSequenceNumber"] = streams.sequence(shard.last)
    shape: dict[str, Any] = {"ShardId": shard.shard_id, "SequenceNumberRange": numbers}
    return shape | ({"ParentShardId": shard.parents[0]} if shard.parents else {})


@dataclass(frozen=True, slots=True)
class Iterator:
    """Where GetRecords goes on: behind the record `after`; `made` is when it was given."""

    stream: str
    shard: str
    after: int
    made: float

    def text(self) -> str:
        """As clients hold it."""
        parts = json.dumps([self.stream, self.shard, self.after, self.made])
        return base64.urlsafe_b64encode(parts.encode()).decode()

    @classmethod
    def parse(cls, text: str) -> Iterator:
        """Raises Invalid."""
        try:
            return cls(*json.loads(base64.urlsafe_b64decode(text)))
        except (ValueError, TypeError):
            raise validation("Invalid ShardIterator") from None


@OPERATIONS.read("GetShardIterator")
def get_shard_iterator(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: ResourceNotFoundException, TrimmedDataAccessException."""
    arn, name, kind = request["StreamArn"], request["ShardId"], request["ShardIteratorType"]
    shard = shards.find(call.tx, arn, name)
    if shard is None:
        raise no_such_table(f"Requested resource not found: Shard: {name} in Stream: {arn}")
    if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        after = _number(request) - (kind == "AT_SEQUENCE_NUMBER")
        _refuse_trimmed(call, arn, after)
    elif kind == "LATEST":
        after = shard.last or max(_newest(call, arn), shard.first - 1)
    elif kind == "AT_TIMESTAMP":
        after = _before(call, arn, shard, request.get("Timestamp") or 0.0)
    else:
        after = _horizon(call, arn, shard)
    return {"ShardIterator": Iterator(arn, name, after, call.now).text()}


def _number(request: dict[str, Any]) -> int:
    number = request.get("SequenceNumber") or ""
    if not number.isdecimal():
        raise validation(
            f"A valid SequenceNumber is required for {request['ShardIteratorType']}: {number!r}"
        )
    return int(number)


def _before(call: Call, arn: str, shard: Shard, moment: float) -> int:
    row = call.tx.one(
        "SELECT max(seq) FROM ddb_records WHERE stream=? AND seq>=? AND created<?",
        (arn, shard.first, moment),
    )
    return max((row and row[0]) or 0, _horizon(call, arn, shard))


def _newest(call: Call, arn: str) -> int:
    """The highest number that a record of the stream ever had."""
    row = call.tx.one(
        "SELECT max(trimmed, coalesce((SELECT max(seq) FROM ddb_records WHERE stream=arn), 0))"
        " FROM ddb_streams WHERE arn=?",
        (arn,),
    )
    return 0 if row is None else int(row[0])


def _horizon(call: Call, arn: str, shard: Shard) -> int:
    """Behind which lies what can still be read of a shard."""
    return max(shard.first - 1, min(streams.oldest(call.tx, arn) - 1, _newest(call, arn)))


def _refuse_trimmed(call: Call, arn: str, after: int) -> None:
    """Deleted or not yet: a record past its day must not be missed silently."""
    gone = call.tx.one("SELECT trimmed FROM ddb_streams WHERE arn=?", (arn,))
    following = call.tx.one(
        "SELECT created FROM ddb_records WHERE stream=? AND seq>? ORDER BY seq LIMIT 1",
        (arn, after),
    )
    past = following is not None and following[0] <= call.now - shards.KEPT_SECONDS
    if past or (gone is not None and after < gone[0]):
        raise Invalid(
            "TrimmedDataAccessException",
            "The operation attempted to read past the oldest stream record in a shard. Stream "
            "records are kept for 24 hours.",
        )


@OPERATIONS.read("GetRecords")
def get_records(call: Call, request: dict[str, Any]) -> Result:
    """Up to 1,000 records or 1 MB.

    A closed shard that is read to its end gives no next iterator. Raises Invalid:
    ExpiredIteratorException, TrimmedDataAccessException, ResourceNotFoundException.
    """
    place = Iterator.parse(request["ShardIterator"])
    limit = _limit(request, _RECORDS)
    if call.now - place.made > _ITERATOR_SECONDS:
        raise Invalid(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created at time {iso_seconds(place.made)} while "
            f"right now it is {iso_seconds(call.now)}, which is further in the future than the "
            "tolerated delay of 900 seconds.",
        )
    shard = shards.find(call.tx, place.stream, place.shard)
    if shard is None:
        raise no_such_table(f"Requested resource not found: Shard: {place.shard}")
    _refuse_trimmed(call, place.stream, place.after)
    found = streams.records_of(call.tx, place.stream, shard, place.after, limit)
    given: list[streams.StreamRecord] = []
    size = 0
    for record in found:
        size += len(json.dumps(record.event))
        if given and size > _BYTES:
            break
        given.append(record)
    answer: dict[str, Any] = {"Records": [_shape(record.event) for record in given]}
    if given or not shard.closed:
        after = int(given[-1].sequence) if given else place.after
        following = Iterator(place.stream, place.shard, after, call.now)
        answer["NextShardIterator"] = following.text()
    return answer


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
