"""Streams of tables: their views, their shards over time, and their own API."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine

HOUR = 3_600


@pytest.fixture(scope="module")
def mill():
    with engine() as running:
        yield running


def pass_time(mill: Any, seconds: int) -> None:
    """Move time, and let the chores of the streams be done."""
    mill.advance(seconds)
    mill.settle()


class Streamed:
    """A table with a stream."""

    def __init__(self, mill: Any, name: str, view: str = "NEW_AND_OLD_IMAGES") -> None:
        self.db, self.streams = mill.client("dynamodb"), mill.client("dynamodbstreams")
        self.name = name
        made = self.db.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )
        self.arn = made["TableDescription"]["LatestStreamArn"]

    def put(self, *names: str, **more: Any) -> None:
        for name in names:
            self.db.put_item(TableName=self.name, Item={"id": {"S": name}, **more})

    def described(self, **more: Any) -> dict[str, Any]:
        return self.streams.describe_stream(StreamArn=self.arn, **more)["StreamDescription"]

    def iterator(self, shard: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
        return self.streams.get_shard_iterator(
            StreamArn=self.arn, ShardId=shard, ShardIteratorType=kind, **more
        )["ShardIterator"]

    def records(self, iterator: str, **more: Any) -> dict[str, Any]:
        return self.streams.get_records(ShardIterator=iterator, **more)


def names(answer: dict[str, Any]) -> list[str]:
    return [record["dynamodb"]["Keys"]["id"]["S"] for record in answer["Records"]]


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", [set(), set(), set()]),
        ("NEW_IMAGE", [{"NewImage"}, {"NewImage"}, set()]),
        ("OLD_IMAGE", [set(), {"OldImage"}, {"OldImage"}]),
        ("NEW_AND_OLD_IMAGES", [{"NewImage"}, {"NewImage", "OldImage"}, {"OldImage"}]),
    ],
)
def test_a_view_says_which_images_a_record_has(mill, view: str, images: list[set[str]]) -> None:
    table = Streamed(mill, f"view-{view}", view)
    table.put("a", n={"N": "1"})
    table.put("a", n={"N": "2"})
    table.put("a", n={"N": "2"})  # changes nothing
    table.db.delete_item(TableName=table.name, Key={"id": {"S": "a"}})
    (shard,) = table.described()["Shards"]
    found = table.records(table.iterator(shard["ShardId"]))["Records"]
    assert [record["eventName"] for record in found] == ["INSERT", "MODIFY", "REMOVE"]
    given = [{"NewImage", "OldImage"} & set(record["dynamodb"]) for record in found]
    assert given == images
    assert {record["dynamodb"]["StreamViewType"] for record in found} == {view}


def test_shards_close_and_continue_and_are_gone_after_a_day(mill) -> None:
    table = Streamed(mill, "rolling")
    table.put("a", "b")
    pass_time(mill, 5 * HOUR)
    table.put("c")
    first, second = table.described()["Shards"]
    assert second["ParentShardId"] == first["ShardId"] and "ParentShardId" not in first
    assert "EndingSequenceNumber" in first["SequenceNumberRange"]
    assert "EndingSequenceNumber" not in second["SequenceNumberRange"]
    children = {"Type": "CHILD_SHARDS", "ShardId": first["ShardId"]}
    assert table.described(ShardFilter=children)["Shards"] == [second]
    page = table.described(Limit=1)
    assert page["LastEvaluatedShardId"] == first["ShardId"]
    rest = table.described(Limit=1, ExclusiveStartShardId=page["LastEvaluatedShardId"])
    assert rest["Shards"] == [second] and "LastEvaluatedShardId" not in rest
    old = table.records(table.iterator(first["ShardId"]), Limit=1)
    assert names(old) == ["a"]
    old = table.records(old["NextShardIterator"])
    assert names(old) == ["b"]
    assert "NextShardIterator" not in table.records(old["NextShardIterator"])
    assert names(table.records(table.iterator(second["ShardId"]))) == ["c"]
    pass_time(mill, 25 * HOUR)
    assert first["ShardId"] not in [shard["ShardId"] for shard in table.described()["Shards"]]


def test_iterators_begin_where_they_are_told(mill) -> None:
    table = Streamed(mill, "iterated")
    table.put("a", "b", "c")
    (shard,) = table.described()["Shards"]
    where = shard["ShardId"]
    found = table.records(table.iterator(where))["Records"]
    middle = found[1]["dynamodb"]["SequenceNumber"]
    at = table.iterator(where, "AT_SEQUENCE_NUMBER", SequenceNumber=middle)
    behind = table.iterator(where, "AFTER_SEQUENCE_NUMBER", SequenceNumber=middle)
    latest = table.iterator(where, "LATEST")
    table.put("d")
    assert names(table.records(at)) == ["b", "c", "d"]
    assert names(table.records(behind)) == ["c", "d"]
    assert names(table.records(latest)) == ["d"]
    mill.advance(16 * 60)
    with pytest.raises(ClientError) as expired:
        table.records(at)
    assert expired.value.response["Error"]["Code"] == "ExpiredIteratorException"


def test_a_record_past_its_day_is_trimmed(mill) -> None:
    table = Streamed(mill, "trimmed")
    table.put("old")
    pass_time(mill, 3 * HOUR)
    table.put("younger")
    (shard,) = table.described()["Shards"]
    where = shard["ShardId"]
    number = table.records(table.iterator(where))["Records"][0]["dynamodb"]["SequenceNumber"]
    pass_time(mill, 22 * HOUR)
    with pytest.raises(ClientError) as trimmed:
        table.iterator(where, "AT_SEQUENCE_NUMBER", SequenceNumber=number)
    assert trimmed.value.response["Error"]["Code"] == "TrimmedDataAccessException"
    assert names(table.records(table.iterator(where))) == ["younger"]


def test_a_second_stream_of_a_table_is_refused_while_the_first_runs(mill) -> None:
    table = Streamed(mill, "twice")
    wanted = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    with pytest.raises(ClientError, match="Table already has an enabled stream"):
        table.db.update_table(TableName=table.name, StreamSpecification=wanted)
    table.db.update_table(TableName=table.name, StreamSpecification={"StreamEnabled": False})
    table.put("unseen")
    mill.advance(1)
    changed = table.db.update_table(TableName=table.name, StreamSpecification=wanted)
    assert changed["TableDescription"]["LatestStreamArn"] != table.arn
    (shard,) = table.described()["Shards"]
    assert table.records(table.iterator(shard["ShardId"]))["Records"] == []


def test_a_stream_that_ended_can_be_read_for_a_day(mill) -> None:
    table = Streamed(mill, "ended")
    table.put("last")
    table.db.delete_table(TableName=table.name)
    described = table.described()
    assert described["StreamStatus"] == "DISABLED"
    assert described["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    (shard,) = described["Shards"]
    assert names(table.records(table.iterator(shard["ShardId"]))) == ["last"]
    listed = table.streams.list_streams(TableName=table.name)["Streams"]
    assert [entry["StreamArn"] for entry in listed] == [table.arn]
    pass_time(mill, 26 * HOUR)
    with pytest.raises(ClientError) as gone:
        table.described()
    assert gone.value.response["Error"]["Code"] == "ResourceNotFoundException"
