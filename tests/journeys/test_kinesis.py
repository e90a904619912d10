"""Kinesis: streams and shards, records and iterators, retention."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine
from tests.journeys.kinesis_calls import iterator, put, read, shards
from tests.refusals import refused_as

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
        assert refused_as(kinesis.put_records, StreamName="limits", **request) == expected
    assert read(kinesis, "limits") == []
    assert refused_as(kinesis.put_record, StreamName="gone", Data=b"", PartitionKey="k") == (
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
    assert refused_as(kinesis.get_records, ShardIterator=old) == "ExpiredIteratorException"
    assert refused_as(kinesis.get_records, ShardIterator="x") == "InvalidArgumentException"
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
        assert refused_as(ask, **base | request).startswith(expected)


def test_shards_split_and_merge_and_their_readers_go_on_to_the_children(kinesis) -> None:
    kinesis.create_stream(StreamName="resharded", ShardCount=1)
    put(kinesis, "resharded", "a", "b")
    middle = str(2**127)
    split = {"StreamName": "resharded", "ShardToSplit": "shardId-000000000000"}
    assert (
        refused_as(kinesis.split_shard, **split, NewStartingHashKey="1")
        == "InvalidArgumentException"
    )
    kinesis.split_shard(**split, NewStartingHashKey=middle)
    assert (
        refused_as(kinesis.split_shard, **split, NewStartingHashKey="9") == "ResourceInUseException"
    )
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
        refused_as(kinesis.update_shard_count, TargetShardCount=7, **update)
        == "LimitExceededException"
    )
    assert (
        refused_as(kinesis.update_shard_count, TargetShardCount=1, **update)
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
    assert (
        refused_as(kinesis.decrease_stream_retention_period, **retain) == "InvalidArgumentException"
    )
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
        assert refused_as(kinesis.increase_stream_retention_period, **retain) == (
            "InvalidArgumentException"
        )


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
        refused_as(kinesis.create_stream, StreamName="orders", ShardCount=1)
        == "ResourceInUseException"
    )


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
    assert refused_as(kinesis.describe_stream_summary, StreamName="declared") == (
        "ResourceNotFoundException"
    )


def test_five_hundred_records_are_put_within_a_fraction_of_a_second(kinesis) -> None:
    kinesis.create_stream(StreamName="fast", ShardCount=4)
    entries = [{"Data": b"x" * 200, "PartitionKey": str(n)} for n in range(500)]
    began = time.monotonic()
    for _ in range(5):
        kinesis.put_records(StreamName="fast", Records=entries)
    assert time.monotonic() - began < 5
    assert sum(len(read(kinesis, "fast", number)) for number in range(4)) == 2_500


def test_members_that_name_or_choose_something_else_are_refused(kinesis) -> None:
    kinesis.create_stream(StreamName="members", ShardCount=1)
    stream = kinesis.describe_stream_summary(StreamName="members")["StreamDescriptionSummary"]
    arn, made = stream["StreamARN"], stream["StreamCreationTimestamp"]
    missing, wrong = "ResourceNotFoundException", "ValidationException"
    again = {"StreamARN": arn, "StreamCreationTimestamp": made}
    assert len(kinesis.list_shards(**again)["Shards"]) == 1
    assert kinesis.list_stream_consumers(**again)["Consumers"] == []
    other = again | {"StreamCreationTimestamp": made.timestamp() - 60}
    assert refused_as(kinesis.list_shards, **other) == missing
    assert refused_as(kinesis.list_stream_consumers, **other) == missing
    key = {"StreamName": "members", "KeyId": "alias/aws/kinesis"}
    for change in (kinesis.start_stream_encryption, kinesis.stop_stream_encryption):
        assert refused_as(change, **key, EncryptionType="NONE") == wrong
        change(**key, EncryptionType="KMS")
    count = {"StreamName": "members", "TargetShardCount": 2}
    assert refused_as(kinesis.update_shard_count, **count, ScalingType="OTHER") == wrong
    start = iterator(kinesis, "members", kind="TRIM_HORIZON")
    elsewhere = arn.replace("members", "others")
    assert (
        refused_as(kinesis.get_records, ShardIterator=start, StreamARN=elsewhere)
        == "InvalidArgumentException"
    )
    assert kinesis.get_records(ShardIterator=start, StreamARN=arn)["Records"] == []
    kinesis.update_stream_mode(
        StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"}, WarmThroughputMiBps=10
    )
    stream = kinesis.describe_stream_summary(StreamName="members")["StreamDescriptionSummary"]
    assert stream["WarmThroughput"] == {"TargetMiBps": 10, "CurrentMiBps": 10}
