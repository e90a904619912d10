"""An application among services of which only names are kept: the rest of it works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.joins import RESOURCE_TYPES
from eventmill.kernel.errors import UsageError
from eventmill.services.cloudformation import aws_types
from eventmill.testing import TestEngine, engine
from tests.queues import taken

APP = Path(__file__).parents[1] / "apps" / "around"


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(APP)
        yield running


def _taken(app: TestEngine, queue: str) -> list[dict[str, Any]]:
    return taken(app, app.outputs[queue])


def _why(message: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def test_the_function_gets_an_event_and_what_is_not_here_leaves_dead_letters(
    app: TestEngine,
) -> None:
    entry = {"Source": "shop", "DetailType": "Placed", "Detail": "{}"}
    (put,) = app.client("events").put_events(Entries=[entry])["Entries"]
    app.settle()
    assert [message["Body"] for message in _taken(app, "Counted")] == [put["EventId"]]
    letters = [message for message in _taken(app, "Dead") if "RULE_ARN" in _why(message)]
    assert len(letters) == 2
    dead = {_why(message)["TARGET_ARN"]: message for message in letters}
    assert set(dead) == {app.outputs["Workflow"], app.outputs["Cluster"]}
    for arn, message in dead.items():
        assert json.loads(message["Body"])["id"] == put["EventId"]
        assert _why(message)["ERROR_CODE"] == "NO_RESOURCE"
        assert _why(message)["ERROR_MESSAGE"] == f"Nothing runs behind {arn} here."


def test_a_schedule_of_what_is_not_here_leaves_a_dead_letter(app: TestEngine) -> None:
    # It fires once as soon as it is made, which is not what this is about.
    app.settle()
    _taken(app, "Dead")
    app.advance(3_601)
    app.settle()
    (message,) = _taken(app, "Dead")
    assert _why(message)["TARGET_ARN"] == app.outputs["Workflow"]
    assert _why(message)["ERROR_CODE"] == "ResourceNotFoundException"


def test_a_pipe_to_what_is_not_here_leaves_its_events_in_the_source(app: TestEngine) -> None:
    queues, pipes, url = app.client("sqs"), app.client("pipes"), app.outputs["Orders"]
    queues.send_message(QueueUrl=url, MessageBody="{}")
    app.settle()
    pipe = pipes.describe_pipe(Name=app.outputs["Started"])
    assert (pipe["DesiredState"], pipe["CurrentState"]) == ("RUNNING", "START_FAILED")
    assert pipe["StateReason"] == f"Nothing runs behind {app.outputs['Workflow']} here."
    (listed,) = pipes.list_pipes(CurrentState="START_FAILED")["Pipes"]
    assert listed["StateReason"] == pipe["StateReason"]
    attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "1"
    pipes.update_pipe(
        Name=pipe["Name"],
        RoleArn=pipe["RoleArn"],
        Target=app.outputs["CountedArn"],
        TargetParameters={},
    )
    app.settle()
    assert pipes.describe_pipe(Name=pipe["Name"])["CurrentState"] == "RUNNING"
    assert len(_taken(app, "Counted")) == 1


def test_a_type_that_no_list_knows_has_a_name_and_attributes(app: TestEngine) -> None:
    assert app.outputs["Services"].startswith("around-Services-")
    assert app.outputs["Owner"] == app.outputs["Services"]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("AWS::SQS::Queu", "AWS has no such type; did you mean AWS::SQS::Queue?"),
        ("AWS::Lamda::Function", "AWS has no such type; did you mean AWS::Lambda::Function?"),
        ("AWS::RDS::DBInstanse", "AWS has no such type; did you mean AWS::RDS::DBInstance?"),
        ("AWS::Mars::Rover", "AWS has no such type"),
        ("AWS::Kinesis::Channel", "this resource type is not offered"),
        ("AWS::Serverless::Function", "is a type of SAM: add `Transform: AWS::Serverless-"),
        ("Mars::Rover::Wheel", "only types of AWS and custom resources (`Custom::…`) can be made"),
    ],
)
def test_a_type_that_cannot_be_made_is_refused_before_anything_is(
    app: TestEngine, tmp_path: Path, kind: str, why: str
) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        f"Resources:\n  Early: {{Type: AWS::SQS::Queue}}\n  Jobs: {{Type: {kind}}}\n"
    )
    line = f"{template}:3: Jobs: {kind}: {why}"
    checked = CliRunner().invoke(cli, ["check", str(template)])
    assert checked.exit_code == 1
    assert f"refused   {line}" in checked.output
    queues = app.client("sqs").list_queues()
    with pytest.raises(UsageError, match="nothing was deployed") as error:
        app.deploy(template)
    assert line in str(error.value)
    assert app.client("sqs").list_queues()["QueueUrls"] == queues["QueueUrls"]


def test_an_attachment_stands_for_its_secret(app: TestEngine) -> None:
    assert app.outputs["Attached"] == app.outputs["Login"]
    secret = app.client("secretsmanager").describe_secret(SecretId=app.outputs["Login"])
    assert secret["RotationRules"] == {"AutomaticallyAfterDays": 30}


def test_an_image_of_aws_needs_no_parameter_here(app: TestEngine) -> None:
    for name in ("Image", "Other", "Third"):
        assert app.outputs[name].startswith("ami-"), name


def test_an_inline_policy_is_the_queue_s(app: TestEngine) -> None:
    attributes = app.client("sqs").get_queue_attributes(
        QueueUrl=app.outputs["Dead"], AttributeNames=["Policy"]
    )["Attributes"]
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}


def test_lines_for_a_delivery_stream_are_lost_aloud(
    app: TestEngine, caplog: pytest.LogCaptureFixture
) -> None:
    logs, name = app.client("logs"), app.outputs["Lines"]
    logs.create_log_stream(logGroupName=name, logStreamName="one")
    now = int(app.inner.clock.now() * 1000)
    logs.put_log_events(
        logGroupName=name, logStreamName="one", logEvents=[{"timestamp": now, "message": "line"}]
    )
    app.settle()
    lost = f"log events for {app.outputs['Lake']} are lost: "
    assert [record.getMessage() for record in caplog.records if lost in record.getMessage()]


def test_messages_for_a_delivery_stream_are_dead_letters(app: TestEngine) -> None:
    app.client("sns").publish(TopicArn=app.outputs["News"], Message="extra")
    app.settle()
    (message,) = app.client("sqs").receive_message(QueueUrl=app.outputs["Unstored"])["Messages"]
    assert message["Body"] == "extra"


def test_a_delivery_stream_needs_a_role(app: TestEngine) -> None:
    sns = app.client("sns")
    with pytest.raises(sns.exceptions.InvalidParameterException, match="SubscriptionRoleArn"):
        sns.subscribe(
            TopicArn=app.outputs["News"], Protocol="firehose", Endpoint=app.outputs["Lake"]
        )


def test_mails_events_for_a_delivery_stream_are_lost_aloud(
    app: TestEngine, caplog: pytest.LogCaptureFixture
) -> None:
    app.client("sesv2").send_email(
        FromEmailAddress="shop@example.com",
        Destination={"ToAddresses": ["you@example.com"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
        ConfigurationSetName="mails",
    )
    app.settle()
    lost = f"a sending event for {app.outputs['Lake']} is lost: "
    assert [record.getMessage() for record in caplog.records if lost in record.getMessage()]
    lake = app.client("ses").describe_configuration_set(
        ConfigurationSetName="mails", ConfigurationSetAttributeNames=["eventDestinations"]
    )["EventDestinations"][0]["KinesisFirehoseDestination"]
    assert lake["DeliveryStreamARN"] == app.outputs["Lake"] and lake["IAMRoleARN"]


ABSENT = "nothing of it works here; calls to {} answer 501"
NOTICES = [
    ("  Workflow:", "AWS::StepFunctions::StateMachine Workflow", ABSENT.format("stepfunctions")),
    ("  Cluster:", "AWS::ECS::Cluster Cluster", ABSENT.format("ecs")),
    ("  Lake:", "AWS::KinesisFirehose::DeliveryStream Lake", ABSENT.format("firehose")),
    ("  Services:", "AWS::AppMesh::Mesh Services", ABSENT.format("appmesh")),
    ("  Waited:", "AWS::CloudFormation::WaitCondition Waited", "it has no effect here"),
]


def test_check_and_deploy_name_what_nothing_runs_behind(tmp_path: Path) -> None:
    """Each time, with file and line."""
    lines = (APP / "template.yaml").read_text().splitlines()

    def place(begin: str) -> str:
        number = next(number for number, line in enumerate(lines, 1) if line.startswith(begin))
        return f"{APP / 'template.yaml'}:{number}: "

    expected = [f"{place(begin)}{what} is recorded: {why}" for begin, what, why in NOTICES]
    expected.append(
        f"{place('  Owner:')}Fn::GetAtt Services.MeshOwner gives the id of AWS::AppMesh::Mesh "
        "Services, which is recorded: the attribute itself has no value here"
    )
    checked = CliRunner().invoke(cli, ["check", str(APP)])
    assert checked.exit_code == 0, checked.output
    assert {f"notice    {line}" for line in expected} <= set(checked.output.splitlines())
    for _ in range(2):
        command = ["run", str(APP), "--port", "0", "--data", str(tmp_path), "--", "true"]
        deployed = CliRunner().invoke(cli, command)
        assert deployed.exit_code == 0, deployed.output
        assert {f"  {line}" for line in expected} <= set(deployed.stderr.splitlines())


def test_attributes_of_records_beside_what_works_are_aws_s(eventmill: Any, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    text = """\
Resources:
  Deployer: {Type: AWS::IAM::User, Properties: {UserName: deployer}}
  Network: {Type: AWS::EC2::IPAM}
Outputs:
  Deployer: {Value: !GetAtt Deployer.Arn}
  Scopes: {Value: !Sub "${Network.ScopeCount}"}
"""
    template.write_text(text)
    said = CliRunner().invoke(cli, ["check", str(template)]).output
    assert f"notice    {template}:6: Fn::GetAtt Network.ScopeCount gives the id of" in said
    assert "Deployer.Arn" not in said
    outputs = eventmill.deploy(template)
    assert outputs["Deployer"] == "arn:aws:iam::000000000000:user/deployer"
    template.write_text(text.replace("ScopeCount", "Scopes"))
    with pytest.raises(UsageError, match=r"Fn::GetAtt Network.Scopes: no such attribute"):
        eventmill.deploy(template)


def test_every_record_is_a_type_of_aws_and_every_client_is_botocore_s() -> None:
    clients = {kind.notice.split()[-3] for kind in RESOURCE_TYPES.values() if "501" in kind.notice}
    assert clients <= set(botocore.session.get_session().get_available_services())
    assert set(RESOURCE_TYPES) <= aws_types()


def test_coverage_lists_records_apart() -> None:
    lines = CliRunner().invoke(cli, ["coverage"]).output.splitlines()
    absent = lines[lines.index("### Recorded types of services that are not here") + 2]
    beside = lines[lines.index("### Recorded types without effect") + 2]
    assert "`AWS::StepFunctions::StateMachine`" in absent and "IAM::User`" not in absent
    assert "`AWS::IAM::User`" in beside and "StepFunctions" not in beside
    assert "### AWS::KMS::Key" not in lines and "### AWS::SQS::Queue" in lines


def test_parameters_fit_their_target_here_too(app: TestEngine) -> None:
    events = app.client("events")
    events.put_rule(Name="wrong", EventPattern='{"source": ["x"]}')
    target = {
        "Id": "1",
        "Arn": app.outputs["Workflow"],
        "RoleArn": "arn:aws:iam::000000000000:role/r",
        "EcsParameters": {"TaskDefinitionArn": app.outputs["Cluster"]},
    }
    with pytest.raises(events.exceptions.ClientError, match="EcsParameters is not valid"):
        events.put_targets(Rule="wrong", Targets=[target])


def test_an_application_of_the_repository_is_recorded(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Shared:
    Type: AWS::Serverless::Application
    Properties:
      Location:
        ApplicationId: arn:aws:serverlessrepo:us-east-1:123456789012:applications/shared
        SemanticVersion: 1.0.0
      Parameters: {Bucket: !Ref Bucket}
  Bucket:
    Type: AWS::S3::Bucket
Outputs:
  Bucket: {Value: !Ref Bucket}
  Shared: {Value: !GetAtt Shared.Outputs.Function}
"""
    )
    checked = CliRunner().invoke(cli, ["check", str(template)])
    assert checked.exit_code == 0
    assert (
        f"notice    {template}:3: AWS::ServerlessRepo::Application Shared is recorded: its template"
        " lies in the Serverless Application Repository, so nothing of it is made"
    ) in checked.output
    with engine() as mill:
        mill.deploy(template)
        mill.client("s3").head_bucket(Bucket=mill.outputs["Bucket"])
        assert ":stack/" in mill.outputs["Shared"]


def test_transforms_that_add_nothing_of_use_here_change_nothing(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        """\
Transform: [AWS::CodeStar, AWS::SecretsManager-2020-07-23, AWS::Serverless-2016-10-31]
Resources:
  Password:
    Type: AWS::SecretsManager::Secret
    Properties: {GenerateSecretString: {PasswordLength: 20}}
  Rotation:
    Type: AWS::SecretsManager::RotationSchedule
    Properties:
      SecretId: !Ref Password
      HostedRotationLambda: {RotationType: MySQLSingleUser}
Outputs:
  Password: {Value: !Ref Password}
"""
    )
    with engine() as mill:
        mill.deploy(template)
        secret = mill.client("secretsmanager").get_secret_value(SecretId=mill.outputs["Password"])
        assert len(secret["SecretString"]) == 20
