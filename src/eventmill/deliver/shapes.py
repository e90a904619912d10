"""The JSON that functions get from each source, and destination records: pure.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from eventmill.kernel.arns import parse_arn
from eventmill.kernel.clock import iso_millis, iso_seconds
from eventmill.kernel.functions import Outcome
from eventmill.services.sqs import Message

PAYLOAD_LIMIT = 6_291_456
"""Bytes of one invocation's payload, all around the records included."""

ENVELOPE = 1_024
"""Bytes kept free for what surrounds the records; a window's state comes on top."""


def queue_record(message: Message, queue_arn: str) -> dict[str, Any]:
    """A message as functions get it."""
    record: dict[str, Any] = {
        "messageId": message.message_id,
        "receiptHandle": message.handle,
        "body": message.body,
        "attributes": message.attributes,
        "messageAttributes": {
            name: _attribute(value) for name, value in message.message_attributes.items()
        },
        "md5OfBody": message.md5_of_body,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": parse_arn(queue_arn).region,
    }
    if message.md5_of_attributes is not None:
        record["md5OfMessageAttributes"] = message.md5_of_attributes
    return record


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    if value.get("BinaryValue") is not None:
        shaped["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    else:
        shaped["stringValue"] = value["StringValue"]
    return shaped | {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }


def records(fragments: Sequence[bytes], more: Mapping[str, Any] | None = None) -> bytes:
    """`{"Records": […]}` of records that are JSON already, with `more` members beside."""
    event: dict[str, Any] = {"Records": [orjson.Fragment(fragment) for fragment in fragments]}
    return orjson.dumps(event | dict(more or {}))


def window_members(
    start: float,
    seconds: int,
    state: Any,
    shard: str,
    source: str,
    *,
    final: bool,
    early: bool,
) -> dict[str, Any]:
    """What a tumbling window adds to the event."""
    return {
        "window": {"start": iso_seconds(start), "end": iso_seconds(start + seconds)},
        "state": state,
        "shardId": shard,
        "eventSourceARN": source,
        "isFinalInvokeForWindow": final,
        "isWindowTerminatedEarly": early,
    }


def event_record(
    request_id: str,
    function_arn: str,
    condition: str,
    invokes: int,
    payload: bytes,
    answer: Mapping[str, Any] | None,
    now: float,
) -> dict[str, Any]:
    """The record of an asynchronous event for its destination.

    `answer` holds responseContext and responsePayload; None when the function never ran.
    """
    arn = function_arn if function_arn.count(":") > 6 else f"{function_arn}:$LATEST"
    return {
        "version": "1.0",
        "timestamp": iso_millis(now),
        "requestContext": {
            "requestId": request_id,
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": invokes,
        },
        "requestPayload": orjson.loads(payload),
        **(answer or {}),
    }


def batch_record(
    request_id: str,
    function_arn: str,
    condition: str,
    invokes: int,
    response: Mapping[str, Any] | None,
    batch: Mapping[str, Any],
    now: float,
) -> dict[str, Any]:
    """The record of a discarded batch of a stream; `batch` comes from `batch_info`."""
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": request_id,
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": invokes,
        }
    }
    if response is not None:
        record["responseContext"] = response
    return record | {"version": "1.0", "timestamp": iso_millis(now), **batch}


def batch_info(
    stream: str, shard: str, sequences: Sequence[str], first: float, last: float
) -> dict[str, Any]:
    """Which records a batch held; `first` and `last` are their arrival times."""
    kinesis = parse_arn(stream).service == "kinesis"
    moment = iso_millis if kinesis else iso_seconds
    return {
        "KinesisBatchInfo" if kinesis else "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": sequences[0],
            "endSequenceNumber": sequences[-1],
            "approximateArrivalOfFirstRecord": moment(first),
            "approximateArrivalOfLastRecord": moment(last),
            "batchSize": len(sequences),
            "streamArn": stream,
        }
    }


_TIMESTAMPS = ("CREATE_TIME", "LOG_APPEND_TIME")


def kafka_partition(partition: Any) -> str:
    """`<topic>-<number>`, the key of a partition's records."""
    return f"{partition.topic}-{partition.partition}"


def kafka_record(record: Any) -> dict[str, Any]:
    """A consumer's record as functions get it; a key or value that is null is left out."""
    shaped: dict[str, Any] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "timestampType": _TIMESTAMPS[record.timestamp_type],
    }
    for name, held in (("key", record.key), ("value", record.value)):
        if held is not None:
            shaped[name] = base64.b64encode(held).decode()
    # Java's bytes are signed.
    signed = [
        {name: [byte - 256 if byte > 127 else byte for byte in held or b""]}
        for name, held in record.headers
    ]
    return shaped | {"headers": signed}


def kafka_event(
    cluster: str, servers: Sequence[str], partition: str, fragments: Sequence[bytes]
) -> bytes:
    """The event of one partition's records; without a cluster's ARN it is self-managed."""
    event: dict[str, Any] = {"eventSource": "aws:kafka" if cluster else "SelfManagedKafka"}
    if cluster:
        event["eventSourceArn"] = cluster
    event["bootstrapServers"] = ",".join(servers)
    event["records"] = {partition: [orjson.Fragment(fragment) for fragment in fragments]}
    return orjson.dumps(event)


def response_context(outcome: Outcome) -> dict[str, Any]:
    """What a function answered, as records of discarded batches tell it."""
    return {
        "statusCode": 200,
        "executedVersion": outcome.executed_version,
        "functionError": outcome.error,
    }


def kafka_batch_info(
    cluster: str,
    servers: Sequence[str],
    partition: str,
    offsets: tuple[int, int],
    times: tuple[float, float],
    count: int,
    size: int,
) -> dict[str, Any]:
    """Which records a batch held: the first's and the last's offset and time."""
    info: dict[str, Any] = {"batchSize": count}
    if cluster:
        info["eventSourceArn"] = cluster
    return {
        "KafkaBatchInfo": info
        | {
            "bootstrapServers": ",".join(servers),
            "payloadSize": size,
            "recordInfo": {
                partition: {
                    "firstRecordOffset": str(offsets[0]),
                    "lastRecordOffset": str(offsets[1]),
                    "firstRecordTimestamp": iso_millis(times[0]),
                    "lastRecordTimestamp": iso_millis(times[1]),
                }
            },
        }
    }
