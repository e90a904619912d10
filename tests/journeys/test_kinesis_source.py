"""Kinesis as an event source: windows, bisecting, checkpoints, lineage of shards."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine
from tests.journeys.kinesis_calls import put
from tests.queues import taken
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "kinesis"


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


@pytest.fixture(scope="module")
def kinesis(app):
    return app.client("kinesis")


def results(app: Any, who: str) -> list[Any]:
    """What the functions told until nothing moves, in order."""
    app.settle()
    found = [json.loads(message["Body"]) for message in taken(app, app.outputs["Results"])]
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


@pytest.mark.parametrize("between", [True, False])
def test_a_new_stream_of_the_same_name_is_read_from_its_beginning(kinesis, app, between) -> None:
    name = f"again-{between}"
    function = next(
        f["FunctionName"]
        for f in app.client("lambda").list_functions()["Functions"]
        if "Audit" in f["FunctionName"]
    )
    for number in range(3):
        kinesis.create_stream(StreamName=name, ShardCount=1)
        if not number:
            arn = kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
            app.client("lambda").create_event_source_mapping(
                EventSourceArn=arn, FunctionName=function, StartingPosition="TRIM_HORIZON"
            )
        put(kinesis, name, json.dumps({"order": f"{name} {number}"}), key="k")
        arrived = [entry["order"] for event in results(app, "audit") for entry in data(event)]
        assert arrived == [f"{name} {number}"]
        kinesis.delete_stream(StreamName=name)
        if between:
            app.settle()
