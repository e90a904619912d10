"""DynamoDB through boto3: items, expressions, indexes, transactions, streams to a function."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from eventmill.services.dynamodb.numbers import sort_bytes

APP = Path(__file__).parents[1] / "apps" / "streams"


@pytest.fixture
def db(eventmill):
    client = eventmill.client("dynamodb")
    client.create_table(
        TableName="docs",
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
            {"AttributeName": "owner", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "n", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "owners",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def key(name: str, number: int) -> dict[str, Any]:
    return {"id": {"S": name}, "n": {"N": str(number)}}


def failure(call: Any, **request: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as failed:
        call(**request)
    return failed.value.response


def test_every_type_comes_back_as_it_was(db) -> None:
    item = key("a", 1) | {
        "b": {"B": b"\x00\xff"},
        "bs": {"BS": [b"1", b"2"]},
        "ss": {"SS": ["x", "y"]},
        "ns": {"NS": ["1", "2.5"]},
        "l": {"L": [{"B": b"in"}, {"NULL": True}]},
        "m": {"M": {"x": {"BOOL": False}, "y": {"S": ""}}},
    }
    db.put_item(TableName="docs", Item=item)
    assert db.get_item(TableName="docs", Key=key("a", 1))["Item"] == item


def test_updates_conditions_and_return_values(db) -> None:
    values = {":one": {"N": "1"}, ":l": {"L": [{"S": "x"}]}, ":empty": {"L": []}}
    for _ in range(2):
        changed = db.update_item(
            TableName="docs",
            Key=key("a", 1),
            ReturnValues="UPDATED_NEW",
            UpdateExpression="SET #t = if_not_exists(#t, :empty), sums = if_not_exists(sums, "
            ":one) + :one ADD hits :one",
            ExpressionAttributeNames={"#t": "tags"},
            ExpressionAttributeValues={k: values[k] for k in (":one", ":empty")},
        )
    assert changed["Attributes"] == {"tags": {"L": []}, "sums": {"N": "3"}, "hits": {"N": "2"}}
    refused = failure(
        db.put_item,
        TableName="docs",
        Item=key("a", 1),
        ConditionExpression="attribute_not_exists(id)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert refused["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refused["Item"]["hits"] == {"N": "2"}


def test_queries_page_through_a_sort_key_in_its_order(db) -> None:
    numbers = [-12, -3, 0, 2, 10, 100]
    for number in numbers:
        db.put_item(TableName="docs", Item=key("a", number) | {"owner": {"S": f"o{number % 2}"}})
    request: dict[str, Any] = {
        "TableName": "docs",
        "Limit": 2,
        "KeyConditionExpression": "id = :a AND n > :low",
        "ExpressionAttributeValues": {":a": {"S": "a"}, ":low": {"N": "-12"}},
    }
    found: list[int] = []
    while True:
        page = db.query(**request)
        found += [int(item["n"]["N"]) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    assert found == numbers[1:]
    owned = db.query(
        TableName="docs",
        IndexName="owners",
        KeyConditionExpression="#o = :o",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":o": {"S": "o1"}},
    )
    assert owned["Items"] == [key("a", -3) | {"owner": {"S": "o1"}}]


def test_a_transaction_does_all_or_nothing(db) -> None:
    db.put_item(TableName="docs", Item=key("a", 1))
    refused = failure(
        db.transact_write_items,
        TransactItems=[
            {"Put": {"TableName": "docs", "Item": key("b", 1)}},
            {
                "Put": {
                    "TableName": "docs",
                    "Item": key("a", 1),
                    "ConditionExpression": "attribute_not_exists(id)",
                }
            },
        ],
    )
    assert [reason["Code"] for reason in refused["CancellationReasons"]] == [
        "None",
        "ConditionalCheckFailed",
    ]
    assert "Item" not in db.get_item(TableName="docs", Key=key("b", 1))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"Item": {"id": {"S": "a"}}}, "Missing the key n in the item"),
        ({"Item": {"id": {"N": "1"}, "n": {"N": "1"}}}, "Type mismatch for key id"),
        ({"Item": key("a", 1) | {"s": {"SS": ["x", "x"]}}}, "contains duplicates"),
        (
            {
                "Item": key("a", 1),
                "ConditionExpression": "size(name) > :x",
                "ExpressionAttributeValues": {":x": {"N": "1"}},
            },
            "reserved keyword: name",
        ),
        (
            {
                "Item": key("a", 1),
                "ConditionExpression": "a = :y",
                "ExpressionAttributeValues": {":x": {"N": "1"}},
            },
            "not defined; attribute value: :y",
        ),
        (
            {
                "Item": key("a", 1),
                "ConditionExpression": "id = id",
                "ExpressionAttributeValues": {":x": {"N": "1"}},
            },
            "unused in expressions: keys: {:x}",
        ),
        ({"Item": key("a", 1), "ConditionExpression": "id = = id"}, "Syntax error"),
    ],
)
def test_bad_requests_are_refused_with_the_reason(db, request_, message: str) -> None:
    refused = failure(db.put_item, TableName="docs", **request_)
    assert refused["Error"]["Code"] == "ValidationException"
    assert message in refused["Error"]["Message"]


def test_changes_reach_the_function_and_poison_its_destination(eventmill) -> None:
    outputs = eventmill.deploy(APP)
    db = eventmill.client("dynamodb")

    def put(name: str, version: int) -> None:
        db.put_item(
            TableName=outputs["Documents"], Item={"id": {"S": name}, "version": {"N": str(version)}}
        )

    for name in ("a", "poison", "b"):
        put(name, 1)
    put("a", 1)  # nothing changed: no record
    db.delete_item(TableName=outputs["Documents"], Key={"id": {"S": "b"}, "version": {"N": "1"}})
    for _ in range(8):
        eventmill.settle()
        eventmill.advance(60)
    eventmill.settle()
    rows = db.scan(TableName=outputs["Audit"])["Items"]
    seen = sorted({(row["key"]["S"], row["name"]["S"]) for row in rows})
    assert seen == [("a", "INSERT"), ("b", "INSERT"), ("b", "REMOVE")]
    lost = eventmill.client("sqs").receive_message(QueueUrl=outputs["Lost"])["Messages"]
    record = json.loads(lost[0]["Body"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1


@settings(max_examples=500, deadline=None)
@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
)
def test_key_bytes_order_as_the_numbers_do(a: Decimal, b: Decimal) -> None:
    left, right = sort_bytes(f"{a:f}"), sort_bytes(f"{b:f}")
    assert (left < right) == (a < b)
    assert (left == right) == (a == b)
