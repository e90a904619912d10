"""Resource policies: no service pushes into what does not let it in."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.testing import TestEngine, engine
from tests.policies import letting

ACCOUNT = "000000000000"
PLACE = f"us-east-1:{ACCOUNT}"
_numbers = count()


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        yield running


def name() -> str:
    return f"n{next(_numbers)}"


def queue(app: TestEngine, policy: str | None) -> str:
    """Its ARN."""
    made = name()
    given = {"Policy": policy} if policy else {}
    app.client("sqs").create_queue(QueueName=made, Attributes=given)
    return f"arn:aws:sqs:{PLACE}:{made}"


def topic(app: TestEngine, policy: str | None) -> tuple[str, str]:
    """(its ARN, the queue that hears what is published)."""
    sns, heard = app.client("sns"), queue(app, letting("sns"))
    arn = sns.create_topic(Name=name())["TopicArn"]
    if policy:
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    sns.subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint=heard, Attributes={"RawMessageDelivery": "true"}
    )
    return arn, heard


def received(app: TestEngine, arn: str) -> list[dict[str, Any]]:
    app.settle()
    url = f"{app.endpoint}/{ACCOUNT}/{arn.rpartition(':')[2]}"
    answer = app.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return answer.get("Messages", [])


def attributes(message: dict[str, Any]) -> dict[str, str]:
    return {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}


def counted(app: TestEngine, namespace: str, metric: str, **dimensions: str) -> float:
    now = datetime.now(UTC)
    found = app.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(days=2),
        Period=3_600,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


def refusal(call: Callable[..., Any], **request: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as failed:
        call(**request)
    return failed.value.response


Push = Callable[[TestEngine, str], str]
"""Has a service push something to an ARN; returns the source that it acts for."""


def notify(app: TestEngine, target: str) -> str:
    """A bucket's change."""
    s3, bucket = app.client("s3"), f"bucket-{name()}"
    s3.create_bucket(Bucket=bucket)
    kind = "Queue" if ":sqs:" in target else "Topic"
    rule = {f"{kind}Arn": target, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={f"{kind}Configurations": [rule]},
        SkipDestinationValidation=True,
    )
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return f"arn:aws:s3:::{bucket}"


def publish(app: TestEngine, target: str) -> str:
    """A topic's message."""
    sns = app.client("sns")
    arn = sns.create_topic(Name=name())["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=target)
    sns.publish(TopicArn=arn, Message="m")
    return str(arn)


def route(app: TestEngine, target: str, **more: Any) -> str:
    """A rule's event."""
    events, rule = app.client("events"), name()
    pattern = json.dumps({"detail-type": [rule]})
    arn = events.put_rule(Name=rule, EventPattern=pattern)["RuleArn"]
    events.put_targets(Rule=rule, Targets=[{"Id": "t", "Arn": target, **more}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": rule, "Detail": "{}"}])
    return str(arn)


def alarm(app: TestEngine, target: str) -> str:
    """An alarm's change of state."""
    cloudwatch, made = app.client("cloudwatch"), name()
    cloudwatch.put_metric_alarm(
        AlarmName=made,
        Namespace="Desk",
        MetricName="Height",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[target],
    )
    cloudwatch.set_alarm_state(AlarmName=made, StateValue="ALARM", StateReason="a test")
    return f"arn:aws:cloudwatch:{PLACE}:alarm:{made}"


def feedback(app: TestEngine, target: str) -> str:
    """A mail's delivery."""
    ses, made = app.client("ses"), f"{name()}.example.com"
    ses.verify_domain_identity(Domain=made)
    ses.set_identity_notification_topic(Identity=made, NotificationType="Delivery", SnsTopic=target)
    ses.send_email(
        Source=f"desk@{made}",
        Destination={"ToAddresses": ["jane@example.org"]},
        Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
    )
    return f"arn:aws:ses:{PLACE}:identity/{made}"


QUEUES = {"s3": notify, "sns": publish, "events": route}
TOPICS = {"s3": notify, "events": route, "cloudwatch": alarm, "ses": feedback}


def conditioned(**condition: dict[str, Any]) -> dict[str, Any]:
    return {"Condition": condition}


POLICIES: list[tuple[str, Callable[[str, str], str | None], bool]] = [
    ("for nobody", lambda service, action: None, False),
    ("for it", lambda service, action: letting(service, action=action), True),
    ("for another", lambda service, action: letting("other", action=action), False),
    ("for another action", lambda service, action: letting(service, action="sqs:Receive*"), False),
    (
        "for all of the account",
        lambda service, action: letting(
            service,
            action=action,
            Principal="*",
            Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        ),
        True,
    ),
    (
        "for other sources",
        lambda service, action: letting(
            service, action=action, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:*:*:*:no"}}
        ),
        False,
    ),
    (
        "for such sources",
        lambda service, action: letting(
            service, action=action, Condition={"ArnLike": {"AWS:SourceArn": "arn:aws:*:*:*:*n*"}}
        ),
        True,
    ),
    ("that denies", lambda service, action: denying(service, action), False),
]


def denying(service: str, action: str) -> str:
    allowed = json.loads(letting(service, action=action))["Statement"]
    return json.dumps({"Statement": [allowed, {**allowed, "Effect": "Deny"}]})


@pytest.mark.parametrize(
    ("policy", "arrives"), [row[1:] for row in POLICIES], ids=[row[0] for row in POLICIES]
)
@pytest.mark.parametrize("service", QUEUES)
def test_a_queue_gets_what_its_policy_lets_in(
    app: TestEngine, service: str, policy: Callable[[str, str], str | None], arrives: bool
) -> None:
    arn = queue(app, policy(service, "sqs:SendMessage"))
    QUEUES[service](app, arn)
    assert bool(received(app, arn)) is arrives


@pytest.mark.parametrize(
    ("policy", "arrives"), [row[1:] for row in POLICIES], ids=[row[0] for row in POLICIES]
)
@pytest.mark.parametrize("service", TOPICS)
def test_a_topic_gets_what_its_policy_lets_in(
    app: TestEngine, service: str, policy: Callable[[str, str], str | None], arrives: bool
) -> None:
    document = policy(service, "sns:Publish")
    arn, heard = topic(app, document)
    TOPICS[service](app, arn)
    # The policy that a topic has by itself knows alarms and mails of its owner.
    expected = arrives or (document is None and service in ("cloudwatch", "ses"))
    assert bool(received(app, heard)) is expected


@pytest.mark.parametrize("service", QUEUES)
def test_a_condition_on_the_one_source(app: TestEngine, service: str) -> None:
    arn = queue(app, None)
    source = QUEUES[service](app, arn)
    assert not received(app, arn)
    condition = {"ArnEquals": {"aws:SourceArn": source}}
    url = f"{app.endpoint}/{ACCOUNT}/{arn.rpartition(':')[2]}"
    policy = letting(service, Condition=condition)
    app.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    QUEUES[service](app, arn)
    assert not received(app, arn), "another source of the same service"
    if service == "sns":
        app.client("sns").publish(TopicArn=source, Message="m")
    elif service == "s3":
        app.client("s3").put_object(Bucket=source.rpartition(":")[2], Key="l", Body=b"x")
    else:
        entry = {"Source": "shop", "DetailType": source.rpartition("/")[2], "Detail": "{}"}
        app.client("events").put_events(Entries=[entry])
    assert len(received(app, arn)) == 1


@pytest.mark.parametrize("kind", ["Queue", "Topic"])
def test_s3_tries_a_destination_when_it_is_declared(app: TestEngine, kind: str) -> None:
    s3, bucket = app.client("s3"), f"bucket-{name()}"
    s3.create_bucket(Bucket=bucket)
    arn = queue(app, None) if kind == "Queue" else topic(app, None)[0]
    rule = {f"{kind}Arn": arn, "Events": ["s3:ObjectCreated:*"]}
    answer = refusal(
        s3.put_bucket_notification_configuration,
        Bucket=bucket,
        NotificationConfiguration={f"{kind}Configurations": [rule]},
    )
    assert answer["Error"]["Code"] == "InvalidArgument"
    wanted = "Unable to validate the following destination configurations"
    assert answer["Error"]["Message"] == wanted
    assert answer["Error"]["ArgumentName1"] == arn
    assert answer["Error"]["ArgumentValue1"] == (
        f"Permissions on the destination {kind.lower()} do not allow S3 to publish notifications "
        "from this bucket"
    )


def test_a_message_that_is_not_let_in_is_a_dead_letter_at_once(app: TestEngine) -> None:
    sns = app.client("sns")
    arn = sns.create_topic(Name=name())["TopicArn"]
    closed, dead, lost = queue(app, None), queue(app, letting("sns")), queue(app, None)
    for subscriber, letters in ((closed, dead), (queue(app, None), lost)):
        redrive = json.dumps({"deadLetterTargetArn": letters})
        settings = {"RedrivePolicy": redrive, "RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=subscriber, Attributes=settings)
    sns.publish(TopicArn=arn, Message="m")
    (letter,) = received(app, dead)
    assert letter["Body"] == "m"
    assert not received(app, lost), "the dead-letter queue must let SNS in too"
    for metric, wanted in (
        ("NumberOfNotificationsFailed", 2),
        ("NumberOfNotificationsRedrivenToDlq", 1),
        ("NumberOfNotificationsFailedToRedriveToDlq", 1),
    ):
        dimensions = {"TopicName": arn.rpartition(":")[2]}
        assert counted(app, "AWS/SNS", metric, **dimensions) == wanted


def test_an_event_that_is_not_let_in_is_a_dead_letter_at_once(app: TestEngine) -> None:
    closed, dead, lost = queue(app, None), queue(app, letting("events")), queue(app, None)
    rule = route(app, closed, DeadLetterConfig={"Arn": dead})
    (letter,) = received(app, dead)
    said = attributes(letter)
    assert said["ERROR_CODE"] == "NO_PERMISSIONS" and "RETRY_ATTEMPTS" not in said
    assert said["RULE_ARN"] == rule and said["TARGET_ARN"] == closed
    assert "no resource-based policy allows the sqs:SendMessage action" in said["ERROR_MESSAGE"]
    other = route(app, closed, DeadLetterConfig={"Arn": lost})
    assert not received(app, lost), "the dead-letter queue must let EventBridge in too"
    for arn, metric in ((rule, "InvocationsSentToDlq"), (other, "InvocationsFailedToBeSentToDlq")):
        dimensions = {"RuleName": arn.rpartition("/")[2]}
        assert counted(app, "AWS/Events", "FailedInvocations", **dimensions) == 1
        assert counted(app, "AWS/Events", metric, **dimensions) == 1


def test_a_target_with_a_role_needs_no_policy(app: TestEngine) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/events"
    closed, (news, heard) = queue(app, None), topic(app, None)
    for arn in (closed, news):
        route(app, arn, RoleArn=role)
    assert received(app, closed) and received(app, heard)
    stream = f"arn:aws:kinesis:{PLACE}:stream/s"
    answer = refusal(
        app.client("events").put_targets, Rule="r", Targets=[{"Id": "1", "Arn": stream}]
    )
    assert answer["Error"]["Code"] == "ResourceNotFoundException"
    app.client("events").put_rule(Name="r", EventPattern='{"source": ["s"]}')
    answer = refusal(
        app.client("events").put_targets, Rule="r", Targets=[{"Id": "1", "Arn": stream}]
    )
    assert answer["Error"]["Message"] == f"RoleArn is required for target {stream}."


def lines(app: TestEngine, group: str) -> int:
    app.settle()
    return len(app.client("logs").filter_log_events(logGroupName=group)["events"])


def test_a_log_group_needs_a_policy_of_the_account_or_of_its_own(app: TestEngine) -> None:
    logs, group = app.client("logs"), f"/shop/{name()}"
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{PLACE}:log-group:{group}"
    role = f"arn:aws:iam::{ACCOUNT}:role/events"
    route(app, arn, RoleArn=role)
    assert lines(app, group) == 0, "a role is no help for a log group"
    only = letting("events", action="logs:PutLogEvents", Resource=f"{arn}:*")
    logs.put_resource_policy(policyName="half", policyDocument=only)
    route(app, arn)
    assert lines(app, group) == 0, "it has to make the stream first"
    first = letting("delivery.logs", action="logs:CreateLogStream", Resource=f"{arn}:*")
    logs.put_resource_policy(policyName="rest", policyDocument=first)
    route(app, arn)
    assert lines(app, group) == 1
    for policy in ("half", "rest"):
        logs.delete_resource_policy(policyName=policy)
    both = letting("events", action=["logs:CreateLogStream", "logs:PutLogEvents"])
    logs.put_resource_policy(resourceArn=arn, policyDocument=both)
    route(app, arn)
    assert lines(app, group) == 2
    (shown,) = logs.describe_resource_policies(resourceArn=arn)["resourcePolicies"]
    assert shown["policyScope"] == "RESOURCE" and shown["resourceArn"] == arn
    assert logs.describe_resource_policies()["resourcePolicies"] == []


def test_ses_writes_into_buckets_that_let_it(app: TestEngine) -> None:
    ses, s3, bucket = app.client("ses"), app.client("s3"), f"mails-{name()}"
    s3.create_bucket(Bucket=bucket)
    ses.create_receipt_rule_set(RuleSetName="in")
    rule = {
        "Name": "keep",
        "Enabled": True,
        "Recipients": ["desk@example.com"],
        "Actions": [{"S3Action": {"BucketName": bucket, "ObjectKeyPrefix": "in/"}}],
    }
    answer = refusal(ses.create_receipt_rule, RuleSetName="in", Rule=rule)
    assert answer["Error"]["Message"] == f"Could not write to bucket: {bucket}"
    source = f"arn:aws:ses:{PLACE}:receipt-rule-set/in:receipt-rule/keep"
    for condition in ({"aws:SourceArn": source}, {"aws:Referer": ACCOUNT}):
        policy = letting(
            "ses",
            action="s3:PutObject",
            Resource=f"arn:aws:s3:::{bucket}/in/*",
            Condition={"StringEquals": condition},
        )
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
        ses.create_receipt_rule(RuleSetName="in", Rule=rule)
        ses.delete_receipt_rule(RuleSetName="in", RuleName="keep")
    ses.create_receipt_rule(RuleSetName="in", Rule=rule)
    ses.set_active_receipt_rule_set(RuleSetName="in")
    app.settle()

    def send() -> int:
        with smtplib.SMTP(*app.smtp) as client:
            client.sendmail("jane@example.org", ["desk@example.com"], "Subject: s\r\n\r\nt\r\n")
        app.settle()
        return int(s3.list_objects_v2(Bucket=bucket)["KeyCount"])

    assert send() == 1
    s3.delete_bucket_policy(Bucket=bucket)
    assert send() == 1
    ses.set_active_receipt_rule_set()


def test_ses_tries_topics_and_functions_when_a_rule_is_declared(app: TestEngine) -> None:
    ses, closed = app.client("ses"), topic(app, letting("s3", action="sns:Publish"))[0]
    ses.create_receipt_rule_set(RuleSetName="tried")
    rule = {"Name": "tell", "Actions": [{"SNSAction": {"TopicArn": closed}}]}
    answer = refusal(ses.create_receipt_rule, RuleSetName="tried", Rule=rule)
    assert answer["Error"]["Code"] == "InvalidSnsTopic"
    assert answer["Error"]["Message"] == f"Could not publish to SNS topic: {closed}"


def test_callers_of_the_account_need_no_policy_but_are_kept_out_by_a_deny(
    app: TestEngine,
) -> None:
    sqs, sns = app.client("sqs"), app.client("sns")
    only = {"ArnNotEquals": {"aws:SourceArn": f"arn:aws:sns:{PLACE}:the-one"}}
    policy = letting("sns", action="sqs:*", Effect="Deny", Principal="*", Condition=only)
    arn = queue(app, letting("sns"))
    url = f"{app.endpoint}/{ACCOUNT}/{arn.rpartition(':')[2]}"
    sqs.send_message(QueueUrl=url, MessageBody="m")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    entry = {"Id": "1", "ReceiptHandle": "h"}
    for call, request in (
        (sqs.send_message, {"MessageBody": "m"}),
        (sqs.send_message_batch, {"Entries": [{"Id": "1", "MessageBody": "m"}]}),
        (sqs.receive_message, {}),
        (sqs.delete_message, {"ReceiptHandle": "h"}),
        (sqs.delete_message_batch, {"Entries": [entry]}),
        (sqs.change_message_visibility, {"ReceiptHandle": "h", "VisibilityTimeout": 1}),
        (
            sqs.change_message_visibility_batch,
            {"Entries": [{**entry, "VisibilityTimeout": 1}]},
        ),
        (sqs.purge_queue, {}),
    ):
        answer = refusal(call, QueueUrl=url, **request)
        assert answer["Error"]["Code"] == "AccessDenied"
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert "with an explicit deny in a resource-based policy" in answer["Error"]["Message"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert len(received(app, arn)) == 1

    news = topic(app, None)[0]
    denial = letting("sns", action="sns:*", Effect="Deny", Principal="*")
    sns.set_topic_attributes(TopicArn=news, AttributeName="Policy", AttributeValue=denial)
    for call, request in (
        (sns.publish, {"Message": "m"}),
        (sns.publish_batch, {"PublishBatchRequestEntries": [{"Id": "1", "Message": "m"}]}),
        (sns.subscribe, {"Protocol": "sqs", "Endpoint": arn}),
    ):
        answer = refusal(call, TopicArn=news, **request)
        assert answer["Error"]["Code"] == "AuthorizationError"
        assert "User: arn:aws:iam::000000000000:root is not" in answer["Error"]["Message"]


def test_a_demand_for_tls_keeps_nobody_out(app: TestEngine) -> None:
    demand = {"Bool": {"aws:SecureTransport": "false"}}
    statements = [
        json.loads(letting("sns", Effect="Deny", Principal="*", action="sqs:*", Condition=demand))[
            "Statement"
        ],
        json.loads(letting("sns"))["Statement"],
    ]
    arn = queue(app, json.dumps({"Statement": statements}))
    publish(app, arn)
    assert len(received(app, arn)) == 1


TEMPLATE = """
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations: [{Event: 's3:ObjectCreated:*', Queue: !GetAtt Arrived.Arn}]
  Arrived: {Type: AWS::SQS::Queue}
  LetIn:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Arrived]
      PolicyDocument:
        Statement:
          Effect: Allow
          Principal: {Service: s3.amazonaws.com}
          Action: sqs:SendMessage
          Resource: !GetAtt Arrived.Arn
          Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
  Kept:
    Type: AWS::Logs::LogGroup
    Properties:
      ResourcePolicyDocument:
        Statement:
          Effect: Allow
          Principal: {Service: events.amazonaws.com}
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents']
          Resource: '*'
Outputs:
  Files: {Value: !Ref Files}
  ArrivedArn: {Value: !GetAtt Arrived.Arn}
  Kept: {Value: !Ref Kept}
  KeptArn: {Value: !GetAtt Kept.Arn}
"""


def test_a_template_s_policies_are_there_before_who_needs_them(
    app: TestEngine, tmp_path: Path
) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    outputs = app.deploy(tmp_path)
    app.client("s3").put_object(Bucket=outputs["Files"], Key="k", Body=b"x")
    assert len(received(app, outputs["ArrivedArn"])) == 2, "the test message and the object's"
    route(app, outputs["KeptArn"])
    assert lines(app, outputs["Kept"]) == 1


def test_a_stack_without_the_policy_is_refused_with_the_reason(
    app: TestEngine, tmp_path: Path
) -> None:
    without = TEMPLATE.replace("s3.amazonaws.com", "sns.amazonaws.com")
    (tmp_path / "template.yaml").write_text(without)
    with pytest.raises(Exception, match="Unable to validate the following destination"):
        app.deploy(tmp_path)


def test_check_says_what_a_template_lets_nobody_into(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        """\
Resources:
  Closed: {Type: AWS::SQS::Queue}
  Dead: {Type: AWS::SQS::Queue}
  Open: {Type: AWS::SQS::Queue}
  News:
    Type: AWS::SNS::Topic
    Properties: {Subscription: [{Protocol: sqs, Endpoint: !GetAtt Closed.Arn}]}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [shop]}
      Targets:
        - {Id: a, Arn: !GetAtt Open.Arn, DeadLetterConfig: {Arn: !GetAtt Dead.Arn}}
        - {Id: b, Arn: !Ref News}
        - {Id: c, Arn: !GetAtt Closed.Arn, RoleArn: 'arn:aws:iam::000000000000:role/r'}
  LetIn:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Open]
      PolicyDocument:
        Statement: {Effect: Allow, Principal: '*', Action: 'sqs:*', Resource: '*'}
"""
    )
    said = CliRunner().invoke(cli, ["check", str(file)])
    notices = [line for line in said.output.splitlines() if line.startswith("notice")]
    assert [line.partition("yaml:")[2] for line in notices] == [
        "5: AWS::SQS::Queue Closed gets nothing from AWS::SNS::Topic News: no "
        "AWS::SQS::QueuePolicy lets sns.amazonaws.com in",
        "8: AWS::SQS::Queue Dead gets nothing from AWS::Events::Rule Rule: no "
        "AWS::SQS::QueuePolicy lets events.amazonaws.com in",
        "8: AWS::SNS::Topic News gets nothing from AWS::Events::Rule Rule: no "
        "AWS::SNS::TopicPolicy lets events.amazonaws.com in",
    ]
    assert said.exit_code == 0
