"""Tables whose changes go to a stream of Kinesis: from a write to the function that reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.kernel.errors import UsageError
from eventmill.testing import engine
from tests.queues import taken
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "changes"
STATE = "Table is not in a valid state to enable Kinesis Streaming Destination: "


@pytest.fixture(scope="module")
def mill():
    with engine() as running:
        running.deploy(APP)
        yield running


@pytest.fixture(scope="module")
def db(mill):
    return mill.client("dynamodb")


def told(mill: Any) -> list[dict[str, Any]]:
    """What the function read until nothing moves."""
    mill.settle()
    return [json.loads(message["Body"]) for message in taken(mill, mill.outputs["Results"])]


def order(number: int, **more: Any) -> dict[str, Any]:
    return {"customer": {"S": "ann"}, "number": {"N": str(number)}, **more}


def test_every_change_of_an_item_is_a_record_as_aws_writes_it(mill, db) -> None:
    table, until = mill.outputs["Orders"], int(mill.inner.clock.now()) + 100
    before = mill.inner.clock.now()
    lines = {"L": [{"S": "pen"}]}
    for _ in range(2):  # the second time changes nothing
        db.put_item(TableName=table, Item=order(1, seal={"B": b"foo"}, lines=lines))
    db.put_item(TableName=table, Item=order(1, until={"N": str(until)}))
    mill.settle()
    mill.advance(3_700)
    found = told(mill)
    changes = [entry["change"] for entry in found]
    expected = json.loads(
        json.dumps(recorded("dynamodb.kinesis")).replace("4102444800", str(until))
    )
    assert_shape(changes, expected)
    (key,) = {entry["key"] for entry in found}
    assert len(key) == 32 and set(key) <= set("0123456789ABCDEF")
    created = changes[0]["dynamodb"]["ApproximateCreationDateTime"]
    assert before * 1e6 - 1 <= created < (before + 60) * 1e6


def test_changes_of_an_item_stay_in_order_and_items_spread_over_shards(mill, db) -> None:
    table = mill.outputs["Orders"]
    for turn in range(6):
        writes = [
            {"PutRequest": {"Item": order(100 + item, turn={"N": str(turn)})}} for item in range(8)
        ]
        db.batch_write_item(RequestItems={table: writes})
    db.delete_item(TableName=table, Key=order(100))
    found = told(mill)
    turns: dict[str, list[str]] = {}
    for entry in found:
        change = entry["change"]["dynamodb"]
        image = change.get("NewImage", {"turn": {"N": "gone"}})
        turns.setdefault(change["Keys"]["number"]["N"], []).append(image["turn"]["N"])
    whole = [str(turn) for turn in range(6)]
    assert turns.pop("100") == [*whole, "gone"]
    assert turns == {str(100 + item): whole for item in range(1, 8)}
    assert len({entry["id"].partition(":")[0] for entry in found}) > 1


class Streamed:
    """A table of its own, and streams that its changes may go to."""

    def __init__(self, mill: Any, name: str) -> None:
        self.mill, self.name = mill, name
        self.db, self.kinesis = mill.client("dynamodb"), mill.client("kinesis")
        self.db.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def stream(self, name: str) -> str:
        self.kinesis.create_stream(StreamName=name, ShardCount=1)
        about = self.kinesis.describe_stream_summary(StreamName=name)
        return about["StreamDescriptionSummary"]["StreamARN"]

    def ask(self, verb: str, stream: str, **more: Any) -> dict[str, Any]:
        call = getattr(self.db, f"{verb}_kinesis_streaming_destination")
        return call(TableName=self.name, StreamArn=stream, **more)

    def refused(self, verb: str, stream: str, **more: Any) -> str:
        with pytest.raises(ClientError) as error:
            self.ask(verb, stream, **more)
        assert error.value.response["Error"]["Code"] == "ValidationException"
        return error.value.response["Error"]["Message"]

    def listed(self) -> list[dict[str, Any]]:
        answer = self.db.describe_kinesis_streaming_destination(TableName=self.name)
        return answer["KinesisDataStreamDestinations"]

    def put(self, name: str) -> None:
        self.db.put_item(TableName=self.name, Item={"id": {"S": name}})

    def changes(self, stream: str) -> list[dict[str, Any]]:
        self.mill.settle()
        iterator = self.kinesis.get_shard_iterator(
            StreamARN=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = self.kinesis.get_records(ShardIterator=iterator)["Records"]
        return [json.loads(record["Data"])["dynamodb"] for record in records]


def test_a_destination_is_enabled_changed_and_disabled(mill) -> None:
    table = Streamed(mill, "enabled")
    one, other = table.stream("enabled-one"), table.stream("enabled-other")
    assert table.listed() == []
    table.put("before")
    answer = table.ask("enable", one)
    assert (answer["DestinationStatus"], answer["StreamArn"]) == ("ENABLING", one)
    assert table.listed() == [{"StreamArn": one, "DestinationStatus": "ACTIVE"}]
    again = "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform"
    assert table.refused("enable", other) == f"{STATE}{again} ENABLE operation."
    table.put("coarse")
    micro = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    updated = table.ask("update", one, UpdateKinesisStreamingConfiguration=micro)
    assert updated["DestinationStatus"] == "UPDATING"
    same = table.refused("update", one, UpdateKinesisStreamingConfiguration=micro)
    assert "Precision is already set to the desired value of MICROSECOND" in same
    assert "cannot be null or contain only null values" in table.refused("update", one)
    table.put("fine")
    disabled = table.ask("disable", one)
    assert disabled["DestinationStatus"] == "DISABLING"
    table.put("after")
    assert "must be ACTIVE to perform DISABLE" in table.refused("disable", one)
    assert "Updates are only allowed in ACTIVE state" in table.refused(
        "update", one, UpdateKinesisStreamingConfiguration=micro
    )
    coarse, fine = table.changes(one)
    assert [change["Keys"]["id"]["S"] for change in (coarse, fine)] == ["coarse", "fine"]
    assert "ApproximateCreationDateTimePrecision" not in coarse
    assert round(fine["ApproximateCreationDateTime"] / coarse["ApproximateCreationDateTime"]) == 1e3
    assert table.ask("enable", other)["DestinationStatus"] == "ENABLING"
    assert [entry["DestinationStatus"] for entry in table.listed()] == ["ACTIVE", "DISABLED"]


def test_a_stream_that_is_not_there_fails_and_another_may_follow(mill) -> None:
    table = Streamed(mill, "failing")
    nowhere = "arn:aws:kinesis:us-east-1:000000000000:stream/nowhere"
    table.ask("enable", nowhere)
    (entry,) = table.listed()
    assert entry["DestinationStatus"] == "ENABLE_FAILED"
    assert "permission to use kinesis stream" in entry["DestinationStatusDescription"]
    stream = table.stream("failing-stream")
    table.ask("enable", stream)
    table.put("a")
    assert len(table.changes(stream)) == 1


def test_writes_go_on_when_the_stream_is_gone(mill, caplog) -> None:
    table = Streamed(mill, "orphaned")
    stream = table.stream("orphaned-stream")
    table.ask("enable", stream)
    table.kinesis.delete_stream(StreamName="orphaned-stream")
    table.put("a")
    mill.settle()
    assert f"the change of an item is lost for {stream}" in caplog.text


TEMPLATE = """\
Resources:
  One: {Type: AWS::Kinesis::Stream, Properties: {Name: changed-KIND-one}}
  Other: {Type: AWS::Kinesis::Stream, Properties: {Name: changed-KIND-other}}
  Items:
    Type: AWS::DynamoDB::KIND
    Properties:
      TableName: changed-KIND
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      SETTING
"""
OWN = "KinesisStreamSpecification: {StreamArn: !GetAtt STREAM.Arn}"


@pytest.mark.parametrize(
    ("kind", "setting", "none"),
    [
        ("Table", OWN, "TableClass: STANDARD"),
        (
            "GlobalTable",
            f"Replicas: [{{Region: us-east-1, {OWN}}}]",
            "Replicas: [{Region: us-east-1}]",
        ),
    ],
)
def test_a_template_moves_and_ends_the_destination(mill, tmp_path, kind, setting, none) -> None:
    file = tmp_path / "template.yaml"
    listed = []
    for stream in ("One", "Other", None):
        said = setting.replace("STREAM", stream) if stream else none
        file.write_text(TEMPLATE.replace("KIND", kind).replace("SETTING", said))
        mill.deploy(tmp_path)
        answer = mill.client("dynamodb").describe_kinesis_streaming_destination(
            TableName=f"changed-{kind}"
        )
        listed.append(
            {
                entry["StreamArn"].rpartition("-")[2]: entry["DestinationStatus"]
                for entry in answer["KinesisDataStreamDestinations"]
            }
        )
    assert listed == [
        {"one": "ACTIVE"},
        {"one": "DISABLED", "other": "ACTIVE"},
        {"one": "DISABLED", "other": "DISABLED"},
    ]


def test_a_template_with_a_stream_that_is_not_there_is_refused(mill, tmp_path) -> None:
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/nowhere"
    said = OWN.replace("!GetAtt STREAM.Arn", arn)
    text = TEMPLATE.replace("KIND", "Table").replace("changed", "missing")
    (tmp_path / "template.yaml").write_text(text.replace("SETTING", said))
    with pytest.raises(UsageError, match="stream/nowhere is no stream of Kinesis that exists"):
        mill.deploy(tmp_path)
