"""EventBridge Scheduler: from a time to the targets, on the moved clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine
from tests.queues import taken
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "schedules"
OFF = {"Mode": "OFF"}


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    with engine() as running:
        running.deploy(APP)
        yield running


def received(app: Any, output: str) -> list[dict[str, Any]]:
    """What arrives until nothing moves any more; taken out of the queue."""
    app.settle()
    return taken(app, app.outputs[output])


def now(app: Any) -> datetime:
    return datetime.fromtimestamp(app.inner.clock.now(), UTC)


def at(moment: datetime) -> str:
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def create(app: Any, name: str, arn: str, expression: str = "", **more: Any) -> str:
    """A schedule that is due once in a minute when no expression is given."""
    target = {"Arn": arn, "RoleArn": app.outputs["RoleArn"], **more.pop("target", {})}
    answer = app.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression or at(now(app) + timedelta(seconds=60)),
        FlexibleTimeWindow=more.pop("window", OFF),
        Target=target,
        **more,
    )
    return str(answer["ScheduleArn"])


def delete(app: Any, *names: str) -> None:
    for name in names:
        app.client("scheduler").delete_schedule(Name=name)


def test_a_function_gets_the_default_event_at_night_in_its_zone(app) -> None:
    zone = ZoneInfo("Europe/Berlin")
    local = now(app).astimezone(zone)
    night = local.replace(hour=2, minute=30, second=0, microsecond=0)
    due = night if night > local else (night + timedelta(days=1))
    app.advance(due.timestamp() - app.inner.clock.now() - 30)
    assert received(app, "Results") == []
    app.advance(31)
    (message,) = received(app, "Results")
    event = json.loads(message["Body"])["got"]
    assert_shape(event, recorded("scheduler.default"))
    assert event["time"] == f"{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_once_with_its_context_and_then_gone(app) -> None:
    text = json.dumps(
        {
            name: f"<aws.scheduler.{name}>"
            for name in ("schedule-arn", "scheduled-time", "execution-id", "attempt-number")
        }
    )
    arn = create(
        app,
        "once",
        app.outputs["FunctionArn"],
        target={"Input": text},
        ActionAfterCompletion="DELETE",
    )
    app.advance(61)
    (message,) = received(app, "Results")
    got = json.loads(message["Body"])["got"]
    assert got["schedule-arn"] == arn and got["attempt-number"] == "1"
    assert len(got["execution-id"]) == 16 and got["scheduled-time"].endswith("Z")
    with pytest.raises(ClientError) as gone:
        app.client("scheduler").get_schedule(Name="once")
    assert gone.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert gone.value.response["Error"]["Message"] == "Schedule once does not exist."


def test_queues_topics_and_buses_get_their_input(app) -> None:
    out = app.outputs
    create(app, "queue", out["ResultsArn"], target={"Input": "plain"})
    create(app, "topic", out["Topic"], target={"Input": "told"})
    group = {"SqsParameters": {"MessageGroupId": "g"}, "Input": "in order"}
    create(app, "fifo", out["OrderedArn"], target=group)
    parameters = {"EventBridgeParameters": {"Source": "clock", "DetailType": "Tick"}}
    create(app, "bus", out["BusArn"], target={**parameters, "Input": '{"n": 1}'})
    app.advance(61)
    came = sorted(message["Body"] for message in received(app, "Results"))
    assert [text for text in came if not text.startswith("{")] == ["plain"]
    (told,) = [json.loads(text) for text in came if "told" in text]
    assert told["Message"] == "told"
    (tick,) = [json.loads(text) for text in came if "Tick" in text]
    assert tick["source"] == "clock" and tick["detail"] == {"n": 1}
    (ordered,) = received(app, "Ordered")
    assert ordered["Body"] == "in order" and ordered["Attributes"]["MessageGroupId"] == "g"
    delete(app, "queue", "topic", "fifo", "bus")


def test_universal_targets_call_any_operation(app) -> None:
    url = app.outputs["Results"]
    text = json.dumps({"QueueUrl": url, "MessageBody": "<aws.scheduler.scheduled-time>"})
    create(app, "send", "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", target={"Input": text})
    call = {
        "FunctionName": app.outputs["Function"],
        "InvocationType": "Event",
        "Payload": '{"a":1}',
    }
    invoke = {"Input": json.dumps(call)}
    create(app, "invoke", "arn:aws:scheduler:::aws-sdk:lambda:invoke", target=invoke)
    group = {"Input": json.dumps({"LogGroupName": "/from/a/schedule"})}
    create(app, "group", "arn:aws:scheduler:::aws-sdk:cloudwatchlogs:createLogGroup", target=group)
    app.client("s3").create_bucket(Bucket="clockwork")
    kept = {"Input": json.dumps({"Bucket": "clockwork", "Key": "a.txt", "Body": "tick"})}
    create(app, "object", "arn:aws:scheduler:::aws-sdk:s3:putObject", target=kept)
    app.advance(61)
    bodies = {message["Body"] for message in received(app, "Results")}
    assert '{"got": {"a": 1}}' in bodies and len(bodies) == 2
    groups = app.client("logs").describe_log_groups(logGroupNamePrefix="/from/a")["logGroups"]
    assert [one["logGroupName"] for one in groups] == ["/from/a/schedule"]
    got = app.client("s3").get_object(Bucket="clockwork", Key="a.txt")["Body"].read()
    assert got == b"tick"
    delete(app, "send", "invoke", "group", "object")


def test_what_cannot_be_delivered_is_a_dead_letter(app) -> None:
    queue = {"DeadLetterConfig": {"Arn": app.outputs["DeadArn"]}}
    gone = app.outputs["ResultsArn"] + "-gone"
    create(app, "gone", gone, target={**queue, "Input": "lost"})
    url = app.outputs["Results"] + "-gone"
    text = json.dumps({"QueueUrl": url, "MessageBody": "lost too"})
    universal = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
    create(app, "called", universal, target={**queue, "Input": text})
    app.advance(61)
    dead = {message["Body"]: message["MessageAttributes"] for message in received(app, "Dead")}
    assert set(dead) == {"lost", text}
    for attributes in dead.values():
        found = {key: value["StringValue"] for key, value in attributes.items()}
        assert found["ERROR_CODE"] == "AWS.SimpleQueueService.NonExistentQueue"
        assert found["RETRY_ATTEMPTS"] == "0" and found["IS_PAYLOAD_TRUNCATED"] == "false"
        assert {"SCHEDULE_ARN", "SCHEDULED_TIME", "EXECUTION_ID", "TARGET_ARN"} <= set(found)
    delete(app, "gone", "called")


def test_throttling_is_tried_again_and_then_a_dead_letter(app) -> None:
    functions = app.client("lambda")
    functions.put_function_concurrency(
        FunctionName=app.outputs["Function"], ReservedConcurrentExecutions=0
    )
    text = '{"FunctionName": "%s", "Payload": "<aws.scheduler.attempt-number>"}'
    create(
        app,
        "busy",
        "arn:aws:scheduler:::aws-sdk:lambda:invoke",
        target={
            "Input": text % app.outputs["Function"],
            "RetryPolicy": {"MaximumRetryAttempts": 2},
            "DeadLetterConfig": {"Arn": app.outputs["DeadArn"]},
        },
    )
    app.advance(61)
    for _ in range(2):
        assert received(app, "Dead") == []
        app.advance(5)
    (dead,) = received(app, "Dead")
    functions.delete_function_concurrency(FunctionName=app.outputs["Function"])
    found = {key: value["StringValue"] for key, value in dead["MessageAttributes"].items()}
    assert found["ERROR_CODE"] == "TooManyRequestsException" and found["RETRY_ATTEMPTS"] == "2"
    assert found["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert json.loads(dead["Body"])["Payload"] == "3"
    delete(app, "busy")


def test_a_rate_begins_at_once_and_ends_with_its_end_date(app) -> None:
    create(
        app,
        "rate",
        app.outputs["ResultsArn"],
        "rate(10 minutes)",
        target={"Input": "beat"},
        EndDate=now(app) + timedelta(minutes=25),
    )
    assert len(received(app, "Results")) == 1
    app.advance(3_600)
    assert len(received(app, "Results")) == 2
    delete(app, "rate")


def test_a_rate_with_a_start_date_begins_then(app) -> None:
    create(
        app,
        "later",
        app.outputs["ResultsArn"],
        "rate(1 hour)",
        target={"Input": "beat"},
        StartDate=now(app) + timedelta(minutes=30),
    )
    assert received(app, "Results") == []
    app.advance(1_801)
    assert len(received(app, "Results")) == 1
    delete(app, "later")


def test_a_flexible_window_moves_the_time_but_not_beyond(app) -> None:
    create(
        app,
        "flexible",
        app.outputs["ResultsArn"],
        target={"Input": "<aws.scheduler.scheduled-time>"},
        window={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60},
    )
    app.advance(60 + 3_600)
    (message,) = received(app, "Results")
    assert message["Body"].endswith("Z")
    delete(app, "flexible")


def test_disabled_schedules_wait_until_they_are_enabled(app) -> None:
    scheduler = app.client("scheduler")
    app.advance(3_700)
    assert received(app, "Results") == []
    found = scheduler.get_schedule(Name="tick", GroupName="shop")
    assert found["State"] == "DISABLED" and found["Target"]["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 600,
        "MaximumRetryAttempts": 5,
    }
    wanted = {
        key: found[key]
        for key in ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    }
    scheduler.update_schedule(**wanted, State="ENABLED")
    (message,) = received(app, "Results")
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Tick" and event["detail"]["at"].endswith("Z")
    scheduler.update_schedule(**wanted, State="DISABLED")


def test_a_request_repeated_with_its_token_counts_once(app) -> None:
    scheduler, arn = app.client("scheduler"), app.outputs["ResultsArn"]
    when = at(now(app) + timedelta(days=9))
    first = create(app, "once", arn, when, ClientToken="a")
    assert create(app, "once", arn, when, ClientToken="a") == first
    with pytest.raises(ClientError, match="used with other parameters"):
        create(app, "once", arn, when, ClientToken="a", Description="another")
    with pytest.raises(ClientError, match="already exists"):
        create(app, "once", arn, when, ClientToken="b")
    with pytest.raises(ClientError, match="at 'clientToken' failed to satisfy"):
        create(app, "twice", arn, when, ClientToken="a b")
    for _ in range(2):
        scheduler.delete_schedule(Name="once", ClientToken="a")
        scheduler.create_schedule_group(Name="group-once", ClientToken="a")
    with pytest.raises(ClientError, match="does not exist"):
        scheduler.delete_schedule(Name="once")
    # A token is forgotten after a day.
    app.advance(86_401)
    with pytest.raises(ClientError, match="does not exist"):
        scheduler.delete_schedule(Name="once", ClientToken="a")
    scheduler.delete_schedule_group(Name="group-once")
    received(app, "Results")


def test_groups_and_lists(app) -> None:
    scheduler = app.client("scheduler")
    group = scheduler.get_schedule_group(Name="shop")
    assert group["State"] == "ACTIVE" and group["Arn"].endswith(":schedule-group/shop")
    tags = scheduler.list_tags_for_resource(ResourceArn=group["Arn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "clocks"}]
    names = [one["Name"] for one in scheduler.list_schedule_groups()["ScheduleGroups"]]
    assert names == ["default", "shop"]
    (tick,) = scheduler.list_schedules(GroupName="shop")["Schedules"]
    assert tick["Name"] == "tick" and tick["Target"]["Arn"] == app.outputs["BusArn"]
    scheduler.create_schedule_group(Name="short")
    create(app, "child", app.outputs["ResultsArn"], GroupName="short")
    scheduler.delete_schedule_group(Name="short")
    app.advance(61)
    assert received(app, "Results") == []


def test_every_page_of_a_list_follows_the_one_before(app) -> None:
    scheduler = app.client("scheduler")
    wanted = {
        (one["GroupName"], one["Name"])
        for one in scheduler.list_schedules(MaxResults=100)["Schedules"]
    }
    # `x-y/` stands before `x/` though `x` stands before `x-y`.
    for group in ("x", "x-y"):
        scheduler.create_schedule_group(Name=group)
        for name in ("a", "b"):
            create(
                app,
                name,
                app.outputs["ResultsArn"],
                "rate(1 day)",
                GroupName=group,
                State="DISABLED",
            )
            wanted.add((group, name))
    pages = scheduler.get_paginator("list_schedules").paginate(PaginationConfig={"PageSize": 1})
    listed = [(one["GroupName"], one["Name"]) for page in pages for one in page["Schedules"]]
    assert len(listed) == len(wanted) and set(listed) == wanted
    for group in ("x", "x-y"):
        scheduler.delete_schedule_group(Name=group)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 minutes)",
        " rate(1 minute)",
        "rate(1 minute) ",
        "rate(1 second)",
        "rate(1 year)",
        "at(2030-01-01T00:00:00Z)",
        "at(2030-02-30T00:00:00)",
        "cron(0 1 * * * *)",
        "cron(0 1 * * ?)",
        "often",
    ],
)
def test_bad_expressions_are_refused_in_awss_words(app, expression: str) -> None:
    with pytest.raises(ClientError) as failed:
        create(app, "bad", app.outputs["ResultsArn"], expression)
    error = failed.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"] == f"Invalid Schedule Expression {expression}."


def test_what_else_is_refused(app) -> None:
    def refused(**more: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as failed:
            create(app, **{"name": "bad", "arn": app.outputs["ResultsArn"], **more})
        error = failed.value.response["Error"]
        return error["Code"], error["Message"]

    assert refused(GroupName="none") == (
        "ResourceNotFoundException",
        "Schedule group none does not exist.",
    )
    assert refused(ScheduleExpressionTimezone="Mars/Base")[0] == "ValidationException"
    assert refused(expression="rate(1 day)", EndDate=now(app) - timedelta(days=1))[0] == (
        "ValidationException"
    )
    folder = "arn:aws:workdocs:us-east-1:000000000000:folder/m"
    assert "not offered" in refused(arn=folder)[1]
    assert "only reads" in refused(arn="arn:aws:scheduler:::aws-sdk:sqs:listQueues")[1]
    assert "does not offer" in refused(arn="arn:aws:scheduler:::aws-sdk:ec2:runInstances")[1]
    assert "MessageGroupId" in refused(arn=app.outputs["OrderedArn"])[1]
    create(app, "twice", app.outputs["ResultsArn"], "rate(5 days)", State="DISABLED")
    assert refused(name="twice") == ("ConflictException", "Schedule twice already exists.")
    delete(app, "twice")


def test_what_was_missed_while_the_engine_was_down_fires_once(tmp_path: Path) -> None:
    with engine(tmp_path) as first:
        queue = first.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        first.outputs = {
            "RoleArn": "arn:aws:iam::000000000000:role/r",
            "Results": queue,
        }
        arn = first.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        start = now(first) + timedelta(minutes=1)
        create(
            first,
            "often",
            arn["Attributes"]["QueueArn"],
            "rate(1 minute)",
            target={"Input": "<aws.scheduler.scheduled-time>"},
            StartDate=start,
        )
        # The next start finds that its clock is far beyond what it had planned.
        first.run(
            first.inner.database.write(
                lambda tx: (
                    tx.execute(
                        "UPDATE scheduler_schedules SET scheduled=scheduled-3600, due=due-3600"
                    )
                    and None
                )
            )
        )
    with engine(tmp_path) as second:
        second.outputs = {"Results": queue}
        assert len(received(second, "Results")) == 1
