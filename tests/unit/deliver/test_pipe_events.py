"""What pipes make of records and templates."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.deliver.pipes.events import Item, event_of, shaped, text_of
from eventmill.services.pipes import Pipe

PIPE = Pipe(
    "p",
    "id",
    "arn:aws:pipes:us-east-1:000000000000:pipe/p",
    {"Source": "arn:s", "Target": "arn:t", "RoleArn": "arn:r"},
    0.0,
)
NOW = "2024-01-01T00:00:00.000Z"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


def message(body: str) -> dict[str, Any]:
    return {"eventSource": "aws:sqs", "messageId": "m", "body": body}


def shape(template: str, event: Any) -> Any:
    return shaped(PIPE, template, Item(event), NOW)


@given(JSON)
def test_a_value_comes_through_a_template_as_it_was(value: Any) -> None:
    event = message(json.dumps({"x": value}))
    assert shape('{"got": <$.body.x>, "id": "<$.messageId>"}', event) == {"got": value, "id": "m"}
    assert shape("<$.body.x>", event) == value


@given(st.text(max_size=12))
def test_text_in_quotation_marks_stays_text(text: str) -> None:
    event = message(json.dumps({"x": text}))
    assert shape('{"got": "is <$.body.x>"}', event) == {"got": f"is {text}"}


@pytest.mark.parametrize(
    ("template", "event", "expected"),
    [
        ("", message("hello"), message("hello")),
        ("<$.body>", message("hello"), "hello"),
        ("<$.body>", message('{"a": 1}'), {"a": 1}),
        ('"Hello, <$.body>"', message("you"), "Hello, you"),
        ("<$.body.nothing>", message("{}"), ""),
        ("<$.body.list[1]>", message('{"list": [1, 2]}'), 2),
        (
            '{"p": "<aws.pipes.pipe-name>", "s": "<aws.pipes.source-arn>"}',
            {},
            {"p": "p", "s": "arn:s"},
        ),
        ('{"t": "<aws.pipes.event.ingestion-time>"}', {}, {"t": NOW}),
        ('{"e": <aws.pipes.event>}', message("[1]"), {"e": message("[1]")}),
        ('{"e": <aws.pipes.event.json>}', message("[1]"), {"e": {**message(""), "body": [1]}}),
        ("no template at all", {}, "no template at all"),
        ("<$[0]>", [7], 7),
    ],
)
def test_templates(template: str, event: Any, expected: Any) -> None:
    assert shape(template, event) == expected


def test_a_record_of_kinesis_lies_flat_and_its_data_is_read() -> None:
    data = base64.b64encode(b'{"some": "key"}').decode()
    record = {"kinesis": {"data": data, "partitionKey": "k"}, "eventSource": "aws:kinesis"}
    event = event_of(record)
    assert event == {"data": data, "partitionKey": "k", "eventSource": "aws:kinesis"}
    assert "kinesis" in record
    assert shape("<$.data.some>", event) == "key"
    binary = {**event, "data": base64.b64encode(b"\xff").decode()}
    assert shape("<$.data>", binary) == "/w=="


def test_text_is_a_message_as_it_is_and_all_else_is_json() -> None:
    assert (text_of("a"), text_of({"a": 1}), text_of(None)) == ("a", '{"a":1}', "null")
