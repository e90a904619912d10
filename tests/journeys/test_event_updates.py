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
            text[: text.index("  PartnerConnection:")]
            + "Outputs:\n  Bus:\n    Value: !Ref Orders\n"
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
