"""The audit trail's order, and what happens to an entry that comes again."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from adapters import audit
from eventmill import config
from eventmill.testing import engine

KEYS = ("document", "entry")


@pytest.fixture
def trail(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The DynamoDB client of an engine with the trail's table."""
    with engine() as running:
        dynamodb = running.client("dynamodb")
        dynamodb.create_table(
            TableName="trail",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in KEYS],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind}
                for key, kind in zip(KEYS, ("HASH", "RANGE"), strict=True)
            ],
        )
        table = boto3.resource(
            "dynamodb",
            endpoint_url=running.endpoint,
            region_name=running.inner.settings.region,
            aws_access_key_id=config.ACCESS_KEY,
            aws_secret_access_key=config.SECRET_KEY,
        ).Table("trail")
        monkeypatch.setattr(audit, "table", lambda variable: table)
        yield dynamodb


def append(at: str, sequence: str, event_id: str, event: str) -> None:
    audit.append([audit.Entry("home#1", at, sequence, event_id, {"event": event})])


def events() -> list[str]:
    return [entry["event"] for entry in audit.entries("home#1")]


def test_entries_of_one_second_stand_in_the_order_of_the_changes(trail: Any) -> None:
    append("2026-11-24T14:00:00Z", "999", "ff", "created")
    append("2026-11-24T14:00:00Z", "1000", "ee", "received")
    append("2026-11-24T14:00:00Z", "10001", "aa", "extracted")
    append("2026-11-24T14:00:01Z", "10002", "00", "deleted")
    append("2026-11-24T14:00:00Z", "1000", "ee", "received")
    assert events() == ["created", "received", "extracted", "deleted"]
    assert audit.entries("home#1")[0] == {"at": "2026-11-24T14:00:00Z", "event": "created"}


def test_entries_without_a_number_come_first(trail: Any) -> None:
    """An earlier deployment of the pipeline wrote them."""
    append("2026-11-24T14:00:02Z", "1", "aa", "newest")
    for at, event in (("14:00:01", "second"), ("14:00:00", "first")):
        at = f"2026-11-24T{at}Z"
        item = {"document": "home#1", "entry": f"{at}#ff", "at": at, "event": event}
        trail.put_item(TableName="trail", Item={key: {"S": text} for key, text in item.items()})
    assert events() == ["first", "second", "newest"]
