"""kill -9 while a bucket tells of its objects, and a log of its lines."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

from eventmill.testing import TestEngine, engine
from tests.crash.process import calm, client_of, kill, start
from tests.queues import taken

APPS = Path(__file__).parents[1] / "apps"
COUNT = 40


def test_every_object_is_told_of_and_every_failure_ends(tmp_path: Path) -> None:
    app = APPS / "bucket"
    process, said = start(tmp_path / "data", tmp_path / "log", app)
    s3, bucket = client_of(said["endpoint"], "s3"), said["outputs"]["Bucket"]
    # A failing one first: its repetition is due long after the kill.
    keys = ["in/fail.txt", *(f"in/{number}.txt" for number in range(COUNT))]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    kill(process)
    with engine(tmp_path / "data") as mill:
        outputs = mill.deploy(app)
        calm(mill, 3, 61)
        # Functions at least once, from the bucket to the bus and to its queue exactly once.
        told = [json.loads(one["Body"]) for one in taken(mill, outputs["Results"])]
        assert {one["Records"][0]["s3"]["object"]["key"] for one in told} == set(keys[1:])
        on_bus = [json.loads(one["Body"]) for one in taken(mill, outputs["OnBus"])]
        assert sorted(one["detail"]["object"]["key"] for one in on_bus) == sorted(keys)
        (failed,) = [json.loads(one["Body"]) for one in taken(mill, outputs["Failed"])]
        record = failed["requestPayload"]["Records"][0]
        assert record["s3"]["object"]["key"] == keys[0]
        assert failed["requestContext"]["approximateInvokeCount"] == 2


def test_every_line_reaches_those_who_subscribed(tmp_path: Path) -> None:
    app = APPS / "logwatch"
    process, said = start(tmp_path / "data", tmp_path / "log", app)
    logs, outputs = client_of(said["endpoint"], "logs"), said["outputs"]
    logs.create_log_stream(logGroupName=outputs["WorkLogs"], logStreamName="ours")
    now = int(time.time() * 1000)
    for number in range(COUNT):
        line = {"timestamp": now, "message": json.dumps({"level": "ERROR", "number": number})}
        for group, stream in ((outputs["WorkLogs"], "ours"), (outputs["Audit"], "all")):
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[line])
    kill(process)
    with engine(tmp_path / "data") as mill:
        outputs = mill.deploy(app)
        calm(mill, 2, 61)
        told = [json.loads(one["Body"])["told"] for one in taken(mill, outputs["Results"])]
        lines = [json.loads(event["message"]) for one in told for event in one["logEvents"]]
        assert {line["number"] for line in lines} == set(range(COUNT))
        assert taken(mill, outputs["Failed"]) == []
        assert streamed(mill, outputs["Records"]) == list(range(COUNT))


def streamed(mill: TestEngine, stream: str) -> list[int]:
    """The numbers of the lines that a log sent into a stream, in ascending order."""
    kinesis = mill.client("kinesis")
    (shard,) = kinesis.list_shards(StreamName=stream)["Shards"]
    at = {"StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**at)["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    sent = [json.loads(gzip.decompress(record["Data"])) for record in records]
    # The first is a check of the way, as CloudWatch Logs sends one.
    lines = [event for one in sent[1:] for event in one["logEvents"]]
    return sorted(json.loads(line["message"])["number"] for line in lines)
