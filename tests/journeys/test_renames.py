"""Logical ids that change while names stay, and resources that cannot be deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.kernel.errors import UsageError
from eventmill.testing import TestEngine, engine

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "zzz"}}
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "ttt"}}
RULE = {"Type": "AWS::Events::Rule", "Properties": {"Name": "rrr", "EventPattern": {"source": [1]}}}
ALARM = {
    "Type": "AWS::CloudWatch::Alarm",
    "Properties": {
        "AlarmName": "aaa",
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "MetricName": "M",
        "Namespace": "N",
        "Period": 60,
        "Statistic": "Sum",
        "Threshold": 1,
    },
}
GROUP = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/ggg"}}
FILTER = {
    "Type": "AWS::Logs::MetricFilter",
    "Properties": {
        "LogGroupName": {"Ref": "Group"},
        "FilterName": "fff",
        "FilterPattern": "",
        "MetricTransformations": [
            {"MetricName": "M", "MetricNamespace": "N", "MetricValue": "1"},
        ],
    },
}


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        yield running


def deploy(app: TestEngine, folder: Path, resources: dict[str, Any]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "template.json").write_text(json.dumps({"Resources": resources}))
    app.deploy(folder)


@pytest.mark.parametrize(
    ("resource", "physical"),
    [
        (QUEUE, "/zzz"),
        (TOPIC, ":ttt"),
        (RULE, "rrr"),
        (ALARM, "aaa"),
        (FILTER, "fff"),
    ],
)
def test_another_logical_id_for_a_name_is_refused_and_loses_nothing(
    app: TestEngine, tmp_path: Path, resource: dict[str, Any], physical: str
) -> None:
    beside = {"Group": GROUP} if resource is FILTER else {}
    folder = tmp_path / f"renames-{physical.strip('/:')}"
    deploy(app, folder, {**beside, "Before": resource})
    if resource is QUEUE:
        url = app.client("sqs").get_queue_url(QueueName="zzz")["QueueUrl"]
        app.client("sqs").send_message(QueueUrl=url, MessageBody="kept")
    with pytest.raises(UsageError) as refused:
        deploy(app, folder, {**beside, "After": resource})
    assert f"After ({resource['Type']})" in str(refused.value)
    said = f"{physical} already exists in stack {folder.name} as Before: it would be deleted with "
    assert said + "Before. Call After Before again, or give it another name" in str(refused.value)
    if resource is QUEUE:
        (message,) = app.client("sqs").receive_message(QueueUrl=url)["Messages"]
        assert message["Body"] == "kept"
    # As it was, it goes on.
    deploy(app, folder, {**beside, "Before": resource})
    held = app.client("cloudformation").list_stack_resources(StackName=folder.name)
    ids = {entry["LogicalResourceId"] for entry in held["StackResourceSummaries"]}
    assert ids == {"Before", *beside}


def test_a_name_of_another_stack_is_refused(app: TestEngine, tmp_path: Path) -> None:
    other = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "mine"}}
    deploy(app, tmp_path / "one", {"First": other})
    with pytest.raises(UsageError, match="mine already exists in stack one as First"):
        deploy(app, tmp_path / "two", {"Second": other})
    app.client("sqs").get_queue_url(QueueName="mine")


def test_a_name_that_another_gives_up_in_the_same_deployment_is_refused(
    app: TestEngine, tmp_path: Path
) -> None:
    def queue(name: str) -> dict[str, Any]:
        return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}

    folder = tmp_path / "swapped"
    deploy(app, folder, {"A": queue("left")})
    taker = queue("left") | {"DependsOn": "A"}
    with pytest.raises(UsageError, match="was A until now: give B another name"):
        deploy(app, folder, {"A": queue("right"), "B": taker})
    assert app.client("sqs").get_queue_url(QueueName="left")


def test_a_policy_under_another_logical_id_goes_on(app: TestEngine, tmp_path: Path) -> None:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    policy = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": "Queue"}],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]},
        },
    }
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "open"}}
    deploy(app, tmp_path / "policies", {"Queue": queue, "Old": policy})
    deploy(app, tmp_path / "policies", {"Queue": queue, "New": policy})
    sqs = app.client("sqs")
    url = sqs.get_queue_url(QueueName="open")["QueueUrl"]
    held = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    assert json.loads(held["Policy"])["Statement"] == [allow]


def test_a_bucket_that_holds_objects_is_left_behind_with_a_notice(tmp_path: Path) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-of-it"}}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "next"}}

    def run(resources: dict[str, Any], script: str) -> str:
        (tmp_path / "template.json").write_text(json.dumps({"Resources": resources}))
        given = [
            "run",
            str(tmp_path),
            "--port",
            "0",
            "--",
            "python",
            "-c",
            f"import boto3;{script}",
        ]
        done = CliRunner().invoke(cli, given)
        assert done.exit_code == 0, done.output
        return done.output

    put = "boto3.client('s3').put_object(Bucket='full-of-it', Key='k', Body=b'v')"
    get = "boto3.client('s3').get_object(Bucket='full-of-it', Key='k')"
    run({"B": bucket, "Q": queue}, put)
    said = run({"Q": queue}, get)
    assert "warning: B (AWS::S3::Bucket) could not be deleted: BucketNotEmpty" in said
    assert "full-of-it stays, and no longer belongs to the stack" in said
    assert "`aws s3 rb s3://full-of-it --force`" in said
    # The stack is done with it.
    assert "BucketNotEmpty" not in run({"Q": queue}, get)
