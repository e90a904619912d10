"""CloudWatch Logs: from a line in a log to the function or stream that subscribed to it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import TestEngine, engine
from tests.queues import taken
from tests.refusals import refused
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "logwatch"


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    with engine() as running:
        running.deploy(APP)
        yield running


def received(app: Any, output: str) -> list[Any]:
    """What arrives until nothing moves any more; taken out of the queue."""
    app.settle()
    return [json.loads(message["Body"]) for message in taken(app, app.outputs[output])]


def work(app: Any, *lines: Any) -> None:
    payload = json.dumps({"lines": [json.dumps(line) for line in lines]})
    app.client("lambda").invoke(FunctionName=app.outputs["Work"], Payload=payload)


def logged(app: Any, group: str, text: str) -> None:
    """Wait until a line is stored: log lines travel for some milliseconds."""
    for _ in range(200):
        if app.client("logs").filter_log_events(logGroupName=group, filterPattern=text)["events"]:
            return
    raise AssertionError(f"{text} was never logged")


def records(app: Any, start: str = "TRIM_HORIZON") -> list[dict[str, Any]]:
    kinesis, name = app.client("kinesis"), app.outputs["Records"]
    (shard,) = kinesis.list_shards(StreamName=name)["Shards"]
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId=shard["ShardId"], ShardIteratorType=start
    )["ShardIterator"]
    return list(kinesis.get_records(ShardIterator=iterator)["Records"])


def test_only_the_lines_that_the_pattern_wants_reach_the_function(app) -> None:
    work(app, {"level": "INFO", "text": "one"}, {"level": "ERROR", "text": "two"})
    logged(app, app.outputs["WorkLogs"], "two")
    (got,) = received(app, "Results")
    assert set(got["event"]) == {"awslogs"} and set(got["event"]["awslogs"]) == {"data"}
    assert_shape(got["told"], recorded("logs.subscription"))
    assert json.loads(got["told"]["logEvents"][0]["message"])["text"] == "two"
    assert got["told"]["logGroup"] == app.outputs["WorkLogs"]


def test_a_subscriber_that_fails_sends_to_its_destination(app) -> None:
    work(app, {"level": "ERROR", "text": "fail"})
    logged(app, app.outputs["WorkLogs"], "fail")
    (record,) = received(app, "Failed")
    assert record["responsePayload"]["errorMessage"] == "asked to fail"
    assert "awslogs" in record["requestPayload"] and received(app, "Results") == []


def test_a_stream_gets_a_control_message_and_then_what_is_logged(app) -> None:
    logs = app.client("logs")
    events = [{"timestamp": 1_000 + number, "message": f"line {number}"} for number in range(3)]
    logs.put_log_events(logGroupName=app.outputs["Audit"], logStreamName="all", logEvents=events)
    app.settle()
    found = [json.loads(gzip.decompress(record["Data"])) for record in records(app)[:2]]
    control, data = found
    assert control["messageType"] == "CONTROL_MESSAGE" and control["owner"] == "CloudwatchLogs"
    assert data["messageType"] == "DATA_MESSAGE" and data["subscriptionFilters"] == ["everything"]
    assert [event["message"] for event in data["logEvents"]] == ["line 0", "line 1", "line 2"]
    assert data["logStream"] == "all"


def test_a_rule_puts_events_into_a_stream_under_a_key_of_their_own(app) -> None:
    detail = {"customer": "ann", "total": 3}
    entry = {"Source": "shop", "DetailType": "x", "Detail": json.dumps(detail)}
    app.client("events").put_events(Entries=[{"EventBusName": "logwatch", **entry}])
    app.settle()
    last = records(app)[-1]
    assert json.loads(last["Data"]) == detail and last["PartitionKey"] == "ann"


def test_a_schedule_puts_a_record(app) -> None:
    target = {
        "Arn": app.outputs["RecordsArn"],
        "RoleArn": app.outputs["RoleArn"],
        "Input": "tick",
        "KinesisParameters": {"PartitionKey": "clock"},
    }
    app.client("scheduler").create_schedule(
        Name="tick",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    app.settle()
    last = records(app)[-1]
    assert last["Data"] == b"tick" and last["PartitionKey"] == "clock"


def test_filters_are_told_and_taken_away(app) -> None:
    logs, group = app.client("logs"), app.outputs["WorkLogs"]
    (shown,) = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert shown["destinationArn"] == app.outputs["AlarmArn"]
    assert shown["filterPattern"] == '{ $.level = "ERROR" }'
    (metric,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert metric["metricTransformations"][0]["metricName"] == "Errors"
    assert (
        logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["metricFilterCount"] == 1
    )
    assert refused(logs.delete_subscription_filter, logGroupName=group, filterName="no") == (
        "ResourceNotFoundException",
        "The specified subscription filter does not exist.",
    )


def test_what_aws_refuses(app) -> None:
    logs = app.client("logs")

    def put(**more: Any) -> tuple[str, str]:
        request = {
            "logGroupName": app.outputs["Audit"],
            "filterName": "f",
            "filterPattern": "",
            "destinationArn": app.outputs["AlarmArn"],
        }
        return refused(logs.put_subscription_filter, **request | more)

    assert put() == (
        "InvalidParameterException",
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs "
        "permission to execute your function.",
    )
    assert put(logGroupName="none") == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
    assert "without roleArn" in put(destinationArn=app.outputs["RecordsArn"])[1]
    assert put(filterPattern="{ $.a }")[0] == "InvalidParameterException"
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/t"
    assert "not offered" in put(destinationArn=table)[1]


def test_a_function_is_not_made_to_listen_to_itself_without_end(app) -> None:
    logs, name = app.client("logs"), app.outputs["Alarm"]
    group = f"/aws/lambda/{name}"
    logs.create_log_group(logGroupName=group) if not logs.describe_log_groups(
        logGroupNamePrefix=group
    )["logGroups"] else None
    app.client("lambda").add_permission(
        FunctionName=name,
        StatementId="itself",
        Action="lambda:InvokeFunction",
        Principal="logs.amazonaws.com",
    )
    request = {
        "logGroupName": group,
        "filterName": "self",
        "destinationArn": app.outputs["AlarmArn"],
    }
    code, message = refused(logs.put_subscription_filter, filterPattern="", **request)
    assert code == "InvalidParameterException" and "invoke itself without end" in message
    logs.put_subscription_filter(filterPattern='"never logged"', **request)


def test_a_function_whose_policy_was_taken_away_is_not_invoked(app) -> None:
    client = app.client("lambda")
    policy = json.loads(client.get_policy(FunctionName=app.outputs["Alarm"])["Policy"])
    for statement in policy["Statement"]:
        client.remove_permission(FunctionName=app.outputs["Alarm"], StatementId=statement["Sid"])
    work(app, {"level": "ERROR", "text": "unheard"})
    logged(app, app.outputs["WorkLogs"], "unheard")
    assert received(app, "Results") == []


def test_a_policy_may_name_the_service_of_the_region(app) -> None:
    client, logs, name = app.client("lambda"), app.client("logs"), app.outputs["Work"]
    logs.create_log_group(logGroupName="regional")
    request = {
        "logGroupName": "regional",
        "filterName": "f",
        "filterPattern": "",
        "destinationArn": client.get_function(FunctionName=name)["Configuration"]["FunctionArn"],
    }
    assert refused(logs.put_subscription_filter, **request)[0] == "InvalidParameterException"
    client.add_permission(
        FunctionName=name,
        StatementId="regional",
        Action="lambda:InvokeFunction",
        Principal="logs.us-east-1.amazonaws.com",
        SourceArn="arn:aws:logs:us-east-1:000000000000:log-group:regional:*",
    )
    logs.put_subscription_filter(**request)


def test_patterns_are_tried_by_test_metric_filter(app) -> None:
    lines = ['127.0.0.1 - ann [10/Oct/2000:13:25:15 -0700] "GET /a HTTP/1.0" 404 50', "other"]
    answer = app.client("logs").test_metric_filter(
        filterPattern="[ip, id, user, time, request, status = 4*, bytes]",
        logEventMessages=lines,
    )
    (match,) = answer["matches"]
    assert match["eventNumber"] == 1 and match["extractedValues"]["$user"] == "ann"
    assert match["extractedValues"]["$request"] == "GET /a HTTP/1.0"


def test_tags_and_policies_are_kept(app) -> None:
    logs = app.client("logs")
    logs.create_log_group(logGroupName="tagged", tags={"a": "1"})
    arn = logs.describe_log_groups(logGroupNamePrefix="tagged")["logGroups"][0]["logGroupArn"]
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2"}
    logs.put_resource_policy(policyName="p", policyDocument="{}")
    (policy,) = logs.describe_resource_policies()["resourcePolicies"]
    assert policy["policyName"] == "p" and policy["policyDocument"] == "{}"
    logs.delete_resource_policy(policyName="p")


def _sum(app: TestEngine, namespace: str, name: str) -> float:
    now = app.inner.clock.now()
    found = app.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        StartTime=now - 600,
        EndTime=now + 600,
        Period=1_200,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in found))


def test_lines_of_clients_and_rules_are_measured_too(app) -> None:
    logs, events, now = app.client("logs"), app.client("events"), int(app.inner.clock.now() * 1_000)
    transformation = {"metricName": "Lost", "metricNamespace": "Shop", "metricValue": "$.count"}
    logs.create_log_group(logGroupName="/aws/events/measured")
    logs.put_metric_filter(
        logGroupName="/aws/events/measured",
        filterName="lost",
        filterPattern="{ $.kind = lost }",
        metricTransformations=[transformation],
    )
    logs.create_log_stream(logGroupName="/aws/events/measured", logStreamName="client")
    embedded = {
        "_aws": {
            "Timestamp": now,
            "CloudWatchMetrics": [
                {"Namespace": "Shop", "Dimensions": [[]], "Metrics": [{"Name": "Seen"}]}
            ],
        },
        "Seen": 5,
    }
    lines = [{"kind": "lost", "count": 2}, {"kind": "found", "count": 9}, embedded]
    logs.put_log_events(
        logGroupName="/aws/events/measured",
        logStreamName="client",
        logEvents=[{"timestamp": now, "message": json.dumps(line)} for line in lines],
    )
    assert (_sum(app, "Shop", "Lost"), _sum(app, "Shop", "Seen")) == (2.0, 5.0)
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/measured"
    logs.put_resource_policy(
        policyName="measured",
        policyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": f"{arn}:*",
                },
            }
        ),
    )
    events.put_rule(Name="measured", EventPattern='{"source": ["measured"]}')
    events.put_targets(
        Rule="measured", Targets=[{"Id": "log", "Arn": arn, "InputPath": "$.detail"}]
    )
    detail = json.dumps({"kind": "lost", "count": 3})
    events.put_events(Entries=[{"Source": "measured", "DetailType": "x", "Detail": detail}])
    app.settle()
    assert _sum(app, "Shop", "Lost") == 5.0


def test_groups_are_described_by_what_they_are(app) -> None:
    logs = app.client("logs")
    for number in range(3):
        logs.create_log_group(logGroupName=f"/kind/{number}", logGroupClass="INFREQUENT_ACCESS")
    logs.create_log_group(logGroupName="/kind/other", kmsKeyId="arn:aws:kms:us-east-1:1:key/k")

    def names(**request: Any) -> list[str]:
        return [one["logGroupName"] for one in logs.describe_log_groups(**request)["logGroups"]]

    assert names(logGroupNamePattern="ind/o") == ["/kind/other"]
    assert names(logGroupNamePattern="IND/O") == []
    three = [f"/kind/{number}" for number in range(3)]
    assert names(logGroupNamePrefix="/kind", logGroupClass="INFREQUENT_ACCESS") == three
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/kind/1"
    assert names(logGroupIdentifiers=[f"{arn}:*", "/kind/2"]) == three[1:]
    with pytest.raises(ClientError, match="mutually exclusive"):
        names(logGroupNamePattern="a", logGroupNamePrefix="a")
    (other,) = logs.describe_log_groups(logGroupNamePrefix="/kind/other")["logGroups"]
    assert other["logGroupClass"] == "STANDARD" and other["kmsKeyId"].endswith("key/k")
    with pytest.raises(ClientError, match="satisfy regular expression pattern"):
        logs.create_log_group(logGroupName="a b")
    with pytest.raises(ClientError, match="satisfy enum value set"):
        logs.put_retention_policy(logGroupName="/kind/other", retentionInDays=2)


def test_a_group_may_be_named_by_its_arn(app) -> None:
    logs, place = app.client("logs"), {"logGroupName": "/by/arn", "logStreamName": "s"}
    logs.create_log_group(logGroupName="/by/arn")
    logs.create_log_stream(**place)
    now = int(app.inner.clock.now() * 1000)
    events = [{"timestamp": now + number, "message": str(number)} for number in range(5)]
    logs.put_log_events(**place, logEvents=events)
    arn = {"logGroupIdentifier": "arn:aws:logs:us-east-1:000000000000:log-group:/by/arn"}
    (stream,) = logs.describe_log_streams(**arn)["logStreams"]
    assert stream["logStreamName"] == "s"
    read = logs.get_log_events(**arn, logStreamName="s")["events"]
    assert [event["message"] for event in read] == ["0", "1", "2", "3", "4"]
    pages = logs.get_paginator("filter_log_events").paginate(
        **arn, startFromHead=False, PaginationConfig={"PageSize": 2}
    )
    found = [[event["message"] for event in page["events"]] for page in pages]
    assert found == [["4", "3"], ["2", "1"], ["0"]]
    with pytest.raises(ClientError, match="Exactly one of logGroupName and"):
        logs.filter_log_events(**arn, logGroupName="/by/arn")


def test_metric_filters_are_found_by_their_metric_and_paged(app) -> None:
    logs = app.client("logs")
    logs.create_log_group(logGroupName="/by/metric")
    for number in range(3):
        made = {"metricName": f"m{number}", "metricNamespace": "n", "metricValue": "1"}
        logs.put_metric_filter(
            logGroupName="/by/metric",
            filterName=f"f{number}",
            filterPattern="x",
            metricTransformations=[made],
        )
    pages = logs.get_paginator("describe_metric_filters").paginate(
        logGroupName="/by/metric", PaginationConfig={"PageSize": 2}
    )
    names = [[one["filterName"] for one in page["metricFilters"]] for page in pages]
    assert names == [["f0", "f1"], ["f2"]]
    found = logs.describe_metric_filters(metricName="m1", metricNamespace="n")["metricFilters"]
    assert [one["filterName"] for one in found] == ["f1"]


def test_subscriptions_to_transformed_logs_are_refused(app) -> None:
    with pytest.raises(ClientError, match="applyOnTransformedLogs is not supported"):
        app.client("logs").put_subscription_filter(
            logGroupName="/any",
            filterName="f",
            filterPattern="",
            destinationArn="arn:aws:lambda:us-east-1:000000000000:function:f",
            applyOnTransformedLogs=True,
        )


def test_an_event_s_id_is_never_another_one_s(app) -> None:
    logs, ids = app.client("logs"), []
    for number in range(2):
        group = {"logGroupName": f"ids-{number}"}
        logs.create_log_group(**group)
        logs.create_log_stream(**group, logStreamName="s")
        line = {"timestamp": int(app.inner.clock.now() * 1_000), "message": "line"}
        logs.put_log_events(**group, logStreamName="s", logEvents=[line])
        ids += [event["eventId"] for event in logs.filter_log_events(**group)["events"]]
        # The newest event is gone, and whoever saw it has seen its id.
        logs.delete_log_group(**group)
    first, second = ids
    assert first < second
