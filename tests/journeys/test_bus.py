"""EventBridge and SNS: from the cause, through rules and filter policies, to who is told."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine
from tests.queues import taken
from tests.refusals import refused_as

APP = Path(__file__).parents[1] / "apps" / "bus"


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def received(app: Any, output: str) -> list[dict[str, Any]]:
    """What arrives until nothing moves any more; taken out of the queue."""
    app.settle()
    return taken(app, app.outputs[output])


def bodies(app: Any) -> list[Any]:
    return [json.loads(message["Body"]) for message in received(app, "Results")]


def put(app: Any, **entry: Any) -> dict[str, Any]:
    return app.client("events").put_events(Entries=[{"EventBusName": "orders", **entry}])


def test_a_matching_event_reaches_the_function_and_another_does_not(app) -> None:
    for total in (50, 150):
        answer = put(app, Source="shop", DetailType="Placed", Detail=json.dumps({"total": total}))
        assert answer["FailedEntryCount"] == 0
    assert bodies(app) == [{"got": {"total": 150}}]


def test_a_transformed_event_arrives_and_what_cannot_goes_to_the_dead_letter_queue(app) -> None:
    detail = {"order": 'a "b"'}
    put(app, Source="shop", DetailType="Shipped", Detail=json.dumps(detail))
    assert bodies(app) == [{"text": 'order a "b" is on its way', "order": 'a "b"'}]
    (dead,) = received(app, "Dead")
    assert json.loads(dead["Body"])["detail"] == detail
    assert dead["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"
    assert dead["MessageAttributes"]["TARGET_ARN"]["StringValue"].endswith(":gone")


def test_an_object_reaches_the_default_bus(app) -> None:
    for key in ("a.txt", "b c.pdf"):
        app.client("s3").put_object(Bucket=app.outputs["Files"], Key=key, Body=b"1234")
    (event,) = bodies(app)
    assert event["source"] == "aws.s3" and event["detail-type"] == "Object Created"
    assert event["detail"]["object"]["key"] == "b c.pdf"
    assert event["detail"]["reason"] == "PutObject"
    assert set(event) == {
        *("version", "id", "detail-type", "source", "account", "time", "region"),
        *("resources", "detail"),
    }


def test_a_schedule_fires_at_its_time(app) -> None:
    now = datetime.fromtimestamp(time.time(), UTC)
    until = ((27 - now.hour) % 24 or 24) * 3_600
    app.advance(until)
    assert bodies(app) == [{"got": {"night": True}}]


def test_filter_policies_choose_and_raw_delivery_gives_the_message_alone(app) -> None:
    sns, topic = app.client("sns"), app.outputs["Topic"]
    for kind in ("plain", "urgent", "other"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        sns.publish(TopicArn=topic, Message=json.dumps(kind), MessageAttributes=attributes)
    found = received(app, "Results")
    raw = [message for message in found if "kind" in message.get("MessageAttributes", {})]
    assert [json.loads(message["Body"]) for message in raw] == ["plain"]
    (told,) = [json.loads(m["Body"])["got"]["Records"][0] for m in found if m not in raw]
    assert told["EventSource"] == "aws:sns" and told["EventSubscriptionArn"].startswith(topic)
    assert told["Sns"]["Message"] == '"urgent"' and told["Sns"]["Subject"] is None
    assert told["Sns"]["MessageAttributes"] == {"kind": {"Type": "String", "Value": "urgent"}}


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"DetailType": "x", "Detail": "{}"}, "InvalidArgument"),
        ({"Source": "s", "DetailType": "x", "Detail": "[1]"}, "MalformedDetail"),
        (
            {"Source": "aws.s3", "DetailType": "x", "Detail": "{}"},
            "NotAuthorizedForSourceException",
        ),
    ],
)
def test_a_bad_entry_is_refused_alone(app, entry: dict[str, str], code: str) -> None:
    good = {"Source": "s", "DetailType": "x", "Detail": "{}"}
    answer = app.client("events").put_events(Entries=[entry, good])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == code and "EventId" in answer["Entries"][1]


def test_what_aws_refuses_is_refused_when_declared(app) -> None:
    events = app.client("events")

    assert refused_as(events.put_rule, Name="r", EventPattern='{"a": "b"}') == (
        "InvalidEventPatternException"
    )
    assert refused_as(events.put_rule, Name="r", ScheduleExpression="rate(1 minutes)") == (
        "ValidationException"
    )
    assert refused_as(events.describe_rule, Name="none") == "ResourceNotFoundException"
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}')
    target = {"Id": "1", "Arn": "arn:aws:workdocs:us-east-1:000000000000:folder/m"}
    assert refused_as(events.put_targets, Rule="r", Targets=[target]) == "ValidationException"
    sns = app.client("sns")
    assert refused_as(
        sns.publish, TopicArn="arn:aws:sns:us-east-1:000000000000:no", Message="m"
    ) == ("NotFound")
