"""Kinesis: streams and shards, records and iterators, enhanced fan-out, and functions fed by it."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import cbor2
import pytest
import urllib3
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError

from eventmill.testing import engine
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "kinesis"
TOP = 2**128 - 1


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


@pytest.fixture(scope="module")
def kinesis(app):
    return app.client("kinesis")


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def refused(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**request)
    return code(error)


def shards(kinesis: Any, name: str, **more: Any) -> list[dict[str, Any]]:
    return kinesis.list_shards(StreamName=name, **more)["Shards"]


def iterator(
    kinesis: Any, name: str, shard: int = 0, kind: str = "TRIM_HORIZON", **more: Any
) -> str:
    return kinesis.get_shard_iterator(
        StreamName=name, ShardId=f"shardId-{shard:012d}", ShardIteratorType=kind, **more
    )["ShardIterator"]


def read(
    kinesis: Any, name: str, shard: int = 0, kind: str = "TRIM_HORIZON", **more: Any
) -> list[str]:
    answer = kinesis.get_records(ShardIterator=iterator(kinesis, name, shard, kind, **more))
    return [record["Data"].decode() for record in answer["Records"]]


def put(kinesis: Any, name: str, *texts: str, **more: Any) -> list[str]:
    return [
        kinesis.put_record(StreamName=name, Data=text, PartitionKey=more.get("key", text))[
            "SequenceNumber"
        ]
        for text in texts
    ]


def test_records_are_read_from_every_kind_of_position(kinesis, app) -> None:
    kinesis.create_stream(StreamName="positions", ShardCount=1)
    first, second = put(kinesis, "positions", "a", "b")
    app.advance(10)
    moment = app.inner.clock.now()
    latest = iterator(kinesis, "positions", kind="LATEST")
    put(kinesis, "positions", "c")
    assert read(kinesis, "positions") == ["a", "b", "c"]
    for kind, number, expected in (
        ("AT_SEQUENCE_NUMBER", second, ["b", "c"]),
        ("AFTER_SEQUENCE_NUMBER", first, ["b", "c"]),
        ("AFTER_SEQUENCE_NUMBER", second, ["c"]),
    ):
        found = read(kinesis, "positions", kind=kind, StartingSequenceNumber=number)
        assert found == expected
    assert read(kinesis, "positions", kind="AT_TIMESTAMP", Timestamp=moment) == ["c"]
    assert read(kinesis, "positions", kind="AT_TIMESTAMP", Timestamp=moment - 3_600) == list("abc")
    answer = kinesis.get_records(ShardIterator=latest)
    (record,) = answer["Records"]
    assert record["Data"] == b"c" and record["PartitionKey"] == "c"
    assert answer["MillisBehindLatest"] == 0
    assert kinesis.get_records(ShardIterator=answer["NextShardIterator"])["Records"] == []
    start = shards(kinesis, "positions")[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    found = read(kinesis, "positions", kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=start)
    assert found == list("abc") and start < first < second


def test_reading_in_pages_says_how_far_behind_it_is(kinesis, app) -> None:
    kinesis.create_stream(StreamName="pages", ShardCount=1)
    put(kinesis, "pages", "a", "b")
    app.advance(20)
    answer = kinesis.get_records(ShardIterator=iterator(kinesis, "pages"), Limit=1)
    assert 20_000 <= answer["MillisBehindLatest"] < 30_000
    answer = kinesis.get_records(ShardIterator=answer["NextShardIterator"])
    assert [record["Data"] for record in answer["Records"]] == [b"b"]
    large = b"x" * 1_000_000
    kinesis.create_stream(StreamName="large", ShardCount=1)
    for _ in range(12):
        kinesis.put_record(StreamName="large", Data=large, PartitionKey="k")
    answer = kinesis.get_records(ShardIterator=iterator(kinesis, "large"))
    assert len(answer["Records"]) == 10
    answer = kinesis.get_records(ShardIterator=answer["NextShardIterator"])
    assert len(answer["Records"]) == 2


def test_put_records_goes_by_hash_keys(kinesis) -> None:
    kinesis.create_stream(StreamName="hashed", ShardCount=2)
    entries = [
        {"Data": b"low", "PartitionKey": "k", "ExplicitHashKey": "0"},
        {"Data": b"high", "PartitionKey": "k", "ExplicitHashKey": str(TOP)},
        # The MD5 of "a" is 0cc1…, that of "b" is 92eb….
        {"Data": b"a", "PartitionKey": "a"},
        {"Data": b"b", "PartitionKey": "b"},
    ]
    answer = kinesis.put_records(StreamName="hashed", Records=entries)
    assert answer["FailedRecordCount"] == 0
    assert [entry["ShardId"][-1] for entry in answer["Records"]] == ["0", "1", "0", "1"]
    assert read(kinesis, "hashed", 0) == ["low", "a"] and read(kinesis, "hashed", 1) == [
        "high",
        "b",
    ]


def test_what_is_too_much_or_malformed_is_refused_whole(kinesis) -> None:
    kinesis.create_stream(StreamName="limits", ShardCount=1)
    small = {"Data": b"x", "PartitionKey": "k"}
    for request, expected in (
        ({"Records": [small] * 501}, "ValidationException"),
        (
            {"Records": [small, {"Data": b"x" * 1_048_577, "PartitionKey": "k"}]},
            "ValidationException",
        ),
        (
            {"Records": [{"Data": b"x" * 1_000_000, "PartitionKey": "k"}] * 11},
            "InvalidArgumentException",
        ),
        ({"Records": [{**small, "ExplicitHashKey": str(TOP + 1)}]}, "InvalidArgumentException"),
        ({"Records": [small, {**small, "PartitionKey": "k" * 257}]}, "ValidationException"),
        ({"Records": [small], "DryRun": True}, "DryRunOperationException"),
    ):
        assert refused(kinesis.put_records, StreamName="limits", **request) == expected
    assert read(kinesis, "limits") == []
    assert refused(kinesis.put_record, StreamName="gone", Data=b"", PartitionKey="k") == (
        "ResourceNotFoundException"
    )
    kinesis.update_max_record_size(
        StreamARN=kinesis.describe_stream_summary(StreamName="limits")["StreamDescriptionSummary"][
            "StreamARN"
        ],
        MaxRecordSizeInKiB=2_048,
    )
    kinesis.put_record(StreamName="limits", Data=b"x" * 2_000_000, PartitionKey="k")


def test_iterators_expire_and_are_checked(kinesis, app) -> None:
    kinesis.create_stream(StreamName="iterators", ShardCount=2)
    (sequence,) = put(kinesis, "iterators", "a", key="a")
    old = iterator(kinesis, "iterators")
    app.advance(301)
    assert refused(kinesis.get_records, ShardIterator=old) == "ExpiredIteratorException"
    assert refused(kinesis.get_records, ShardIterator="x") == "InvalidArgumentException"
    ask = kinesis.get_shard_iterator
    base = {"StreamName": "iterators", "ShardId": "shardId-000000000001"}
    for request, expected in (
        ({"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": "1"}, "Invalid"),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": sequence},
            "Invalid",
        ),
        ({"ShardIteratorType": "LATEST", "StartingSequenceNumber": sequence}, "Invalid"),
        ({"ShardIteratorType": "AFTER_SEQUENCE_NUMBER"}, "Invalid"),
        ({"ShardIteratorType": "AT_TIMESTAMP"}, "Invalid"),
        ({"ShardIteratorType": "LATEST", "ShardId": "shardId-000000000009"}, "ResourceNotFound"),
        ({"ShardIteratorType": "LATEST", "StreamName": "gone"}, "ResourceNotFound"),
    ):
        assert refused(ask, **base | request).startswith(expected)


def test_shards_split_and_merge_and_their_readers_go_on_to_the_children(kinesis) -> None:
    kinesis.create_stream(StreamName="resharded", ShardCount=1)
    put(kinesis, "resharded", "a", "b")
    middle = str(2**127)
    split = {"StreamName": "resharded", "ShardToSplit": "shardId-000000000000"}
    assert (
        refused(kinesis.split_shard, **split, NewStartingHashKey="1") == "InvalidArgumentException"
    )
    kinesis.split_shard(**split, NewStartingHashKey=middle)
    assert refused(kinesis.split_shard, **split, NewStartingHashKey="9") == "ResourceInUseException"
    put(kinesis, "resharded", "a", "b")
    answer = kinesis.get_records(ShardIterator=iterator(kinesis, "resharded"))
    assert [record["Data"] for record in answer["Records"]] == [b"a", b"b"]
    assert "NextShardIterator" not in answer
    assert [child["ShardId"][-1] for child in answer["ChildShards"]] == ["1", "2"]
    assert answer["ChildShards"][1] == {
        "ShardId": "shardId-000000000002",
        "ParentShards": ["shardId-000000000000"],
        "HashKeyRange": {"StartingHashKey": middle, "EndingHashKey": str(TOP)},
    }
    assert read(kinesis, "resharded", 1) == ["a"] and read(kinesis, "resharded", 2) == ["b"]
    kinesis.merge_shards(
        StreamName="resharded",
        ShardToMerge="shardId-000000000001",
        AdjacentShardToMerge="shardId-000000000002",
    )
    merged = shards(kinesis, "resharded")[3]
    assert merged["ParentShardId"][-1] == "1" and merged["AdjacentParentShardId"][-1] == "2"
    assert merged["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(TOP)}
    assert "EndingSequenceNumber" in shards(kinesis, "resharded")[2]["SequenceNumberRange"]


def test_the_shard_count_is_updated_to_equal_ranges(kinesis) -> None:
    kinesis.create_stream(StreamName="scaled", ShardCount=2)
    update = {"StreamName": "scaled", "ScalingType": "UNIFORM_SCALING"}
    answer = kinesis.update_shard_count(TargetShardCount=3, **update)
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (2, 3)
    opened = shards(kinesis, "scaled", ShardFilter={"Type": "AT_LATEST"})
    ranges = sorted(
        (int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"]))
        for s in opened
    )
    third = 2**128 // 3
    assert ranges == [(0, third - 1), (third, 2 * third - 1), (2 * third, TOP)]
    assert (
        refused(kinesis.update_shard_count, TargetShardCount=7, **update)
        == "LimitExceededException"
    )
    assert (
        refused(kinesis.update_shard_count, TargetShardCount=1, **update)
        == "LimitExceededException"
    )


def test_shards_are_listed_by_filter_and_in_pages(kinesis, app) -> None:
    kinesis.create_stream(StreamName="listed", ShardCount=2)
    app.advance(5)
    before = app.inner.clock.now()
    app.advance(5)
    kinesis.merge_shards(
        StreamName="listed",
        ShardToMerge="shardId-000000000000",
        AdjacentShardToMerge="shardId-000000000001",
    )

    def numbers(**wanted: Any) -> list[str]:
        return [s["ShardId"][-1] for s in shards(kinesis, "listed", ShardFilter=wanted)]

    assert numbers(Type="AT_LATEST") == ["2"]
    assert numbers(Type="AT_TRIM_HORIZON") == ["0", "1"]
    assert numbers(Type="FROM_TRIM_HORIZON") == ["0", "1", "2"]
    assert numbers(Type="AT_TIMESTAMP", Timestamp=before) == ["0", "1"]
    assert numbers(Type="FROM_TIMESTAMP", Timestamp=before) == ["0", "1", "2"]
    assert numbers(Type="FROM_TIMESTAMP", Timestamp=app.inner.clock.now() + 1) == ["2"]
    assert numbers(Type="AFTER_SHARD_ID", ShardId="shardId-000000000001") == ["2"]
    page = kinesis.list_shards(StreamName="listed", MaxResults=2)
    rest = kinesis.list_shards(NextToken=page["NextToken"])
    assert [s["ShardId"][-1] for s in page["Shards"] + rest["Shards"]] == ["0", "1", "2"]


def test_records_are_kept_for_the_retention_and_no_longer(kinesis, app) -> None:
    kinesis.create_stream(StreamName="kept", ShardCount=1)
    put(kinesis, "kept", "old")
    retain = {"StreamName": "kept", "RetentionPeriodHours": 48}
    assert refused(kinesis.decrease_stream_retention_period, **retain) == "InvalidArgumentException"
    kinesis.increase_stream_retention_period(**retain)
    app.advance(30 * 3_600)
    put(kinesis, "kept", "new")
    assert read(kinesis, "kept") == ["old", "new"]
    kinesis.split_shard(
        StreamName="kept", ShardToSplit="shardId-000000000000", NewStartingHashKey="1000"
    )
    app.advance(20 * 3_600)
    assert read(kinesis, "kept") == ["new"]
    app.advance(40 * 3_600)
    assert len(shards(kinesis, "kept")) == 2, "the closed shard is empty and gone"
    for hours in (23, 8_761):
        retain = {"StreamName": "kept", "RetentionPeriodHours": hours}
        assert refused(kinesis.increase_stream_retention_period, **retain) == (
            "InvalidArgumentException"
        )


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
    assert refused(kinesis.subscribe_to_shard, **ask, **start) == "ResourceInUseException"
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
    assert refused(kinesis.delete_stream, StreamName="taken") == "ResourceInUseException"
    kinesis.delete_stream(StreamName="taken", EnforceConsumerDeletion=True)
    with pytest.raises(Exception, match="ResourceNotFoundException"):
        list(second)


def test_settings_tags_and_policies_are_kept(kinesis, app) -> None:
    summary = kinesis.describe_stream_summary(StreamName=app.outputs["Clicks"])
    summary = summary["StreamDescriptionSummary"]
    assert (summary["RetentionPeriodHours"], summary["OpenShardCount"]) == (48, 1)
    assert (summary["EncryptionType"], summary["KeyId"]) == ("KMS", "alias/aws/kinesis")
    tags = kinesis.list_tags_for_stream(StreamName=app.outputs["Clicks"])["Tags"]
    assert tags == [{"Key": "team", "Value": "web"}]
    orders = app.outputs["Orders"]
    kinesis.tag_resource(ResourceARN=orders, Tags={"a": "1"})
    assert kinesis.list_tags_for_resource(ResourceARN=orders)["Tags"] == [
        {"Key": "a", "Value": "1"}
    ]
    policy = json.loads(kinesis.get_resource_policy(ResourceARN=orders)["Policy"])
    assert policy["Statement"][0]["Action"] == "kinesis:PutRecord"
    summary = kinesis.describe_stream_summary(StreamARN=orders)["StreamDescriptionSummary"]
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert (summary["OpenShardCount"], summary["ConsumerCount"]) == (4, 1)
    assert "orders" in kinesis.list_streams()["StreamNames"]
    assert (
        refused(kinesis.create_stream, StreamName="orders", ShardCount=1)
        == "ResourceInUseException"
    )


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


def test_a_template_changes_its_stream(app, tmp_path: Path) -> None:
    template = """
Resources:
  Stream:
    Type: AWS::Kinesis::Stream
    Properties: {Name: declared, ShardCount: %d, RetentionPeriodHours: "%d"}
"""
    kinesis = app.client("kinesis")
    for count, hours in ((1, 24), (3, 72), (2, 30)):
        (tmp_path / "template.yaml").write_text(template % (count, hours))
        app.run(app.inner.deploy(tmp_path, {}, "declared"))
        summary = kinesis.describe_stream_summary(StreamName="declared")
        summary = summary["StreamDescriptionSummary"]
        assert (summary["OpenShardCount"], summary["RetentionPeriodHours"]) == (count, hours)
    (tmp_path / "template.yaml").write_text("Resources: {Other: {Type: AWS::SQS::Queue}}")
    app.run(app.inner.deploy(tmp_path, {}, "declared"))
    assert refused(kinesis.describe_stream_summary, StreamName="declared") == (
        "ResourceNotFoundException"
    )


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


# As an event source


def results(app: Any, who: str) -> list[Any]:
    """What the functions told until nothing moves, in order."""
    app.settle()
    sqs, found = app.client("sqs"), []
    while messages := sqs.receive_message(
        QueueUrl=app.outputs["Results"], MaxNumberOfMessages=10
    ).get("Messages"):
        for message in messages:
            sqs.delete_message(
                QueueUrl=app.outputs["Results"], ReceiptHandle=message["ReceiptHandle"]
            )
            found.append(json.loads(message["Body"]))
    return [entry["what"] for entry in found if entry["who"] == who]


def data(event: dict[str, Any]) -> list[Any]:
    return [json.loads(base64.b64decode(r["kinesis"]["data"])) for r in event["Records"]]


def order(kinesis: Any, app: Any, *names: str, key: str = "k") -> None:
    records = [
        {"Data": json.dumps({"kind": "order", "order": name}), "PartitionKey": key}
        for name in names
    ]
    kinesis.put_records(StreamARN=app.outputs["Orders"], Records=records)


def test_a_window_adds_up_its_records_and_ends_with_its_time(kinesis, app) -> None:
    name = app.outputs["Clicks"]
    app.advance(60 - app.inner.clock.now() % 60)
    for clicks in (1, 2, 4):
        kinesis.put_record(StreamName=name, Data=json.dumps({"clicks": clicks}), PartitionKey="k")
        assert results(app, "count") == []
    app.advance(60)
    (told,) = results(app, "count")
    assert told["state"] == {"clicks": 7}
    assert_shape(told["event"], recorded("kinesis.window"))
    kinesis.put_record(StreamName=name, Data=json.dumps({"clicks": 8}), PartitionKey="k")
    app.settle()
    app.advance(60)
    (told,) = results(app, "count")
    assert told["state"] == {"clicks": 8}


def test_records_have_aws_shape_and_filters_choose_them(kinesis, app) -> None:
    records = [
        {"Data": json.dumps({"kind": "note", "order": "x"}), "PartitionKey": "k"},
        {"Data": b"\xff\x00", "PartitionKey": "k"},
        {"Data": json.dumps({"kind": "order", "order": "one"}), "PartitionKey": "k"},
    ]
    kinesis.put_records(StreamARN=app.outputs["Orders"], Records=records[2:])
    (event,) = results(app, "check")
    assert_shape(event, recorded("kinesis"))
    kinesis.put_records(StreamARN=app.outputs["Orders"], Records=records[:2])
    assert results(app, "check") == []


def test_poison_is_isolated_by_bisecting_and_its_neighbours_arrive(kinesis, app) -> None:
    order(kinesis, app, "1", "2", "poison", "4", key="other")
    for _ in range(4):
        app.settle()
        app.advance(61)
    arrived = [entry["order"] for event in results(app, "check") for entry in data(event)]
    assert arrived == ["1", "2", "4"]
    (message,) = app.client("sqs").receive_message(QueueUrl=app.outputs["Lost"])["Messages"]
    record = json.loads(message["Body"])
    assert_shape(record, recorded("destination.kinesis"))


def test_a_consumers_function_reports_a_checkpoint(kinesis, app) -> None:
    order(kinesis, app, "fine", "unclear", "last", key="audited")
    for _ in range(4):
        app.settle()
        app.advance(61)
    seen = [
        e for e in results(app, "audit") if e["Records"][0]["kinesis"]["partitionKey"] == "audited"
    ]
    assert [[entry["order"] for entry in data(event)] for event in seen] == [
        ["fine", "unclear", "last"],
        ["unclear", "last"],
        ["unclear", "last"],
    ]
    source = seen[0]["Records"][0]["eventSourceARN"]
    assert source == app.outputs["Auditor"]


def test_a_mapping_begins_at_a_timestamp_and_drains_parents_before_children(kinesis, app) -> None:
    kinesis.create_stream(StreamName="history", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="history")["StreamDescription"]["StreamARN"]
    put(kinesis, "history", json.dumps({"order": "too old"}))
    app.advance(10)
    moment = app.inner.clock.now()
    put(kinesis, "history", *(json.dumps({"order": f"p{n}"}) for n in range(3)), key="k")
    kinesis.split_shard(
        StreamName="history", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    put(kinesis, "history", *(json.dumps({"order": f"c{n}"}) for n in range(3)), key="k")
    results(app, "audit")
    function = next(
        f["FunctionName"]
        for f in app.client("lambda").list_functions()["Functions"]
        if "Audit" in f["FunctionName"]
    )
    app.client("lambda").create_event_source_mapping(
        EventSourceArn=arn,
        FunctionName=function,
        StartingPosition="AT_TIMESTAMP",
        StartingPositionTimestamp=moment,
        BatchSize=2,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    arrived = [entry["order"] for event in results(app, "audit") for entry in data(event)]
    assert arrived == ["p0", "p1", "p2", "c0", "c1", "c2"]


def test_five_hundred_records_are_put_within_a_fraction_of_a_second(kinesis) -> None:
    kinesis.create_stream(StreamName="fast", ShardCount=4)
    entries = [{"Data": b"x" * 200, "PartitionKey": str(n)} for n in range(500)]
    began = time.monotonic()
    for _ in range(5):
        kinesis.put_records(StreamName="fast", Records=entries)
    assert time.monotonic() - began < 5
    assert sum(len(read(kinesis, "fast", number)) for number in range(4)) == 2_500
