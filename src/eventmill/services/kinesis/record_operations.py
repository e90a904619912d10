"""The API's operations on records and consumers."""

from __future__ import annotations

import base64
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.kinesis import (
    consumers,
    iterators,
    places,
    records,
    shards,
    streams,
    subscriptions,
)
from eventmill.services.kinesis.faults import argument, constraint, ranged, validation
from eventmill.services.kinesis.iterators import Iterator
from eventmill.services.kinesis.records import Draft
from eventmill.services.kinesis.shapes import encryption, record_shape
from eventmill.services.kinesis.stream_operations import OPERATIONS
from eventmill.services.kinesis.streams import Stream

MOST_RECORDS = 500
MOST_BYTES = 10 * 1_024 * 1_024
"""Of one PutRecords, keys included."""


def _dry(request: dict[str, Any]) -> None:
    if request.get("DryRun"):
        raise Invalid(
            "DryRunOperationException",
            "Request would have succeeded, but the DryRun flag is set.",
        )


def _draft(stream: Stream, entry: dict[str, Any]) -> Draft:
    """Raises Invalid for a record that the stream does not take."""
    key, text = entry.get("PartitionKey"), entry.get("ExplicitHashKey")
    if stream.settings.get("RecordDistributionStrategy") == "AUTO":
        key, text = key or "", None
    elif not key:
        raise validation("A PartitionKey is required for each record of the stream.")
    if len(key) > 256:
        raise constraint("partitionKey", key, "have length less than or equal to 256")
    hash_key = None
    if text is not None:
        hash_key = int(text) if text.isascii() and text.isdigit() else -1
        if not 0 <= hash_key < shards.HASH_KEYS:
            raise argument(
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                f"Specified value was {text}"
            )
    draft = Draft(key, entry["Data"], hash_key)
    if draft.size > stream.record_bytes:
        raise constraint(
            "data",
            f"{draft.size} bytes",
            f"have length less than or equal to {stream.record_bytes}",
        )
    return draft


@OPERATIONS.write("PutRecord")
def put_record(call: Call, request: dict[str, Any]) -> Result:
    """The writer's order is that of the sequence numbers, whatever a client says of it."""
    stream = streams.named(call, request)
    earlier = request.get("SequenceNumberForOrdering")
    if earlier is not None:
        try:
            places.parse(earlier)
        except ValueError:
            raise argument(
                f"ExclusiveMinimumSequenceNumber {earlier} used in PutRecord on stream "
                f"{stream.name} under account {stream.account} is invalid."
            ) from None
    draft = _draft(stream, request)
    _dry(request)
    ((shard, sequence),) = records.put(call.tx, stream, [draft])
    return {"ShardId": shard.name, "SequenceNumber": sequence} | encryption(stream)


@OPERATIONS.write("PutRecords")
def put_records(call: Call, request: dict[str, Any]) -> Result:
    """All records in one change of the store, so that they are put together or not at all."""
    entries = request["Records"]
    if not 1 <= len(entries) <= MOST_RECORDS:
        bound = "greater than or equal to 1" if not entries else "less than or equal to 500"
        raise constraint("records", f"{len(entries)} records", f"have length {bound}")
    stream = streams.named(call, request)
    drafts = [_draft(stream, entry) for entry in entries]
    if sum(draft.size for draft in drafts) > MOST_BYTES:
        raise argument(f"Records size exceeds {MOST_BYTES // 1_024 // 1_024} MB limit")
    _dry(request)
    done = records.put(call.tx, stream, drafts)
    answers = [{"ShardId": shard.name, "SequenceNumber": sequence} for shard, sequence in done]
    return {"FailedRecordCount": 0, "Records": answers} | encryption(stream)


@OPERATIONS.read("GetShardIterator")
def get_shard_iterator(call: Call, request: dict[str, Any]) -> Result:
    """Good for five minutes."""
    stream = streams.named(call, request)
    shard = iterators.shard_of(call.tx, stream, request["ShardId"])
    after = iterators.place(
        call.tx,
        stream,
        shard,
        request["ShardIteratorType"],
        request.get("StartingSequenceNumber"),
        request.get("Timestamp"),
    )
    _dry(request)
    return {"ShardIterator": Iterator(stream.id, shard.number, after, call.now).text()}


@OPERATIONS.scan("GetRecords")
def get_records(call: Call, request: dict[str, Any]) -> Result:
    """Up to 10,000 records or 10 MiB; without a further iterator at a closed shard's end."""
    most = request.get("Limit")
    ranged("limit", most, 1, 10_000)
    iterator = iterators.parse(request["ShardIterator"], call.now)
    stream = streams.by_id(call.tx, iterator.stream)
    if request.get("StreamARN") not in (None, stream.arn):
        raise argument(f"StreamARN {request['StreamARN']} is not that of the shard iterator.")
    shard = iterators.shard_of(call.tx, stream, shards.name_of(iterator.shard))
    _dry(request)
    found = records.read(call.tx, stream, shard, iterator.after, most or 10_000)
    answer: dict[str, Any] = {
        "Records": [record_shape(stream, record) for record in found.records],
        "MillisBehindLatest": 0,
    }
    after = found.records[-1].place if found.records else iterator.after
    if found.more:
        behind = call.now - found.records[-1].created
        answer["MillisBehindLatest"] = int(behind * 1_000)
    if shard.closed is not None and not found.more:
        answer["ChildShards"] = shards.children(call.tx, stream.id, shard)
    else:
        answer["NextShardIterator"] = Iterator(stream.id, shard.number, after, call.now).text()
    return answer


@OPERATIONS.write("RegisterStreamConsumer")
def register_stream_consumer(call: Call, request: dict[str, Any]) -> Result:
    """Active at once."""
    stream = streams.named(call, request)
    tags = request.get("Tags") or {}
    return {"Consumer": consumers.register(call, stream, request["ConsumerName"], tags).shape()}


@OPERATIONS.write("DeregisterStreamConsumer")
def deregister_stream_consumer(call: Call, request: dict[str, Any]) -> Result:
    """Its subscriptions end."""
    consumers.deregister(call.tx, consumers.named(call, request))
    return {}


@OPERATIONS.read("DescribeStreamConsumer")
def describe_stream_consumer(call: Call, request: dict[str, Any]) -> Result:
    """By ARN, or by name and stream."""
    consumer = consumers.named(call, request)
    arn = consumer.arn.partition("/consumer/")[0]
    return {"ConsumerDescription": consumer.shape() | {"StreamARN": arn}}


@OPERATIONS.scan("ListStreamConsumers")
def list_stream_consumers(call: Call, request: dict[str, Any]) -> Result:
    """By name; the token holds the last one."""
    ranged("maxResults", request.get("MaxResults"), 1, 10_000)
    token = request.get("NextToken") or ""
    try:
        after = base64.urlsafe_b64decode(token).decode()
    except ValueError:
        raise argument("Invalid NextToken.") from None
    known = consumers.of_stream(call.tx, streams.named(call, request))
    rest = [consumer for consumer in known if consumer.name > after]
    most = request.get("MaxResults") or 100
    answer: dict[str, Any] = {"Consumers": [consumer.shape() for consumer in rest[:most]]}
    if len(rest) > most:
        name = rest[most - 1].name
        answer["NextToken"] = base64.urlsafe_b64encode(name.encode()).decode()
    return answer


@OPERATIONS.write("SubscribeToShard")
def subscribe_to_shard(call: Call, request: dict[str, Any]) -> Result:
    """See subscriptions.py."""
    _dry(request)
    return subscriptions.subscribe(call, request)
