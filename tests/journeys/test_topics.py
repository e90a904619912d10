"""SNS: from a message to everybody who is told, over HTTP, by mail, in a queue, as an event."""

from __future__ import annotations

import base64
import json
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from eventmill.testing import engine
from tests.hook import hook
from tests.queues import taken
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "topics"


@pytest.fixture(scope="module")
def web():
    with hook() as server:
        yield server


@pytest.fixture(scope="module")
def app(web):
    with engine() as running:
        running.deploy(APP, {"HookUrl": web.url})
        yield running


@pytest.fixture(scope="module")
def confirmation(app, web) -> dict[str, Any]:
    """The confirmation that the hook got; the hook has visited its SubscribeURL."""
    app.settle()
    (headers, body), web.requests = web.requests[0], []
    assert headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    assert "x-amz-sns-subscription-arn" not in headers
    message = json.loads(body)
    answer = visit(message["SubscribeURL"])
    assert app.outputs["Hook"] in answer and "ConfirmSubscriptionResult" in answer
    return message


def visit(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


def publish(app: Any, message: Any, output: str = "Orders", **more: Any) -> str:
    return app.client("sns").publish(
        TopicArn=app.outputs[output], Message=json.dumps(message), **more
    )["MessageId"]


def received(app: Any, output: str) -> list[dict[str, Any]]:
    """What a queue holds once nothing moves; taken out."""
    app.settle()
    return taken(app, app.outputs[output])


def verify(message: dict[str, Any]) -> None:
    """As AWS's documentation tells receivers to. Raises InvalidSignature."""
    names = ["Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token"]
    names += ["TopicArn", "Type"]
    if message["Type"] == "Notification":
        names = [name for name in names if name not in ("SubscribeURL", "Token")]
    text = "".join(f"{name}\n{message[name]}\n" for name in names if message.get(name) is not None)
    url = message.get("SigningCertURL") or message["SigningCertUrl"]
    certificate = x509.load_pem_x509_certificate(visit(url).encode())
    algorithm = hashes.SHA256() if message["SignatureVersion"] == "2" else hashes.SHA1()
    key: Any = certificate.public_key()
    key.verify(base64.b64decode(message["Signature"]), text.encode(), PKCS1v15(), algorithm)


def test_an_http_subscriber_confirms_and_gets_signed_messages(app, web, confirmation) -> None:
    assert_shape(confirmation, recorded("sns.confirmation"))
    verify(confirmation)
    attributes = {
        "when": {"DataType": "Number", "StringValue": "7"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    publish(app, {"total": 120}, Subject="new order", MessageAttributes=attributes)
    publish(app, {"total": 99})
    app.settle()
    ((headers, body),) = web.requests
    web.requests = []
    assert_shape(json.loads(body), recorded("sns.http"))
    verify(json.loads(body))
    assert headers["content-type"] == "text/plain; charset=UTF-8"
    assert headers["user-agent"] == "Amazon Simple Notification Service Agent"
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert headers["x-amz-sns-message-id"] == json.loads(body)["MessageId"]
    assert headers["x-amz-sns-topic-arn"] == app.outputs["Orders"]
    assert headers["x-amz-sns-subscription-arn"] == app.outputs["Hook"]


def test_a_failing_endpoint_is_tried_by_its_policy_then_dead_lettered(
    app, web, confirmation
) -> None:
    web.answers = [500, 429, 503]
    number = publish(app, {"total": 500})
    report = app.settle()
    assert [motion.name for motion in report.later] == ["outbox sns.http"]
    assert len(web.requests) == 1
    app.advance(5)
    app.settle()
    assert len(web.requests) == 2
    app.advance(59)
    app.settle()
    assert len(web.requests) == 2, "the second retry is due after maxDelayTarget"
    app.advance(1)
    (dead,) = received(app, "Dead")
    assert [body["MessageId"] for body in web.bodies()] == [number] * 3
    assert json.loads(dead["Body"])["MessageId"] == number
    verify(json.loads(dead["Body"]))


def test_a_client_error_is_not_tried_again(app, web, confirmation) -> None:
    web.answers = [404]
    number = publish(app, {"total": 501})
    (dead,) = received(app, "Dead")
    assert json.loads(dead["Body"])["MessageId"] == number
    assert len(web.bodies()) == 1


def test_a_function_gets_the_signed_event(app, confirmation) -> None:
    publish(
        app,
        {"total": 1},
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "function"}},
    )
    (told,) = received(app, "Results")
    event = json.loads(told["Body"])
    assert_shape(event, recorded("sns.lambda"))
    verify(event["Records"][0]["Sns"])


def test_mails_and_text_messages_reach_the_mailbox(app) -> None:
    app.settle()
    (asked,) = app.mailbox("operator@example.com")
    assert asked["subject"] == "AWS Notification - Subscription Confirmation"
    visit(re.search(r"http://\S+", asked["text"]).group(0))
    sns, topic = app.client("sns"), app.outputs["Orders"]
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15550100")
    texts = {"default": "all", "email": "a mail", "sms": "short"}
    sns.publish(TopicArn=topic, Message=json.dumps(texts), MessageStructure="json", Subject="hello")
    app.settle()
    mail = app.mailbox("operator@example.com")[-1]
    assert mail["subject"] == "hello" and mail["text"].startswith("a mail\n")
    assert dict(mail["headers"])["From"] == "Orders <no-reply@sns.amazonaws.com>"
    sns.publish(PhoneNumber="+15550111", Message="your code is 7")
    app.settle()
    assert [(m["kind"], m["text"]) for m in app.mailbox("+15550100")] == [("sms", "short")]
    assert [m["text"] for m in app.mailbox("+15550111")] == ["your code is 7"]
    visit(re.search(r"http://\S+", mail["text"]).group(0))
    before = len(app.mailbox("operator@example.com"))
    publish(app, "after the end")
    app.settle()
    ended = app.mailbox("operator@example.com")[before - 1 :]
    assert all("after the end" not in (one["text"] or "") for one in ended)


def test_raw_delivery_and_the_older_signature(app, web, confirmation) -> None:
    sns = app.client("sns")
    topic = sns.create_topic(Name="plain")["TopicArn"]
    other = web.url.replace("/orders", "/raw")
    answer = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=other)
    assert answer["SubscriptionArn"] == "pending confirmation"
    app.settle()
    (asked,) = web.bodies()
    assert asked["SignatureVersion"] == "1"
    verify(asked)
    arn = sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])["SubscriptionArn"]
    sns.publish(TopicArn=topic, Message="signed with SHA1")
    app.settle()
    verify(web.bodies()[0])
    for name, value in (
        ("RawMessageDelivery", "true"),
        ("DeliveryPolicy", '{"requestPolicy": {"headerContentType": "application/json"}}'),
    ):
        sns.set_subscription_attributes(
            SubscriptionArn=arn, AttributeName=name, AttributeValue=value
        )
    sns.publish(TopicArn=topic, Message='{"a": 1}')
    app.settle()
    ((headers, body),), web.requests = web.requests, []
    assert body == '{"a": 1}' and headers["x-amz-sns-rawdelivery"] == "true"
    assert headers["content-type"] == "application/json"
    sns.unsubscribe(SubscriptionArn=arn)
    app.settle()
    (ended,) = web.bodies()
    assert ended["Type"] == "UnsubscribeConfirmation"
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "Deleted"
    visit(ended["SubscribeURL"])
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == arn


def test_a_throttle_policy_spreads_deliveries(app, web, confirmation) -> None:
    sns = app.client("sns")
    topic = sns.create_topic(Name="slow")["TopicArn"]
    url = web.url.replace("/orders", "/slow")
    policy = json.dumps({"throttlePolicy": {"maxReceivesPerSecond": 1}})
    attributes = {"DeliveryPolicy": policy}
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url, Attributes=attributes)
    app.settle()
    sns.confirm_subscription(TopicArn=topic, Token=web.bodies()[0]["Token"])
    entries = [{"Id": str(number), "Message": str(number)} for number in range(60)]
    for start in range(0, 60, 10):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries[start : start + 10])
    later = app.settle().later
    assert 40 < sum(motion.count for motion in later if motion.name == "outbox sns.http") < 60
    app.advance(61)
    app.settle()
    assert sorted(int(body["Message"]) for body in web.bodies()) == list(range(60))


def test_nobody_confirms_so_the_subscription_ends(app, web) -> None:
    sns = app.client("sns")
    topic = sns.create_topic(Name="lonely")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="nobody@example.com")
    counts = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert counts["SubscriptionsPending"] == "1" and counts["SubscriptionsConfirmed"] == "0"
    sns.publish(TopicArn=topic, Message="unheard")
    app.settle()
    (asked,) = app.mailbox("nobody@example.com")
    app.advance(2 * 86_400 + 61)
    with pytest.raises(HTTPError) as refused:
        visit(re.search(r"http://\S+", asked["text"]).group(0))
    assert refused.value.code == 400
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_a_fifo_topic_keeps_order_and_replays_its_archive(app) -> None:
    sns, topic = app.client("sns"), app.outputs["Ledger"]
    for number in range(4):
        sns.publish(TopicArn=topic, Message=str(number), MessageGroupId="g")
    app.settle()
    begin = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["BeginningArchiveTime"]
    policy = {"PointType": "Timestamp", "StartingPoint": begin}
    arn = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=app.outputs["LedgerQueueArn"],
        Attributes={"ReplayPolicy": json.dumps(policy)},
    )["SubscriptionArn"]
    sns.publish(TopicArn=topic, Message="new", MessageGroupId="g")
    found = [json.loads(message["Body"]) for message in received(app, "LedgerQueue")]
    assert [one["Message"] for one in found] == ["0", "1", "2", "3", "new"]
    assert [one.get("Replayed") for one in found] == ["true"] * 4 + [None]
    assert all("Signature" not in one and len(one["SequenceNumber"]) == 20 for one in found)
    shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert shown["ReplayStatus"] == "Completed"


def test_topic_attributes_policies_and_tags(app) -> None:
    sns, topic = app.client("sns"), app.outputs["Orders"]
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["HTTPSuccessFeedbackSampleRate"] == "100"
    assert attributes["SignatureVersion"] == "2" and attributes["DisplayName"] == "Orders"
    assert json.loads(attributes["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [
        {"Key": "team", "Value": "sales"}
    ]
    sns.add_permission(
        TopicArn=topic, Label="them", AWSAccountId=["111122223333"], ActionName=["Publish"]
    )
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    assert [one.get("Sid") for one in policy["Statement"]] == [None, "them"]
    sns.remove_permission(TopicArn=topic, Label="them")
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    assert len(policy["Statement"]) == 1


@pytest.mark.parametrize(
    ("operation", "request_", "code", "words"),
    [
        ("subscribe", {"Protocol": "firehose", "Endpoint": "x"}, "InvalidParameter", "FIREHOSE"),
        ("subscribe", {"Protocol": "application", "Endpoint": "x"}, "InvalidParameter", "push"),
        ("subscribe", {"Protocol": "http", "Endpoint": "ftp://x"}, "InvalidParameter", "match"),
        (
            "set_topic_attributes",
            {"AttributeName": "Colour", "AttributeValue": "red"},
            "InvalidParameter",
            "AttributeName",
        ),
        (
            "set_topic_attributes",
            {"AttributeName": "DeliveryPolicy", "AttributeValue": "no"},
            "InvalidParameter",
            "DeliveryPolicy",
        ),
        (
            "publish_batch",
            {"PublishBatchRequestEntries": []},
            "EmptyBatchRequest",
            "any entries",
        ),
        (
            "publish_batch",
            {"PublishBatchRequestEntries": [{"Id": "a", "Message": "m"}] * 2},
            "BatchEntryIdsNotDistinct",
            "same Id",
        ),
        (
            "publish_batch",
            {
                "PublishBatchRequestEntries": [
                    {"Id": "a", "Message": "m" * 200_000},
                    {"Id": "b", "Message": "m" * 100_000},
                ]
            },
            "BatchRequestTooLong",
            "limit",
        ),
        (
            "publish",
            {
                "Message": "m",
                "MessageAttributes": {"n": {"DataType": "Number", "StringValue": "seven"}},
            },
            "ParameterValueInvalid",
            "cast message attribute 'n'",
        ),
        (
            "unsubscribe",
            {"SubscriptionArn": "pending confirmation"},
            "InvalidParameter",
            "6 elements, not 1",
        ),
        ("confirm_subscription", {"Token": "nonsense"}, "InvalidParameter", "Token"),
    ],
)
def test_what_sns_refuses(app, operation: str, request_: dict, code: str, words: str) -> None:
    given = {} if operation == "unsubscribe" else {"TopicArn": app.outputs["Orders"]}
    with pytest.raises(ClientError) as refused:
        getattr(app.client("sns"), operation)(**given, **request_)
    error = refused.value.response["Error"]
    assert error["Code"] == code and words in error["Message"]


def test_a_policys_topics_are_those_that_its_template_names_last(app, tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}

    def deploy(document: str, topics: str) -> dict[str, dict[str, Any]]:
        (tmp_path / "template.yaml").write_text(
            f"""
Resources:
  One: {{Type: AWS::SNS::Topic}}
  Two: {{Type: AWS::SNS::Topic}}
  Policy:
    Type: AWS::SNS::TopicPolicy
    Properties: {{PolicyDocument: {document}, Topics: [{topics}]}}
Outputs:
  One: {{Value: !Ref One}}
  Two: {{Value: !Ref Two}}
"""
        )
        outputs = app.run(app.inner.deploy(tmp_path, {}, "policies")).outputs
        read = app.client("sns").get_topic_attributes
        return {
            name: json.loads(read(TopicArn=arn)["Attributes"]["Policy"])
            for name, arn in outputs.items()
        }

    own = deploy(json.dumps(policy), "!Ref One, !Ref Two")
    assert own == {"One": policy, "Two": policy}
    # A document may be text too, and is then kept as it is.
    left = deploy(f"{json.dumps(policy)!r}", "!Ref Two")
    assert left["Two"] == policy
    assert left["One"]["Statement"][0]["Sid"] == "__default_statement_ID"


def test_what_a_standard_topic_or_a_number_cannot_be_is_refused(app) -> None:
    sns = app.client("sns")
    policy = json.dumps({"Name": "p", "Version": "2021-06-01", "Statement": []})
    arn = sns.create_topic(Name="protected", DataProtectionPolicy=policy)["TopicArn"]
    assert sns.get_data_protection_policy(ResourceArn=arn)["DataProtectionPolicy"] == policy
    with pytest.raises(ClientError, match="not valid for this topic type"):
        sns.publish(TopicArn=arn, Message="m", MessageDeduplicationId="once")
    assert not sns.check_if_phone_number_is_opted_out(phoneNumber="+4912345")["isOptedOut"]
    with pytest.raises(ClientError, match="is not valid to publish to"):
        sns.check_if_phone_number_is_opted_out(phoneNumber="mine")
