"""Stacks with rules, archives, API destinations, schedules and log filters, changed in place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine

APPS = Path(__file__).parents[1] / "apps"


def changed(folder: Path, *pairs: tuple[str, str]) -> Path:
    """The template with texts replaced."""
    file = folder / "template.yaml"
    text = file.read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text)
    return folder


def gone(call: Any, **request: Any) -> bool:
    with pytest.raises(ClientError) as failed:
        call(**request)
    return bool(failed.value.response["Error"]["Code"] == "ResourceNotFoundException")


@pytest.fixture
def copy(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return Path(shutil.copytree(APPS / request.param, tmp_path / request.param))


@pytest.mark.parametrize("copy", ["archive"], indirect=True)
def test_an_archive_and_an_api_destination(copy: Path) -> None:
    given = {"PartnerUrl": "http://127.0.0.1:9"}
    with engine() as app:
        before = dict(app.deploy(copy, given))
        events = app.client("events")
        folder = changed(
            copy,
            ("RetentionDays: 7", "RetentionDays: 30"),
            ("source: [shop]\n      RetentionDays", "source: [shop, web]\n      RetentionDays"),
            ("InvocationRateLimitPerSecond: 5", "InvocationRateLimitPerSecond: '50'"),
            ("ApiKeyName: x-api-key", "ApiKeyName: authorization"),
            ("MaximumRetryAttempts: 2", "MaximumRetryAttempts: '3'"),
        )
        assert app.deploy(folder, given) == before
        archive = events.describe_archive(ArchiveName=before["Archive"])
        assert archive["RetentionDays"] == 30
        assert json.loads(archive["EventPattern"]) == {"source": ["shop", "web"]}
        api = events.describe_api_destination(Name=before["Destination"])
        assert api["InvocationRateLimitPerSecond"] == 50
        connection = events.describe_connection(Name=before["Connection"])
        shown = connection["AuthParameters"]["ApiKeyAuthParameters"]
        assert shown == {"ApiKeyName": "authorization"}
        text = (folder / "template.yaml").read_text()
        (folder / "template.yaml").write_text(
            text[: text.index("  DeadPolicy:")] + "Outputs:\n  Bus:\n    Value: !Ref Orders\n"
        )
        app.deploy(folder, given)
        assert gone(events.describe_api_destination, Name=before["Destination"])
        assert gone(events.describe_connection, Name=before["Connection"])


@pytest.mark.parametrize("copy", ["schedules"], indirect=True)
def test_schedules_and_their_group(copy: Path) -> None:
    with engine() as app:
        before = dict(app.deploy(copy))
        scheduler = app.client("scheduler")
        folder = changed(
            copy,
            ("rate(1 hour)", "rate(2 hours)"),
            ("Name: nightly\n", "Name: nightly2\n"),
            ("MaximumRetryAttempts: 5", "MaximumRetryAttempts: '7'"),
        )
        assert app.deploy(folder) == before
        tick = scheduler.get_schedule(Name="tick", GroupName="shop")
        assert tick["ScheduleExpression"] == "rate(2 hours)"
        assert tick["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 7
        assert scheduler.get_schedule(Name="nightly2")["State"] == "ENABLED"
        assert gone(scheduler.get_schedule, Name="nightly")
        (folder / "template.yaml").write_text("Resources: {Left: {Type: AWS::SQS::Queue}}\n")
        app.deploy(folder)
        assert gone(scheduler.get_schedule_group, Name="shop")


@pytest.mark.parametrize("copy", ["logwatch"], indirect=True)
def test_filters_of_log_groups(copy: Path) -> None:
    with engine() as app:
        before = dict(app.deploy(copy))
        logs, group = app.client("logs"), before["WorkLogs"]
        folder = changed(
            copy,
            ("FilterPattern: '{ $.level = \"ERROR\" }'", "FilterPattern: '{ $.level = \"WARN\" }'"),
            ("MetricName: Errors", "MetricName: Warnings"),
        )
        app.deploy(folder)
        (filters,) = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
        assert filters["filterPattern"] == '{ $.level = "WARN" }'
        (metric,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
        assert metric["metricTransformations"][0]["metricName"] == "Warnings"
        (folder / "template.yaml").write_text("Resources: {Left: {Type: AWS::SQS::Queue}}\n")
        app.deploy(folder)
        names = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
        assert group not in names and "audit" not in names


def test_tags_are_those_that_the_template_names_last(tmp_path: Path) -> None:
    template = """
Resources:
  Group: {Type: AWS::Scheduler::ScheduleGroup, Properties: {Name: g, Tags: TAGS}}
  Lines: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: l, Tags: TAGS}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: b, Tags: TAGS}}
  Rule:
    Type: AWS::Events::Rule
    Properties: {EventBusName: !Ref Bus, EventPattern: {source: [x]}, Tags: TAGS}
  Queue: {Type: AWS::SQS::Queue, Properties: {Tags: TAGS}}
Outputs:
  Group: {Value: !GetAtt Group.Arn}
  Lines: {Value: !GetAtt Lines.Arn}
  Bus: {Value: !GetAtt Bus.Arn}
  Rule: {Value: !GetAtt Rule.Arn}
  Queue: {Value: !Ref Queue}
"""
    with engine() as app:
        for given in ({"a": "1", "b": "2"}, {"b": "3"}, {}):
            listed = [{"Key": key, "Value": value} for key, value in given.items()]
            file = tmp_path / "template.yaml"
            file.write_text(template.replace("TAGS", json.dumps(listed)))
            arns = app.deploy(tmp_path)
            events = app.client("events").list_tags_for_resource
            group = app.client("scheduler").list_tags_for_resource(ResourceArn=arns["Group"])
            assert group["Tags"] == listed
            lines = app.client("logs").list_tags_for_resource(resourceArn=arns["Lines"])
            assert lines["tags"] == given
            assert events(ResourceARN=arns["Bus"])["Tags"] == listed
            assert events(ResourceARN=arns["Rule"])["Tags"] == listed
            queue = app.client("sqs").list_queue_tags(QueueUrl=arns["Queue"])
            assert queue.get("Tags", {}) == given


POLICIES = """
Resources:
  Group:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: told, RetentionInDays: 7}
  Lets:
    Type: AWS::Logs::ResourcePolicy
    Properties:
      PolicyName: first
      ResourceArn: !GetAtt Group.Arn
      PolicyDocument: '{"Statement": []}'
  Bus:
    Type: AWS::Events::EventBus
    Properties: {Name: told, Description: one}
  LetsOthers:
    Type: AWS::Events::EventBusPolicy
    Properties:
      EventBusName: !Ref Bus
      StatementId: others
      Statement:
        {Effect: Allow, Principal: "*", Action: events:PutEvents, Resource: !GetAtt Bus.Arn}
"""


def test_a_policy_of_its_own_resource_outlives_changes_of_what_it_lies_on(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(POLICIES)
    with engine() as app:

        def kept() -> tuple[str, bool]:
            group = app.client("logs").describe_log_groups()["logGroups"][0]["arn"]
            (policy,) = app.client("logs").describe_resource_policies(
                policyScope="RESOURCE", resourceArn=group
            )["resourcePolicies"]
            bus = app.client("events").describe_event_bus(Name="told")
            return policy["policyDocument"], "others" in bus.get("Policy", "")

        app.deploy(tmp_path)
        before = kept()
        assert before[1]
        app.deploy(
            changed(tmp_path, ("RetentionInDays: 7", "RetentionInDays: 14"), ("one}", "two}"))
        )
        assert kept() == before
        app.deploy(changed(tmp_path, ("PolicyName: first", "PolicyName: second")))
        assert kept() == before
