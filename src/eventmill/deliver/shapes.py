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
