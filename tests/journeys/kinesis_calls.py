"""What the tests of Kinesis ask of it."""

from __future__ import annotations

from typing import Any


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
