"""kill -9 while a table's changes go to a function and a stream, and events to functions."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from eventmill.testing import TestEngine, engine
from tests.crash.process import calm, client_of, kill, start
from tests.queues import taken

APP = Path(__file__).parents[1] / "apps" / "mappings"
CHANGES = 30


@pytest.mark.parametrize("seed", range(2))
def test_every_change_arrives_in_order_and_every_event_ends(tmp_path: Path, seed: int) -> None:
    process, said = start(tmp_path / "data", tmp_path / "log", APP)
    outputs = said["outputs"]
    db = client_of(said["endpoint"], "dynamodb")
    functions = client_of(said["endpoint"], "lambda")
    kinesis = client_of(said["endpoint"], "kinesis")
    kinesis.create_stream(StreamName="changes", ShardCount=1)
    stream = kinesis.describe_stream_summary(StreamName="changes")["StreamDescriptionSummary"]
    db.enable_kinesis_streaming_destination(
        TableName=outputs["Items"], StreamArn=stream["StreamARN"]
    )
    kill_after = random.Random(seed).randrange(5, CHANGES)
    for number in range(kill_after):
        item = {"id": {"S": "same"}, "n": {"N": str(number)}}
        db.put_item(TableName=outputs["Items"], Item=item)
        event = json.dumps({"number": number, "fail": number % 2 == 1})
        functions.invoke(FunctionName=outputs["Work"], InvocationType="Event", Payload=event)
    kill(process)
    with engine(tmp_path / "data") as mill:
        outputs = mill.deploy(APP)
        calm(mill, 3, 61)
        told = [json.loads(message["Body"]) for message in taken(mill, outputs["Results"])]
        changes = [
            int(record["dynamodb"]["NewImage"]["n"]["N"])
            for event in told
            for record in event.get("Records", [])
        ]
        assert list(dict.fromkeys(changes)) == list(range(kill_after))
        assert _streamed(mill) == list(range(kill_after))
        done = {e["requestPayload"]["number"] for e in told if "requestPayload" in e}
        assert done == set(range(0, kill_after, 2))
        s3, failed = mill.client("s3"), set()
        for entry in s3.list_objects_v2(Bucket=outputs["Lost"])["Contents"]:
            body = s3.get_object(Bucket=outputs["Lost"], Key=entry["Key"])["Body"].read()
            failed.add(json.loads(body)["requestPayload"]["number"])
        assert failed == set(range(1, kill_after, 2))


def _streamed(mill: TestEngine) -> list[int]:
    """The changes that went into the stream of Kinesis, each of them once."""
    kinesis = mill.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName="changes", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    return [int(json.loads(r["Data"])["dynamodb"]["NewImage"]["n"]["N"]) for r in records]
