"""DynamoDB: the parameters from before expressions, through boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from eventmill.testing import TestEngine, engine
from tests.refusals import refused

INVALID = "One or more parameter values were invalid: "


@pytest.fixture(scope="module")
def mill() -> Iterator[TestEngine]:
    with engine() as running:
        yield running


@pytest.fixture(scope="module")
def db(mill: TestEngine) -> Any:
    return mill.client("dynamodb")


@pytest.fixture(scope="module")
def t(db: Any) -> str:
    db.create_table(
        TableName="table",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return "table"


def key(pk: str, sk: int = 1) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


def condition(operator: str, *values: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"ComparisonOperator": operator}
    return told | ({"AttributeValueList": list(values)} if values else {})


HELD: dict[str, Any] = {
    "n": {"N": "5"},
    "s": {"S": "hello"},
    "ss": {"SS": ["a", "b"]},
    "odd.name": {"S": "x"},
}


@pytest.mark.parametrize(
    ("attribute", "expected", "holds"),
    [
        ("n", {"Value": {"N": "5.0"}}, True),
        ("n", {"Value": {"N": "6"}, "Exists": True}, False),
        ("n", {"Exists": False}, False),
        ("none", {"Exists": False}, True),
        ("n", condition("EQ", {"N": "5"}), True),
        ("n", {"ComparisonOperator": "EQ", "Value": {"N": "5"}}, True),
        ("n", condition("NE", {"N": "5"}), False),
        ("none", condition("NE", {"N": "5"}), True),
        ("n", condition("LT", {"N": "6"}), True),
        ("n", condition("LE", {"N": "4"}), False),
        ("n", condition("GT", {"N": "4"}), True),
        ("n", condition("GE", {"S": "4"}), False),
        ("n", condition("BETWEEN", {"N": "1"}, {"N": "5"}), True),
        ("n", condition("IN", {"N": "1"}, {"N": "5"}), True),
        ("s", condition("BEGINS_WITH", {"S": "he"}), True),
        ("s", condition("CONTAINS", {"S": "ll"}), True),
        ("ss", condition("CONTAINS", {"S": "c"}), False),
        ("ss", condition("NOT_CONTAINS", {"S": "c"}), True),
        ("none", condition("NOT_CONTAINS", {"S": "c"}), False),
        ("ss", condition("EQ", {"SS": ["b", "a"]}), True),
        ("s", condition("NULL"), False),
        ("none", condition("NULL"), True),
        ("odd.name", condition("NOT_NULL"), True),
    ],
)
def test_expectations(db: Any, t: str, attribute: str, expected: Any, holds: bool) -> None:
    here = key(uuid4().hex)
    db.put_item(TableName=t, Item=here | HELD)
    request = {"TableName": t, "Expected": {attribute: expected}}
    for call, rest in (
        (db.put_item, {"Item": here | HELD}),
        (db.update_item, {"Key": here, "AttributeUpdates": {"new": {"Value": {"S": "x"}}}}),
        (db.delete_item, {"Key": here}),
    ):
        if holds:
            call(**request, **rest)
        else:
            code, _ = refused(call, **request, **rest)
            assert code == "ConditionalCheckFailedException"


def test_several_expectations_are_joined_as_is_asked(db: Any, t: str) -> None:
    here = key(uuid4().hex)
    db.put_item(TableName=t, Item=here | HELD)
    both = {"n": {"Value": {"N": "5"}}, "s": {"Value": {"S": "other"}}}
    request = {"TableName": t, "Item": here | HELD, "Expected": both}
    assert refused(db.put_item, **request)[0] == "ConditionalCheckFailedException"
    db.put_item(**request, ConditionalOperator="OR")


def test_updates_put_add_and_delete(db: Any, t: str) -> None:
    here = key(uuid4().hex)
    db.put_item(TableName=t, Item=here | HELD | {"l": {"L": [{"N": "1"}]}})
    told = db.update_item(
        TableName=t,
        Key=here,
        AttributeUpdates={
            "n": {"Action": "ADD", "Value": {"N": "-2"}},
            "ss": {"Action": "DELETE", "Value": {"SS": ["a", "z"]}},
            "s": {"Action": "DELETE"},
            "odd.name": {"Action": "PUT", "Value": {"S": "y"}},
            "fresh": {"Action": "ADD", "Value": {"NS": ["1"]}},
            "l": {"Action": "ADD", "Value": {"L": [{"N": "2"}]}},
            "plain": {"Value": {"BOOL": True}},
        },
        ReturnValues="ALL_NEW",
    )
    assert told["Attributes"] == here | {
        "n": {"N": "3"},
        "ss": {"SS": ["b"]},
        "odd.name": {"S": "y"},
        "fresh": {"NS": ["1"]},
        "l": {"L": [{"N": "1"}, {"N": "2"}]},
        "plain": {"BOOL": True},
    }


def test_an_item_comes_into_being_by_what_is_put_into_it(db: Any, t: str) -> None:
    for change, made in (
        ({"AttributeUpdates": {"a": {"Action": "DELETE"}}}, False),
        ({"UpdateExpression": "REMOVE a"}, False),
        ({"AttributeUpdates": {"a": {"Action": "ADD", "Value": {"N": "1"}}}}, True),
        ({}, True),
    ):
        here = key(uuid4().hex)
        db.update_item(TableName=t, Key=here, **change)
        assert ("Item" in db.get_item(TableName=t, Key=here)) is made


def test_reads_by_names_conditions_and_filters(db: Any, t: str) -> None:
    pk = uuid4().hex
    for sk in range(4):
        db.put_item(
            TableName=t, Item=key(pk, sk) | {"even": {"BOOL": not sk % 2}, "n.n": {"N": "1"}}
        )
    names = {"TableName": t, "AttributesToGet": ["sk", "n.n"]}
    shown = {"sk": {"N": "1"}, "n.n": {"N": "1"}}
    assert db.get_item(Key=key(pk), **names)["Item"] == shown
    batch = {t: {"Keys": [key(pk)], "AttributesToGet": ["sk", "n.n"]}}
    assert db.batch_get_item(RequestItems=batch)["Responses"][t] == [shown]

    here = {"pk": condition("EQ", {"S": pk})}
    later = here | {"sk": condition("BETWEEN", {"N": "1"}, {"N": "3"})}
    even = condition("EQ", {"BOOL": True})

    def sorts(call: Any, **request: Any) -> list[str]:
        return [item["sk"]["N"] for item in call(TableName=t, **request)["Items"]]

    assert sorts(db.query, KeyConditions=later) == ["1", "2", "3"]
    assert sorts(db.query, KeyConditions=later, QueryFilter={"even": even}) == ["2"]
    either = {"even": even, "sk": condition("GT", {"N": "2"})}
    scanned = {"ScanFilter": either, "ConditionalOperator": "OR"}
    assert set(sorts(db.scan, **scanned)) >= {"0", "2", "3"}
    assert sorts(db.scan, ScanFilter=here | {"even": even}) == ["0", "2"]
    mixed = {
        "FilterExpression": "even = :yes",
        "ExpressionAttributeValues": {":yes": {"BOOL": True}},
    }
    assert sorts(db.query, KeyConditions=later, **mixed) == ["2"]


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "put_item",
            {"Item": key("a"), "Expected": {}, "ConditionExpression": "attribute_exists(pk)"},
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
        ),
        (
            "query",
            {"KeyConditionExpression": "pk = :x", "QueryFilter": {}, "AttributesToGet": ["a"]},
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {AttributesToGet, QueryFilter} "
            "Expression parameters: {KeyConditionExpression}",
        ),
        (
            "put_item",
            {"Item": key("a"), "ConditionalOperator": "OR"},
            "ConditionalOperator cannot be used without Filter or Expected",
        ),
        (
            "scan",
            {"ScanFilter": {"a": condition("NULL")}, "ConditionalOperator": "OR"},
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        ),
        (
            "delete_item",
            {"Key": key("a"), "Expected": {"a": {"ComparisonOperator": "LT"}}},
            INVALID + "Value or AttributeValueList must be used with ComparisonOperator: LT for "
            "Attribute: a",
        ),
        (
            "delete_item",
            {"Key": key("a"), "Expected": {"a": {"Exists": True}}},
            INVALID + "Value must be provided when Exists is true for Attribute: a",
        ),
        (
            "scan",
            {"ScanFilter": {"a": condition("BETWEEN", {"N": "1"})}},
            INVALID + "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
        ),
        (
            "scan",
            {"ScanFilter": {"a": condition("BEGINS_WITH", {"N": "1"})}},
            INVALID + "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type",
        ),
        (
            "query",
            {"KeyConditions": {"pk": condition("NE", {"S": "a"})}},
            "Attempted conditional constraint is not an indexable operation",
        ),
        (
            "query",
            {"KeyConditions": {"sk": condition("EQ", {"N": "1"})}},
            "Query condition missed key schema element: pk",
        ),
        (
            "query",
            {
                "KeyConditions": {"pk": condition("EQ", {"S": "a"})},
                "QueryFilter": {"sk": condition("EQ", {"N": "1"})},
            },
            "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk",
        ),
        (
            "update_item",
            {"Key": key("a"), "AttributeUpdates": {"a": {"Action": "ADD", "Value": {"S": "x"}}}},
            INVALID + "ADD action is not supported for the type S",
        ),
        (
            "update_item",
            {"Key": key("a"), "AttributeUpdates": {"a": {"Action": "PUT"}}},
            INVALID + "Only DELETE action is allowed when no attribute value is specified",
        ),
        (
            "get_item",
            {"Key": key("a"), "AttributesToGet": ["a", "a"]},
            INVALID + "Duplicate value in attribute name: a",
        ),
    ],
)
def test_refusals(db: Any, t: str, operation: str, request_: Any, message: str) -> None:
    told = refused(getattr(db, operation), TableName=t, **request_)
    assert told == ("ValidationException", message)


def test_what_is_missing_is_unequal_to_everything(db: Any, t: str) -> None:
    """A guard such as `state <> done` lets a new item through."""
    db.put_item(
        TableName=t,
        Item=key(uuid4().hex),
        ConditionExpression="#s <> :done",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":done": {"S": "done"}},
    )
