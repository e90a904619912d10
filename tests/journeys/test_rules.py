"""EventBridge over its API: every kind of target, the shapes that arrive, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from eventmill.testing import engine
from tests.policies import letting
from tests.queues import taken
from tests.refusals import refused
from tests.shape import assert_shape, recorded

PLACE = "us-east-1:000000000000"


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    with engine() as running:
        yield running


def queue(app: Any, name: str, **attributes: str) -> str:
    """Creates it; returns its ARN."""
    given = {"Policy": letting("events"), **attributes}
    app.client("sqs").create_queue(QueueName=name, Attributes=given)
    return f"arn:aws:sqs:{PLACE}:{name}"


def received(app: Any, arn: str) -> list[dict[str, Any]]:
    app.settle()
    return taken(app, f"{app.endpoint}/000000000000/{arn.rpartition(':')[2]}")


def rule(app: Any, name: str, *targets: dict[str, Any], bus: str = "default", **more: Any) -> None:
    events = app.client("events")
    wanted = more or {"EventPattern": json.dumps({"detail-type": [name]})}
    events.put_rule(Name=name, EventBusName=bus, **wanted)
    numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    answer = events.put_targets(Rule=name, EventBusName=bus, Targets=numbered)
    assert answer["FailedEntryCount"] == 0


def put(app: Any, kind: str, detail: Any = None, **more: Any) -> None:
    entry = {"Source": "shop", "DetailType": kind, "Detail": json.dumps(detail or {}), **more}
    answer = app.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0


def attributes(message: dict[str, Any]) -> dict[str, str]:
    return {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}


def test_an_event_has_every_field_of_its_envelope(app) -> None:
    arn = queue(app, "plain")
    rule(app, "Placed", {"Arn": arn})
    put(
        app,
        "Placed",
        {"total": 3, "lines": [{"sku": "a"}]},
        Time=datetime.fromisoformat("2022-07-13T13:48:01.900+00:00"),
        Resources=["arn:aws:shop:::orders/1"],
    )
    (message,) = received(app, arn)
    assert_shape(json.loads(message["Body"]), recorded("events.custom"))


def test_a_rule_of_time_fires_after_its_interval_and_again(app) -> None:
    arn = queue(app, "beats")
    rule(app, "beat", {"Arn": arn}, ScheduleExpression="rate(5 minutes)")
    assert received(app, arn) == []
    app.advance(301)
    (message,) = received(app, arn)
    assert_shape(json.loads(message["Body"]), recorded("events.scheduled"))
    app.client("events").disable_rule(Name="beat")
    app.advance(3_600)
    assert received(app, arn) == []


def test_fifo_queues_get_a_group_and_log_groups_a_line(app) -> None:
    arn = queue(app, "ordered.fifo", FifoQueue="true")
    logs = app.client("logs")
    logs.create_log_group(logGroupName="/aws/events/all")
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resource = f"arn:aws:logs:{PLACE}:log-group:/aws/events/*:*"
    document = letting("events", "delivery.logs", action=actions, Resource=resource)
    logs.put_resource_policy(policyName="events", policyDocument=document)
    log = f"arn:aws:logs:{PLACE}:log-group:/aws/events/all"
    shaped = {
        "InputPathsMap": {"n": "$.detail.n"},
        "InputTemplate": '{"timestamp": 1700000000000, "message": "number <n>"}',
    }
    rule(
        app,
        "Kept",
        {"Arn": arn, "SqsParameters": {"MessageGroupId": "g"}},
        {"Arn": log},
        {"Arn": log, "InputTransformer": shaped},
    )
    put(app, "Kept", {"n": 1})
    (message,) = received(app, arn)
    assert message["Attributes"]["MessageGroupId"] == "g"
    lines = logs.filter_log_events(logGroupName="/aws/events/all")["events"]
    plain = [line for line in lines if line["message"].startswith("{")]
    assert json.loads(plain[0]["message"])["detail"] == {"n": 1} and len(lines) == 2
    (other,) = [line for line in lines if line not in plain]
    assert other["message"] == "number 1" and other["timestamp"] == 1_700_000_000_000


def test_from_bus_to_bus_and_not_to_one_of_another_region(app) -> None:
    events, arn, dead = app.client("events"), queue(app, "far"), queue(app, "far-dead")
    for name in ("second", "third"):
        events.create_event_bus(Name=name)
    hop = f"arn:aws:events:{PLACE}:event-bus/"
    abroad = "arn:aws:events:eu-west-1:000000000000:event-bus/second"
    role = "arn:aws:iam::000000000000:role/hop"
    rule(
        app,
        "Hop",
        {"Arn": hop + "second", "RoleArn": role},
        {"Arn": abroad, "DeadLetterConfig": {"Arn": dead}},
    )
    rule(app, "Hop", {"Arn": hop + "third", "RoleArn": role}, bus="second")
    rule(app, "Hop", {"Arn": arn}, bus="third")
    put(app, "Hop", {"n": 1})
    (message,) = received(app, arn)
    event = json.loads(message["Body"])
    assert event["source"] == "shop" and event["detail"] == {"n": 1}
    (lost,) = received(app, dead)
    assert attributes(lost)["ERROR_CODE"] == "NO_RESOURCE"
    assert json.loads(lost["Body"])["id"] == event["id"]


def test_nothing_else_reaches_a_bus_of_another_region_by_one_of_its_name_here(app) -> None:
    arn, source = queue(app, "near"), queue(app, "to-pipe")
    dead = queue(app, "schedule-dead", Policy=letting("scheduler"))
    app.client("events").create_event_bus(Name="near")
    rule(app, "All", {"Arn": arn}, bus="near", EventPattern='{"account": ["000000000000"]}')
    abroad = "arn:aws:events:eu-west-1:000000000000:event-bus/near"
    role = "arn:aws:iam::000000000000:role/r"
    app.client("scheduler").create_schedule(
        Name="abroad",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": abroad,
            "RoleArn": role,
            "Input": "{}",
            "EventBridgeParameters": {"Source": "s", "DetailType": "d"},
            "DeadLetterConfig": {"Arn": dead},
        },
    )
    app.client("pipes").create_pipe(Name="abroad", RoleArn=role, Source=source, Target=abroad)
    app.client("sqs").send_message(
        QueueUrl=f"{app.endpoint}/000000000000/to-pipe", MessageBody="{}"
    )
    functions = app.client("lambda")
    functions.create_function(
        FunctionName="fails",
        Runtime="python3.12",
        Handler="a.b",
        Role=role,
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )
    functions.put_function_event_invoke_config(
        FunctionName="fails",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": abroad}},
    )
    functions.invoke(FunctionName="fails", InvocationType="Event", Payload=b"{}")
    app.settle()
    for _ in range(5):
        app.advance(16)
        app.settle()
    assert received(app, arn) == []
    (lost,) = received(app, dead)
    assert attributes(lost)["ERROR_CODE"] == "ResourceNotFoundException"
    pipe = app.client("pipes").describe_pipe(Name="abroad")
    assert pipe["StateReason"].endswith(f"Event bus {abroad} does not exist.")
    app.client("pipes").delete_pipe(Name="abroad")
    app.client("scheduler").delete_schedule(Name="abroad")


def test_a_function_that_does_not_let_events_in_gets_none(app) -> None:
    dead = queue(app, "denied-dead")
    code = b"PK\x05\x06" + bytes(18)
    made = app.client("lambda").create_function(
        FunctionName="closed",
        Runtime="python3.12",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": code},
    )
    letter = {"DeadLetterConfig": {"Arn": dead}}
    rule(app, "Denied", {"Arn": made["FunctionArn"], **letter})
    put(app, "Denied")
    (lost,) = received(app, dead)
    found = attributes(lost)
    assert found["ERROR_CODE"] == "NO_PERMISSIONS"
    assert found["TARGET_ARN"] == made["FunctionArn"]
    assert found["RULE_ARN"] == f"arn:aws:events:{PLACE}:rule/Denied"


def test_a_template_that_gives_no_json_is_a_dead_letter(app) -> None:
    arn, dead = queue(app, "shaped"), queue(app, "shaped-dead")
    shaped = {"InputPathsMap": {"l": "$.detail.l"}, "InputTemplate": '{"l": "<l>"}'}
    letter = {"DeadLetterConfig": {"Arn": dead}}
    rule(app, "Shaped", {"Arn": arn, "InputTransformer": shaped, **letter})
    put(app, "Shaped", {"l": [1]})
    (lost,) = received(app, dead)
    assert attributes(lost)["ERROR_CODE"] == "INVALID_JSON" and received(app, arn) == []


def test_requests_beyond_the_limits_are_refused_in_awss_words(app) -> None:
    events = app.client("events")
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    code, message = refused(events.put_events, Entries=[entry] * 11)
    assert code == "ValidationException"
    assert message.startswith("1 validation error detected: Value '[PutEventsRequestEntry(")
    large = {**entry, "Detail": json.dumps({"a": "x" * 600_000})}
    assert refused(events.put_events, Entries=[large] * 2) == (
        "ValidationException",
        "Total size of the entries in the request is over the limit.",
    )
    assert "Global endpoints" in refused(events.put_events, Entries=[entry], EndpointId="a.b")[1]


def test_an_unknown_bus_swallows_the_event(app) -> None:
    put(app, "Anything", EventBusName="no-such-bus")
    app.settle()


def test_targets_that_cannot_be_are_refused(app) -> None:
    events = app.client("events")
    arn = queue(app, "some")
    rule(app, "Some", {"Arn": arn})

    def target(**more: Any) -> str:
        return refused(events.put_targets, Rule="Some", Targets=[{"Id": "x", "Arn": arn, **more}])[
            1
        ]

    assert "not offered" in target(Arn=f"arn:aws:workdocs:{PLACE}:folder/m")
    assert "less than or equal to 185" in target(RetryPolicy={"MaximumRetryAttempts": 186})
    assert "standard queue" in target(DeadLetterConfig={"Arn": arn + ".fifo"})
    assert "no meaning" in target(KinesisParameters={"PartitionKeyPath": "$.id"})
    assert refused(events.delete_rule, Name="Some")[1] == (
        "Rule can't be deleted since it has targets."
    )
    names = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
    assert names == ["Some"]


def test_permissions_of_a_bus_are_kept(app) -> None:
    events = app.client("events")
    events.create_event_bus(Name="open", Tags=[{"Key": "a", "Value": "b"}])
    permission = {"Action": "events:PutEvents", "Principal": "*", "StatementId": "all"}
    events.put_permission(EventBusName="open", **permission)
    policy = json.loads(events.describe_event_bus(Name="open")["Policy"])
    assert policy["Statement"][0]["Sid"] == "all"
    events.remove_permission(EventBusName="open", StatementId="all")
    assert "Policy" not in events.describe_event_bus(Name="open")
    arn = events.describe_event_bus(Name="open")["Arn"]
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]


def test_what_exists_only_on_aws_says_so(app) -> None:
    code, message = refused(
        app.client("events").create_endpoint,
        Name="e",
        RoutingConfig={
            "FailoverConfig": {"Primary": {"HealthCheck": "h"}, "Secondary": {"Route": "us-west-2"}}
        },
        EventBuses=[{"EventBusArn": "a"}, {"EventBusArn": "b"}],
    )
    assert code == "NotImplemented" and "CreateEndpoint" in message


@pytest.mark.parametrize(
    ("event", "expected"),
    [({"source": "a"}, True), ({"source": "b"}, False)],
)
def test_patterns_are_tried_by_test_event_pattern(
    app, event: dict[str, Any], expected: bool
) -> None:
    envelope = {
        "id": "1",
        "account": "0",
        "time": "2020-01-01T00:00:00Z",
        "region": "r",
        "resources": [],
        "detail-type": "d",
    }
    answer = app.client("events").test_event_pattern(
        EventPattern='{"source": ["a"]}', Event=json.dumps({**envelope, **event})
    )
    assert answer["Result"] is expected
