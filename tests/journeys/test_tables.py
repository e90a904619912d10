"""DynamoDB: what requests say of tables, of what they used, and of which attributes they want."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import TestEngine, engine
from tests.refusals import refused, refused_as


@pytest.fixture(scope="module")
def mill() -> Iterator[TestEngine]:
    with engine() as running:
        yield running


@pytest.fixture
def db(mill: TestEngine) -> Any:
    return mill.client("dynamodb")


def made(db: Any, **more: Any) -> str:
    """A table with a local and a global index, which hold keys only."""
    name, keys = uuid4().hex, {"ProjectionType": "KEYS_ONLY"}
    db.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in ("id", "place", "day", "owner")
        ],
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "place", "KeyType": "RANGE"},
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "days",
                "KeySchema": [
                    {"AttributeName": "id", "KeyType": "HASH"},
                    {"AttributeName": "day", "KeyType": "RANGE"},
                ],
                "Projection": keys,
            }
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "owners",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": keys,
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    return name


@pytest.fixture
def table(db: Any) -> str:
    name = made(db)
    db.put_item(TableName=name, Item=item("a", "1"))
    return name


def item(name: str, place: str, **more: str) -> dict[str, Any]:
    values = {"id": name, "place": place, "day": "d", "owner": "o", "text": "x" * 3_000} | more
    return {key: {"S": value} for key, value in values.items()}


def key(name: str, place: str) -> dict[str, Any]:
    return {"id": {"S": name}, "place": {"S": place}}


OF_A = {"KeyConditionExpression": "id = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}
OF_O = {
    "IndexName": "owners",
    "KeyConditionExpression": "#o = :o",
    "ExpressionAttributeNames": {"#o": "owner"},
    "ExpressionAttributeValues": {":o": {"S": "o"}},
}


def test_every_call_tells_what_it_used(db: Any, table: str) -> None:
    total = {"ReturnConsumedCapacity": "TOTAL"}
    put = {"PutRequest": {"Item": item("a", "2")}}
    drop = {"DeleteRequest": {"Key": key("a", "1")}}
    fetch = {"Keys": [key("a", "1"), key("a", "2")]}
    write = {"Put": {"TableName": table, "Item": item("a", "3")}}
    check = {
        "ConditionCheck": {
            "TableName": table,
            "Key": key("a", "2"),
            "ConditionExpression": "attribute_exists(id)",
        }
    }
    read = {"Get": {"TableName": table, "Key": key("a", "3")}}
    found = [
        db.batch_write_item(RequestItems={table: [put]}, **total),
        db.batch_get_item(RequestItems={table: fetch}, **total),
        db.batch_get_item(RequestItems={table: fetch | {"ConsistentRead": True}}, **total),
        db.batch_write_item(RequestItems={table: [drop]}, **total),
        db.transact_write_items(TransactItems=[write, check], **total),
        db.transact_get_items(TransactItems=[read], **total),
    ]
    used = [answer["ConsumedCapacity"] for answer in found]
    wanted = (3.0, 1.0, 2.0, 3.0, 12.0, 2.0)
    assert used == [[{"TableName": table, "CapacityUnits": units}] for units in wanted]
    assert "ConsumedCapacity" not in db.batch_get_item(RequestItems={table: fetch})
    indexes = {"ReturnConsumedCapacity": "INDEXES"}
    by_index = db.query(TableName=table, **OF_O, **indexes)["ConsumedCapacity"]
    assert by_index["Table"] == {"CapacityUnits": 0.0}
    assert by_index["GlobalSecondaryIndexes"]["owners"]["CapacityUnits"] > 0
    deleted = db.delete_item(TableName=table, Key=key("a", "2"), **indexes)["ConsumedCapacity"]
    assert deleted["Table"] == {"CapacityUnits": deleted["CapacityUnits"]} == {"CapacityUnits": 3.0}


def test_item_collections_are_measured_where_there_are_local_indexes(db: Any, table: str) -> None:
    size = {"ReturnItemCollectionMetrics": "SIZE"}
    collection = {"ItemCollectionKey": {"id": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0]}
    put = db.put_item(TableName=table, Item=item("a", "2"), **size)
    assert put["ItemCollectionMetrics"] == collection
    entries = [{"PutRequest": {"Item": item("a", place)}} for place in "34"]
    batch = db.batch_write_item(RequestItems={table: entries}, **size)
    assert batch["ItemCollectionMetrics"] == {table: [collection]}
    drop = {"Delete": {"TableName": table, "Key": key("a", "4")}}
    together = db.transact_write_items(TransactItems=[drop], **size)
    assert together["ItemCollectionMetrics"] == {table: [collection]}
    assert "ItemCollectionMetrics" not in db.put_item(TableName=table, Item=item("a", "2"))


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        ({**OF_A, "IndexName": "days"}, {"id", "place", "day"}),
        (
            {**OF_A, "IndexName": "days", "Select": "ALL_PROJECTED_ATTRIBUTES"},
            {"id", "place", "day"},
        ),
        ({**OF_A, "IndexName": "days", "Select": "ALL_ATTRIBUTES"}, set(item("a", "1"))),
        (
            {
                **OF_A,
                "IndexName": "days",
                "Select": "SPECIFIC_ATTRIBUTES",
                "ProjectionExpression": "id, #t",
                "ExpressionAttributeNames": {"#t": "text"},
            },
            {"id", "text"},
        ),
        (OF_O, {"id", "place", "owner"}),
    ],
)
def test_a_query_gives_the_attributes_that_it_selects(
    db: Any, table: str, request_: dict[str, Any], names: set[str]
) -> None:
    (found,) = db.query(TableName=table, **request_)["Items"]
    assert set(found) == names


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        ("query", {**OF_A, "Select": "ALL_PROJECTED_ATTRIBUTES"}, "only when Querying using an"),
        ("query", {**OF_A, "Select": "SPECIFIC_ATTRIBUTES"}, "ProjectionExpression when choosing"),
        (
            "query",
            {**OF_A, "Select": "COUNT", "ProjectionExpression": "id"},
            "choosing to get COUNT",
        ),
        ("query", {**OF_O, "Select": "ALL_ATTRIBUTES"}, "is not supported for global secondary"),
        ("scan", {"Segment": 1}, "TotalSegments parameter is required"),
        ("scan", {"TotalSegments": 2}, "Segment parameter is required"),
        ("scan", {"Segment": 2, "TotalSegments": 2}, "2 is not less than TotalSegments: 2"),
        ("put_item", {"Item": item("a", "1"), "ReturnValues": "ALL_NEW"}, "ALL_OLD or NONE"),
        ("delete_item", {"Key": key("a", "1"), "ReturnValues": "UPDATED_OLD"}, "ALL_OLD or NONE"),
    ],
)
def test_what_a_request_cannot_ask_for_is_refused(
    db: Any, table: str, operation: str, request_: dict[str, Any], said: str
) -> None:
    code, message = refused(getattr(db, operation), TableName=table, **request_)
    assert code == "ValidationException" and said in message


def test_settings_without_meaning_here_are_kept_and_given_back(db: Any) -> None:
    throughput = {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 5}
    warm = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000}
    name = made(
        db,
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        OnDemandThroughput=throughput,
        WarmThroughput=warm,
    )
    shown = db.describe_table(TableName=name)["Table"]
    assert shown["SSEDescription"]["KMSMasterKeyArn"] == "alias/mine"
    assert shown["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert (shown["OnDemandThroughput"], shown["WarmThroughput"]) == (
        throughput,
        warm | {"Status": "ACTIVE"},
    )
    update = {"IndexName": "owners", "OnDemandThroughput": throughput}
    shown = db.update_table(
        TableName=name,
        OnDemandThroughput=throughput | {"MaxReadRequestUnits": 20},
        GlobalSecondaryIndexUpdates=[{"Update": update}],
    )["TableDescription"]
    assert shown["OnDemandThroughput"]["MaxReadRequestUnits"] == 20
    (index,) = shown["GlobalSecondaryIndexes"]
    assert (index["OnDemandThroughput"], index["Projection"]["ProjectionType"]) == (
        throughput,
        "KEYS_ONLY",
    )
    unknown = [{"Update": update | {"IndexName": "none"}}]
    given = {"TableName": name, "GlobalSecondaryIndexUpdates": unknown}
    assert refused_as(db.update_table, **given) == "ResourceNotFoundException"


def test_what_needs_other_regions_is_refused(db: Any, table: str) -> None:
    with pytest.raises(ClientError, match="GlobalTableSourceArn is not supported"):
        made(db, GlobalTableSourceArn="arn:aws:dynamodb:us-east-1:1:table/t")
    replica = [{"Create": {"RegionName": "eu-west-1"}}]
    code, message = refused(db.update_table, TableName=table, ReplicaUpdates=replica)
    assert (code, message) == (
        "ValidationException",
        "ReplicaUpdates is not supported by Eventmill: there is one region here",
    )


POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})


def test_tags_and_policies_are_kept_with_their_table(db: Any) -> None:
    name = made(db, Tags=[{"Key": "a", "Value": "1"}], ResourcePolicy=POLICY)
    arn = {"ResourceArn": db.describe_table(TableName=name)["Table"]["TableArn"]}
    db.tag_resource(**arn, Tags=[{"Key": "b", "Value": "2"}])
    db.untag_resource(**arn, TagKeys=["a"])
    assert db.list_tags_of_resource(**arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    first = db.get_resource_policy(**arn)
    assert first["Policy"] == POLICY
    other = POLICY.replace("[]", '[{"Effect": "Deny"}]')
    wrong = {"Policy": other, "ExpectedRevisionId": "1"}
    assert refused_as(db.put_resource_policy, **arn, **wrong) == "ValidationException"
    right = {"Policy": other, "ExpectedRevisionId": first["RevisionId"]}
    revision = db.put_resource_policy(**arn, **right)["RevisionId"]
    assert db.get_resource_policy(**arn) | {"ResponseMetadata": 0} == {
        "Policy": other,
        "RevisionId": revision,
        "ResponseMetadata": 0,
    }
    assert db.delete_resource_policy(**arn)["RevisionId"] == revision
    assert refused_as(db.get_resource_policy, **arn) == "PolicyNotFoundException"
    db.delete_table(TableName=name)
    assert refused_as(db.list_tags_of_resource, **arn) == "ResourceNotFoundException"


TEMPLATE = """
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: declared
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      SSESpecification: {SSEEnabled: true}
      Tags: [{Key: stage, Value: first}]
      ResourcePolicy: {PolicyDocument: {Version: "2012-10-17", Statement: []}}
"""


def test_a_template_declares_them(mill: TestEngine, db: Any, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    mill.deploy(tmp_path)
    shown = db.describe_table(TableName="declared")["Table"]
    assert shown["SSEDescription"]["Status"] == "ENABLED"
    arn = {"ResourceArn": shown["TableArn"]}
    assert json.loads(db.get_resource_policy(**arn)["Policy"])["Statement"] == []
    (tmp_path / "template.yaml").write_text(TEMPLATE.replace("first", "second"))
    mill.deploy(tmp_path)
    assert db.list_tags_of_resource(**arn)["Tags"] == [{"Key": "stage", "Value": "second"}]


def test_a_filter_must_not_speak_of_the_keys_that_are_queried(db: Any, table: str) -> None:
    given = {
        "TableName": table,
        "KeyConditionExpression": "id = :a",
        "FilterExpression": "#p = :a",
        "ExpressionAttributeNames": {"#p": "place"},
        "ExpressionAttributeValues": {":a": {"S": "a"}},
    }
    with pytest.raises(ClientError) as error:
        db.query(**given)
    assert error.value.response["Error"]["Message"] == (
        "Filter Expression can only contain non-primary key attributes: "
        "Primary key attribute: place"
    )
    # The sort key of the table is none of an index's.
    assert db.query(**given, IndexName="days")["Count"] == 0


def test_a_table_is_paid_per_request_or_has_a_capacity(db: Any) -> None:
    keys = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    with pytest.raises(ClientError, match="must both be specified when BillingMode is PROVISIONED"):
        db.create_table(TableName="unpaid", **keys)
    assert "unpaid" not in db.list_tables()["TableNames"]
    capacity = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    db.create_table(TableName="paid", **keys, ProvisionedThroughput=capacity)


def dated(name: str, until: float) -> dict[str, Any]:
    return {"id": {"S": name}, "place": {"S": "p"}, "until": {"N": str(int(until))}}


def lives(mill: TestEngine, db: Any, table: str) -> list[str]:
    """The ids of the items that are there, after an hour and some."""
    mill.advance(3_700)
    mill.settle()
    return sorted(one["id"]["S"] for one in db.scan(TableName=table)["Items"])


def test_time_to_live_is_for_the_items_that_are_there_too(mill, db) -> None:
    name, now = made(db), mill.inner.clock.now()
    for there, until in (("over", now - 60), ("soon", now + 600), ("late", now + 86_400)):
        db.put_item(TableName=name, Item=dated(there, until))
    spoken = {"Enabled": True, "AttributeName": "until"}
    db.update_time_to_live(TableName=name, TimeToLiveSpecification=spoken)
    assert lives(mill, db, name) == ["late"]
    # Due before what the last look found to be due next.
    db.put_item(TableName=name, Item=dated("sooner", mill.inner.clock.now() + 60))
    assert lives(mill, db, name) == ["late"]


def test_time_to_live_that_was_switched_off_holds_nobody_up(mill, db) -> None:
    off, on = made(db), made(db)
    spoken = {"Enabled": True, "AttributeName": "until"}
    for name in (off, on):
        db.update_time_to_live(TableName=name, TimeToLiveSpecification=spoken)
    until = mill.inner.clock.now() + 600
    for number in range(5):
        entries = [{"PutRequest": {"Item": dated(f"{number}-{n}", until)}} for n in range(25)]
        db.batch_write_item(RequestItems={off: entries})
    db.put_item(TableName=on, Item=dated("over", until + 1))
    db.update_time_to_live(TableName=off, TimeToLiveSpecification=spoken | {"Enabled": False})
    assert lives(mill, db, on) == []
    assert db.scan(TableName=off, Select="COUNT")["Count"] == 125


def test_answers_carry_the_checksum_of_their_body(mill: TestEngine) -> None:
    """Of faults too: Go's client warns of every answer without one."""
    answers: list[dict[str, Any]] = []
    tables, streams = mill.client("dynamodb"), mill.client("dynamodbstreams")
    for client in (tables, streams):
        client.meta.events.register(
            "before-parse", lambda response_dict, **rest: answers.append(response_dict)
        )
    tables.list_tables()
    refused(tables.describe_table, TableName="absent")
    streams.list_streams()
    refused(streams.describe_stream, StreamArn="arn:aws:dynamodb:us-east-1:000000000000:table/a/s")
    assert [answer["status_code"] for answer in answers] == [200, 400, 200, 400]
    for answer in answers:
        assert answer["headers"]["x-amz-crc32"] == str(zlib.crc32(answer["body"]))
