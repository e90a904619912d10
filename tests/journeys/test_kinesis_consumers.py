"""Kinesis: enhanced fan-out, and the protocol of Java's clients."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
import urllib3
from botocore.eventstream import EventStreamBuffer

from eventmill.testing import engine
from tests.journeys.kinesis_calls import put
from tests.refusals import refused_as


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        yield running


@pytest.fixture(scope="module")
def kinesis(app):
    return app.client("kinesis")


def test_consumers_are_pushed_what_arrives(kinesis, app) -> None:
    kinesis.create_stream(StreamName="pushed", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="pushed")["StreamDescription"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    assert consumer["ConsumerStatus"] == "ACTIVE"
    put(kinesis, "pushed", "before")
    ask = {"ConsumerARN": consumer["ConsumerARN"], "ShardId": "shardId-000000000000"}
    start = {"StartingPosition": {"Type": "TRIM_HORIZON"}}
    events = iter(kinesis.subscribe_to_shard(**ask, **start)["EventStream"])

    def following() -> dict[str, Any]:
        return next(events)["SubscribeToShardEvent"]

    event = following()
    assert [record["Data"] for record in event["Records"]] == [b"before"]
    assert event["MillisBehindLatest"] == 0
    put(kinesis, "pushed", "after")
    event = following()
    assert [record["Data"] for record in event["Records"]] == [b"after"]
    assert refused_as(kinesis.subscribe_to_shard, **ask, **start) == "ResourceInUseException"
    app.advance(5)
    assert following()["Records"] == []
    app.advance(300)
    assert list(events) == [], "a subscription lasts five minutes"
    position = {
        "Type": "AFTER_SEQUENCE_NUMBER",
        "SequenceNumber": event["ContinuationSequenceNumber"],
    }
    put(kinesis, "pushed", "later")
    kinesis.split_shard(
        StreamName="pushed", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    answer = kinesis.subscribe_to_shard(**ask, StartingPosition=position)
    (event,) = [entry["SubscribeToShardEvent"] for entry in answer["EventStream"]]
    assert [record["Data"] for record in event["Records"]] == [b"later"]
    assert len(event["ChildShards"]) == 2 and "ContinuationSequenceNumber" not in event


def test_another_subscription_takes_over(kinesis, app) -> None:
    kinesis.create_stream(StreamName="taken", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="taken")["StreamDescription"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    ask = {
        "ConsumerARN": consumer["ConsumerARN"],
        "ShardId": "shardId-000000000000",
        "StartingPosition": {"Type": "LATEST"},
    }
    first = iter(kinesis.subscribe_to_shard(**ask)["EventStream"])
    next(first)
    app.advance(6)
    second = iter(kinesis.subscribe_to_shard(**ask)["EventStream"])
    with pytest.raises(Exception, match="ResourceInUseException"):
        list(first)
    assert next(second)["SubscribeToShardEvent"]["Records"] == []
    described = kinesis.describe_stream_consumer(StreamARN=arn, ConsumerName="c")
    assert described["ConsumerDescription"]["StreamARN"] == arn
    assert refused_as(kinesis.delete_stream, StreamName="taken") == "ResourceInUseException"
    kinesis.delete_stream(StreamName="taken", EnforceConsumerDeletion=True)
    left = "SELECT * FROM kinesis_subscriptions WHERE consumer=?"
    database = app.inner.database
    assert database.read(lambda tx: tx.all(left, (consumer["ConsumerARN"],))) == []
    with pytest.raises(Exception, match="ResourceNotFoundException"):
        list(second)


def test_java_clients_speak_the_older_cbor(app, kinesis) -> None:
    kinesis.create_stream(StreamName="cbor", ShardCount=1)

    def call(operation: str, request: dict[str, Any]) -> tuple[int, Any]:
        answer = urllib3.PoolManager().request(
            "POST",
            app.endpoint,
            body=cbor2.dumps(request),
            headers={
                "content-type": "application/x-amz-cbor-1.1",
                "x-amz-target": f"Kinesis_20131202.{operation}",
            },
        )
        assert answer.headers["content-type"] == "application/x-amz-cbor-1.1"
        millis = {1: lambda value, immutable: ("millis", value)}
        return answer.status, cbor2.loads(answer.data, semantic_decoders=millis)

    put = {"StreamName": "cbor", "Data": b"\x00\xff", "PartitionKey": "k"}
    status, answer = call("PutRecord", put)
    assert status == 200 and answer["ShardId"] == "shardId-000000000000"
    since = int((app.inner.clock.now() - 60) * 1_000)
    ask = {
        "StreamName": "cbor",
        "ShardId": "shardId-000000000000",
        "ShardIteratorType": "AT_TIMESTAMP",
        "Timestamp": cbor2.CBORTag(1, since),
    }
    _, answer = call("GetShardIterator", ask)
    _, answer = call("GetRecords", {"ShardIterator": answer["ShardIterator"]})
    (record,) = answer["Records"]
    assert record["Data"] == b"\x00\xff"
    kind, millis = record["ApproximateArrivalTimestamp"]
    assert kind == "millis" and since < millis < since + 120_000
    status, answer = call("GetRecords", {"ShardIterator": "x"})
    assert status == 400 and answer["__type"] == "InvalidArgumentException"


def test_java_consumers_are_pushed_cbor(app, kinesis) -> None:
    kinesis.create_stream(StreamName="cbor-push", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="cbor-push")["StreamDescription"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    put(kinesis, "cbor-push", "a")
    kinesis.split_shard(
        StreamName="cbor-push", ShardToSplit="shardId-000000000000", NewStartingHashKey="99"
    )
    request = {
        "ConsumerARN": consumer["ConsumerARN"],
        "ShardId": "shardId-000000000000",
        "StartingPosition": {"Type": "TRIM_HORIZON"},
    }
    headers = {
        "content-type": "application/x-amz-cbor-1.1",
        "x-amz-target": "Kinesis_20131202.SubscribeToShard",
    }
    answer = urllib3.PoolManager().request(
        "POST", app.endpoint, body=cbor2.dumps(request), headers=headers
    )
    frames = EventStreamBuffer()
    frames.add_data(answer.data)
    first, event = list(frames)
    assert first.headers[":event-type"] == "initial-response"
    assert event.headers[":content-type"] == "application/x-amz-cbor-1.1"
    members = cbor2.loads(event.payload, semantic_decoders={1: lambda value, immutable: value})
    assert members["Records"][0]["Data"] == b"a" and len(members["ChildShards"]) == 2
