"""Streams of Kinesis and of tables under chance, through the API: every record is taken once, in
the order of its key, or given up by the settings of its mapping."""

from __future__ import annotations

import base64
import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventmill.testing import engine

APP = Path(__file__).parents[1] / "apps" / "chance"
_run = itertools.count()

_MAPPINGS = st.fixed_dictionaries(
    {
        "BatchSize": st.integers(1, 6),
        "ParallelizationFactor": st.integers(1, 3),
        "BisectBatchOnFunctionError": st.booleans(),
        "MaximumRetryAttempts": st.sampled_from((-1, 0, 2)),
        "MaximumRecordAgeInSeconds": st.sampled_from((-1, 60)),
        "FunctionResponseTypes": st.sampled_from(([], ["ReportBatchItemFailures"])),
    }
)
_RECORDS = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from((0, 0, 0, 1, 2, 4))),
    min_size=1,
    max_size=16,
)
_FEW = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chance")


@pytest.fixture(scope="module")
def app(folder: Path):
    with engine() as running:
        running.deploy(APP, {"Folder": str(folder)})
        yield running


def kept(app: Any, mapping: str) -> list[dict[str, Any]]:
    """What was given up, record by record, from the destination's payloads."""
    s3, bucket, found = app.client("s3"), app.outputs["Lost"].split(":")[-1], []
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=f"aws/lambda/{mapping}/").get(
        "Contents", []
    ):
        body = json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
        found += json.loads(body["payload"])["Records"]
    return found


def said(record: dict[str, Any]) -> dict[str, Any]:
    if "kinesis" in record:
        return json.loads(base64.b64decode(record["kinesis"]["data"]))
    return json.loads(record["dynamodb"]["NewImage"]["said"]["S"])


def run(app: Any, folder: Path, source: str, mapping: dict[str, Any], entries: list[Any]) -> None:
    """Map the stream, wait until nothing of it is due, and look at what became of each record."""
    client = app.client("lambda")
    uuid = client.create_event_source_mapping(
        FunctionName=app.outputs["Chance"],
        EventSourceArn=source,
        StartingPosition="TRIM_HORIZON",
        DestinationConfig={"OnFailure": {"Destination": app.outputs["Lost"]}},
        **mapping,
    )["UUID"]
    while app.settle().later:
        app.advance(61)
    client.delete_event_source_mapping(UUID=uuid)
    app.settle()
    lost = [said(record) for record in kept(app, uuid)]
    path = folder / f"{entries[0]['run']}.taken"
    lines = path.read_text().splitlines() if path.exists() else []
    taken = [json.loads(line) for line in lines]
    numbers = Counter(one["number"] for one in taken + lost)
    assert numbers == Counter(one["number"] for one in entries)
    for key in {one["key"] for one in entries}:
        order = [one["number"] for one in taken if one["key"] == key]
        assert order == sorted(order)
    if mapping["MaximumRetryAttempts"] < 0 and mapping["MaximumRecordAgeInSeconds"] < 0:
        assert lost == []


def entries_of(records: list[tuple[str, int]], mapping: dict[str, Any]) -> list[dict[str, Any]]:
    number = next(_run)
    reports = bool(mapping["FunctionResponseTypes"])
    return [
        {"run": number, "number": at, "key": key, "fails": fails, "reports": reports}
        for at, (key, fails) in enumerate(records)
    ]


@_FEW
@given(records=_RECORDS, mapping=_MAPPINGS, shards=st.integers(1, 3), split=st.integers(0, 16))
def test_kinesis(app, folder, records, mapping, shards, split) -> None:
    kinesis, entries = app.client("kinesis"), entries_of(records, mapping)
    name = f"chance-{entries[0]['run']}"
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    for at, entry in enumerate(entries):
        if at == split:
            kinesis.update_shard_count(
                StreamName=name, TargetShardCount=shards + 1, ScalingType="UNIFORM_SCALING"
            )
        kinesis.put_record(StreamName=name, Data=json.dumps(entry), PartitionKey=entry["key"])
    source = kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
    run(app, folder, source, mapping, entries)
    kinesis.delete_stream(StreamName=name)


@_FEW
@given(records=_RECORDS, mapping=_MAPPINGS)
def test_tables(app, folder, records, mapping) -> None:
    dynamodb, entries = app.client("dynamodb"), entries_of(records, mapping)
    name = f"chance-{entries[0]['run']}"
    table = dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    for entry in entries:
        item = {"key": {"S": entry["key"]}, "said": {"S": json.dumps(entry)}}
        dynamodb.put_item(TableName=name, Item=item)
    run(app, folder, table["LatestStreamArn"], mapping, entries)
    dynamodb.delete_table(TableName=name)
