"""What a target gets of an event, after AWS's guide to input transformers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eventmill.kernel.errors import Invalid
from eventmill.services.events.transform import NotShapable, check, shape

EVENT: dict[str, Any] = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2015-11-11T21:29:54Z",
    "region": "us-east-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
    "detail": {
        "instance-id": "i-0123456789",
        "state": "RUNNING",
        "quoted": 'a "b"',
        "count": 3,
        "on": True,
        "list": ["ACTIVE", "INACTIVE"],
        "object": {"acc_id": "0a78", "sf_id": "baz"},
        "items": [{"n": 1}, {"n": 2}],
    },
}
RULE = {"arn": "arn:aws:events:us-east-1:123456789012:rule/r", "name": "r"}
INGESTED = "2015-11-11T21:30:00.123Z"


def filled(template: str, **paths: str) -> str:
    target = {
        "Id": "t",
        "InputTransformer": {"InputTemplate": template, "InputPathsMap": paths},
    }
    check(target)
    return shape(target, EVENT, RULE, INGESTED).decode()


def test_without_a_setting_the_whole_event() -> None:
    assert json.loads(shape({"Id": "t"}, EVENT, RULE, INGESTED)) == EVENT


def test_a_constant_as_it_was_written() -> None:
    assert shape({"Id": "t", "Input": '{"a":  1}'}, EVENT, RULE, INGESTED) == b'{"a":  1}'


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.detail.state", '"RUNNING"'),
        ("$.detail.count", "3"),
        ("$.detail.list", '["ACTIVE","INACTIVE"]'),
        ("$.detail.items[1].n", "2"),
        ("$.detail.items[*].n", "[1,2]"),
        ("$['detail']['instance-id']", '"i-0123456789"'),
        ("$.detail-type", '"EC2 Instance State-change Notification"'),
    ],
)
def test_a_part_as_json(path: str, expected: str) -> None:
    assert shape({"Id": "t", "InputPath": path}, EVENT, RULE, INGESTED).decode() == expected


@pytest.mark.parametrize(
    ("template", "paths", "expected"),
    [
        # Outside quotes a value is its JSON, inside it is its text.
        ('{"s": <s>}', {"s": "$.detail.state"}, '{"s": "RUNNING"}'),
        ('{"s": "<s>"}', {"s": "$.detail.state"}, '{"s": "RUNNING"}'),
        ('{"s": "is <s>"}', {"s": "$.detail.state"}, '{"s": "is RUNNING"}'),
        (
            '{"n": <n>, "b": <b>}',
            {"n": "$.detail.count", "b": "$.detail.on"},
            '{"n": 3, "b": true}',
        ),
        ('{"n": "<n> <b>"}', {"n": "$.detail.count", "b": "$.detail.on"}, '{"n": "3 true"}'),
        ('{"l": <l>}', {"l": "$.detail.list"}, '{"l": ["ACTIVE","INACTIVE"]}'),
        ('{"o": <o>}', {"o": "$.detail.object"}, '{"o": {"acc_id":"0a78","sf_id":"baz"}}'),
        ('{"o": "<o>"}', {"o": "$.detail.object"}, '{"o": "{acc_id:0a78,sf_id:baz}"}'),
        ('"list <l>"', {"l": "$.detail.list"}, '"list [ACTIVE,INACTIVE]"'),
        (
            '"<i> is <s>"',
            {"i": "$.detail.instance-id", "s": "$.detail.state"},
            '"i-0123456789 is RUNNING"',
        ),
        (
            '"<s>"\n"<i>"',
            {"i": "$.detail.instance-id", "s": "$.detail.state"},
            '"RUNNING"\n"i-0123456789"',
        ),
        ("<o>", {"o": "$.detail.object"}, '{"acc_id":"0a78","sf_id":"baz"}'),
        # What is not there is nothing.
        ('{"m": <m>}', {"m": "$.detail.none"}, '{"m": ""}'),
        ('{"m": "[<m>]"}', {"m": "$.detail.none"}, '{"m": "[]"}'),
        ('"m <m>"', {"m": "$.detail.none"}, '"m "'),
        # A quotation mark of a value does not end the template's string.
        ('{"q": "<q>"}', {"q": "$.detail.quoted"}, '{"q": "a \\"b\\""}'),
        ('{"q": "x \\"<s>\\" y"}', {"s": "$.detail.state"}, '{"q": "x \\"RUNNING\\" y"}'),
        # The reserved names.
        ('{"r": <aws.events.rule-arn>}', {}, f'{{"r": "{RULE["arn"]}"}}'),
        ('{"r": "<aws.events.rule-name>"}', {}, '{"r": "r"}'),
        ('{"t": <aws.events.event.ingestion-time>}', {}, f'{{"t": "{INGESTED}"}}'),
    ],
)
def test_templates(template: str, paths: dict[str, str], expected: str) -> None:
    assert filled(template, **paths) == expected


def test_the_whole_event_and_its_envelope() -> None:
    got = json.loads(filled('{"all": <aws.events.event.json>, "about": <aws.events.event>}'))
    assert got["all"] == EVENT
    assert got["about"]["detailType"] == EVENT["detail-type"]
    assert "detail" not in got["about"] and "detail-type" not in got["about"]


@pytest.mark.parametrize(
    ("template", "paths"),
    [
        ('{"l": "<l>"}', {"l": "$.detail.list"}),
        ("instance <s>", {"s": "$.detail.state"}),
        ('{"s": <s> <s>}', {"s": "$.detail.state"}),
    ],
)
def test_what_gives_no_json_is_not_delivered(template: str, paths: dict[str, str]) -> None:
    with pytest.raises(NotShapable):
        filled(template, **paths)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            {"Input": "1", "InputPath": "$.a"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
        ),
        (
            {"InputTransformer": {"InputTemplate": '"<x>"', "InputPathsMap": {"y": "$.a"}}},
            "InputTemplate for target t contains invalid placeholder <x>.",
        ),
        ({"Input": "{"}, "JSON syntax error in input for target t."),
        ({"InputPath": "detail"}, "Invalid InputPath for target t."),
    ],
)
def test_what_is_refused_when_it_is_declared(target: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid) as failed:
        check({"Id": "t", **target})
    assert failed.value.message == message
