"""SQS through boto3: what clients see of standard and FIFO queues."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError

from eventmill.services import sqs
from eventmill.services.sqs import receiving
from tests.journeys.rest_client import ask

ARN = "arn:aws:sqs:us-east-1:000000000000:"


@pytest.fixture
def queues(eventmill):
    return eventmill.client("sqs")


def test_a_message_comes_back_after_its_visibility_timeout(eventmill, queues) -> None:
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="m")
    assert len(queues.receive_message(QueueUrl=url)["Messages"]) == 1
    assert "Messages" not in queues.receive_message(QueueUrl=url)
    eventmill.advance(31)
    again = queues.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"][0]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_long_poll_returns_when_a_message_arrives(eventmill, queues) -> None:
    import threading

    url = queues.create_queue(QueueName="q")["QueueUrl"]
    found: list[str] = []

    def wait() -> None:
        answer = eventmill.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)
        found.extend(message["Body"] for message in answer["Messages"])

    waiting = threading.Thread(target=wait)
    waiting.start()
    queues.send_message(QueueUrl=url, MessageBody="now")
    waiting.join(10)
    assert found == ["now"]


def test_a_group_is_received_in_order_and_one_at_a_time(eventmill, queues) -> None:
    url = queues.create_queue(
        QueueName="q.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"},
    )["QueueUrl"]
    for body in ("a1", "a2", "b1", "a1"):
        queues.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0])
    first = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    assert [message["Body"] for message in first] == ["a1"]
    second = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in second] == ["b1"], "a is blocked, a1 was a duplicate"
    queues.delete_message(QueueUrl=url, ReceiptHandle=first[0]["ReceiptHandle"])
    third = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in third] == ["a2"]


def test_a_message_received_too_often_moves_with_its_id(eventmill, queues) -> None:
    dead = queues.create_queue(QueueName="dead")["QueueUrl"]
    url = queues.create_queue(
        QueueName="q",
        Attributes={
            "RedrivePolicy": f'{{"deadLetterTargetArn":"{ARN}dead","maxReceiveCount":"1"}}'
        },
    )["QueueUrl"]
    sent = queues.send_message(QueueUrl=url, MessageBody="m")
    queues.receive_message(QueueUrl=url)
    eventmill.advance(31)
    assert "Messages" not in queues.receive_message(QueueUrl=url)
    moved = queues.receive_message(QueueUrl=dead, AttributeNames=["All"])["Messages"][0]
    assert moved["MessageId"] == sent["MessageId"]
    assert moved["Attributes"]["DeadLetterQueueSourceArn"] == f"{ARN}q"
    assert moved["Attributes"]["ApproximateReceiveCount"] == "2"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda q, u: q.get_queue_url(QueueName="none"), "AWS.SimpleQueueService.NonExistentQueue"),
        (
            lambda q, u: q.receive_message(QueueUrl=u, MaxNumberOfMessages=11),
            "InvalidParameterValue",
        ),
        (lambda q, u: q.send_message(QueueUrl=u, MessageBody="\x00"), "InvalidMessageContents"),
        (lambda q, u: q.delete_message(QueueUrl=u, ReceiptHandle="x"), "ReceiptHandleIsInvalid"),
        (
            lambda q, u: q.send_message_batch(QueueUrl=u, Entries=[]),
            "AWS.SimpleQueueService.EmptyBatchRequest",
        ),
        (
            lambda q, u: q.create_queue(QueueName="q", Attributes={"DelaySeconds": "7"}),
            "QueueAlreadyExists",
        ),
        (
            lambda q, u: q.create_queue(
                QueueName="x.fifo",
                Attributes={"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"},
            ),
            "InvalidAttributeValue",
        ),
        (
            lambda q, u: q.get_queue_attributes(QueueUrl=u, AttributeNames=["Depth"]),
            "InvalidAttributeName",
        ),
        (
            lambda q, u: q.set_queue_attributes(
                QueueUrl=u, Attributes={"RedriveAllowPolicy": '{"redrivePermission":"byQueue"}'}
            ),
            "InvalidParameterValue",
        ),
        (
            lambda q, u: q.receive_message(QueueUrl=u, ReceiveRequestAttemptId="a"),
            "InvalidParameterValue",
        ),
        (
            lambda q, u: q.send_message(QueueUrl=u, MessageBody="m", MessageGroupId="with space"),
            "InvalidParameterValue",
        ),
        (
            lambda q, u: q.send_message_batch(
                QueueUrl=u,
                Entries=[
                    {
                        "Id": str(number),
                        "MessageBody": "m",
                        "MessageAttributes": {
                            "a": {"DataType": "String", "StringValue": "x" * 600_000}
                        },
                    }
                    for number in range(2)
                ],
            ),
            "AWS.SimpleQueueService.BatchRequestTooLong",
        ),
        (
            lambda q, u: q.cancel_message_move_task(TaskHandle="x"),
            "InvalidParameterValue",
        ),
    ],
)
def test_faults_have_awss_codes(queues, call, code: str) -> None:
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    with pytest.raises(ClientError) as failed:
        call(queues, url)
    assert failed.value.response["Error"]["Code"] == code


def test_a_move_task_gives_dead_letters_back(eventmill, queues) -> None:
    dead = queues.create_queue(QueueName="dead")["QueueUrl"]
    url = queues.create_queue(
        QueueName="q",
        Attributes={
            "RedrivePolicy": f'{{"deadLetterTargetArn":"{ARN}dead","maxReceiveCount":"1"}}'
        },
    )["QueueUrl"]
    sent = {
        queues.send_message(QueueUrl=url, MessageBody=str(number))["MessageId"]
        for number in range(3)
    }
    queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    eventmill.advance(31)
    assert "Messages" not in queues.receive_message(QueueUrl=url)
    queues.start_message_move_task(SourceArn=f"{ARN}dead")
    eventmill.settle()
    task = queues.list_message_move_tasks(SourceArn=f"{ARN}dead")["Results"][0]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 3)
    back = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in back) == ["0", "1", "2"]
    assert not sent & {message["MessageId"] for message in back}, "they are new messages"
    assert "Messages" not in queues.receive_message(QueueUrl=dead)


def test_a_message_past_its_retention_is_gone(eventmill, queues) -> None:
    url = queues.create_queue(QueueName="q", Attributes={"MessageRetentionPeriod": "60"})[
        "QueueUrl"
    ]
    queues.send_message(QueueUrl=url, MessageBody="m")
    eventmill.advance(61)
    assert "Messages" not in queues.receive_message(QueueUrl=url)


def test_a_fifo_queue_whose_messages_are_past_their_retention_is_at_rest(eventmill, queues) -> None:
    attributes = {"FifoQueue": "true", "MessageRetentionPeriod": "60"}
    url = queues.create_queue(QueueName="q.fifo", Attributes=attributes)["QueueUrl"]
    for group in ("a", "b"):
        queues.send_message(
            QueueUrl=url, MessageBody="m", MessageGroupId=group, MessageDeduplicationId=group
        )
    queues.receive_message(QueueUrl=url)
    eventmill.advance(3_700)
    eventmill.settle()
    found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["ApproximateNumberOfMessages"] == "0"
    # A consumer would look again and again for the message that this promises.
    assert eventmill.inner.database.read(lambda tx: sqs.next_visible(tx, f"{ARN}q.fifo")) is None


def test_a_move_task_keeps_the_order_of_a_fifo_queue(eventmill, queues) -> None:
    fifo = {"FifoQueue": "true", "VisibilityTimeout": "30"}
    dead = queues.create_queue(QueueName="dead.fifo", Attributes=fifo)["QueueUrl"]
    policy = f'{{"deadLetterTargetArn":"{ARN}dead.fifo","maxReceiveCount":"1"}}'
    queues.create_queue(QueueName="q.fifo", Attributes=fifo | {"RedrivePolicy": policy})
    for number in map(str, range(3)):
        queues.send_message(
            QueueUrl=dead, MessageBody=number, MessageGroupId="g", MessageDeduplicationId=number
        )
    # Somebody looks at the first one, which then becomes visible after the others.
    queues.receive_message(QueueUrl=dead, MaxNumberOfMessages=1)
    eventmill.advance(31)
    queues.start_message_move_task(SourceArn=f"{ARN}dead.fifo", DestinationArn=f"{ARN}q.fifo")
    eventmill.settle()
    back = queues.receive_message(QueueUrl="q.fifo", MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in back] == ["0", "1", "2"]


def test_a_lost_answer_of_a_fifo_queue_is_given_again(eventmill, queues) -> None:
    url = queues.create_queue(
        QueueName="q.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"},
    )["QueueUrl"]
    for body in ("1", "2"):
        queues.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")

    def ask(attempt: str) -> list[tuple[str, str]]:
        answer = queues.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, ReceiveRequestAttemptId=attempt
        )
        return [(m["Body"], m["ReceiptHandle"]) for m in answer.get("Messages", [])]

    first = ask("try")
    assert [body for body, _ in first] == ["1", "2"]
    assert ask("another") == [], "the group is in flight"
    eventmill.advance(20)
    assert ask("try") == first
    eventmill.advance(20)
    assert ask("another") == [], "the repetition made it invisible for longer"
    queues.delete_message(QueueUrl=url, ReceiptHandle=first[0][1])
    assert ask("try") == [], "what the attempt gave has changed"
    eventmill.advance(31)
    assert [body for body, _ in ask("try")] == ["2"]


def test_a_lost_answer_is_not_given_again_once_a_visibility_was_changed(eventmill, queues) -> None:
    url = queues.create_queue(QueueName="changed.fifo", Attributes={"FifoQueue": "true"})[
        "QueueUrl"
    ]
    for body in ("1", "2"):
        queues.send_message(
            QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body
        )

    def ask() -> list[dict[str, Any]]:
        answer = queues.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, ReceiveRequestAttemptId="try"
        )
        return answer.get("Messages", [])

    first = ask()
    assert [message["Body"] for message in first] == ["1", "2"]
    eventmill.advance(10)
    queues.change_message_visibility(
        QueueUrl=url, ReceiptHandle=first[1]["ReceiptHandle"], VisibilityTimeout=60
    )
    assert ask() == []
    eventmill.advance(61)
    assert [message["Body"] for message in ask()] == ["1", "2"]


def test_visibility_ends_twelve_hours_after_the_receive(eventmill, queues) -> None:
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="m")
    (message,) = queues.receive_message(QueueUrl=url, VisibilityTimeout=43_200)["Messages"]
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    eventmill.advance(3_600)
    queues.change_message_visibility(**change, VisibilityTimeout=39_000)
    with pytest.raises(ClientError, match="Total VisibilityTimeout for the message is beyond"):
        queues.change_message_visibility(**change, VisibilityTimeout=43_000)
    queues.delete_message(**change)
    with pytest.raises(ClientError, match="Message does not exist or is not available"):
        queues.change_message_visibility(**change, VisibilityTimeout=1)


def test_too_many_messages_in_flight(eventmill, queues, monkeypatch) -> None:
    monkeypatch.setattr(receiving, "IN_FLIGHT", 3)
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    for body in "abcde":
        queues.send_message(QueueUrl=url, MessageBody=body)
    held = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert len(held) == 3
    with pytest.raises(ClientError) as full:
        queues.receive_message(QueueUrl=url)
    assert full.value.response["Error"]["Code"] == "OverLimit"
    assert "Messages" not in queues.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    queues.delete_message(QueueUrl=url, ReceiptHandle=held[0]["ReceiptHandle"])
    assert len(queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 1


def test_a_group_and_a_trace_travel_with_a_message_of_a_standard_queue(queues) -> None:
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    trace = {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}
    sent = queues.send_message(
        QueueUrl=url,
        MessageBody="m",
        MessageGroupId="tenant",
        MessageSystemAttributes={"AWSTraceHeader": trace},
    )
    assert len(sent["MD5OfMessageSystemAttributes"]) == 32 and "SequenceNumber" not in sent
    (message,) = queues.receive_message(
        QueueUrl=url, MessageSystemAttributeNames=["MessageGroupId", "AWSTraceHeader"]
    )["Messages"]
    assert message["Attributes"] == {
        "MessageGroupId": "tenant",
        "AWSTraceHeader": trace["StringValue"],
    }


def test_without_its_dead_letter_queue_a_message_stays(eventmill, queues) -> None:
    dead = queues.create_queue(QueueName="dead")["QueueUrl"]
    policy = f'{{"deadLetterTargetArn":"{ARN}dead","maxReceiveCount":"1"}}'
    url = queues.create_queue(QueueName="q", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="m")
    queues.receive_message(QueueUrl=url)
    queues.delete_queue(QueueUrl=dead)
    eventmill.advance(31)
    assert queues.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "m"


def test_the_query_protocol_has_names_of_its_own(eventmill, queues) -> None:
    url = queues.create_queue(QueueName="by-form")["QueueUrl"]

    def said(action: str, **given: str) -> str:
        named = {name.replace("_", "."): value for name, value in given.items()}
        form = {"Action": action, "Version": "2012-11-05", "QueueUrl": url} | named
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = ask(eventmill.endpoint, "POST", headers, urlencode(form))
        assert answer.status == 200, answer.body
        return answer.body.decode()

    entry = "SendMessageBatchRequestEntry_1"
    attribute = {
        f"{entry}_MessageAttribute_1_Name": "colour",
        f"{entry}_MessageAttribute_1_Value_DataType": "String",
        f"{entry}_MessageAttribute_1_Value_StringValue": "red",
    }
    sent = said(
        "SendMessageBatch", **{f"{entry}_Id": "1", f"{entry}_MessageBody": "a"}, **attribute
    )
    assert "<SendMessageBatchResultEntry><Id>1</Id>" in sent
    said("SetQueueAttributes", Attribute_1_Name="VisibilityTimeout", Attribute_1_Value="5")
    said("TagQueue", Tag_1_Key="a", Tag_1_Value="b")
    assert "<Tag><Key>a</Key><Value>b</Value></Tag>" in said("ListQueueTags")
    timeout = "<Attribute><Name>VisibilityTimeout</Name><Value>5</Value></Attribute>"
    assert timeout in said("GetQueueAttributes", AttributeName_1="VisibilityTimeout")
    received = said("ReceiveMessage", MessageAttributeName_1="All", AttributeName_1="SenderId")
    assert "<Message><MessageId>" in received and "<Name>SenderId</Name>" in received
    assert "<MessageAttribute><Name>colour</Name><Value><StringValue>red</StringValue>" in received


def test_sources_of_a_dead_letter_queue_come_in_pages(queues) -> None:
    dead = queues.create_queue(QueueName="dead")["QueueUrl"]
    redrive = f'{{"deadLetterTargetArn": "{ARN}dead", "maxReceiveCount": 3}}'
    urls = [
        queues.create_queue(QueueName=f"q{number}", Attributes={"RedrivePolicy": redrive})
        for number in range(3)
    ]
    pages = queues.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead, PaginationConfig={"PageSize": 2}
    )
    found = [page["queueUrls"] for page in pages]
    assert [len(page) for page in found] == [2, 1]
    assert found[0] + found[1] == [made["QueueUrl"] for made in urls]
    with pytest.raises(ClientError, match="Must be between 1 and 1000"):
        queues.list_dead_letter_source_queues(QueueUrl=dead, MaxResults=0)


def test_queues_of_another_account_are_not_here(queues) -> None:
    queues.create_queue(QueueName="q")
    found = queues.get_queue_url(QueueName="q", QueueOwnerAWSAccountId="000000000000")
    assert found["QueueUrl"].endswith("/q")
    with pytest.raises(queues.exceptions.QueueDoesNotExist):
        queues.get_queue_url(QueueName="q", QueueOwnerAWSAccountId="111111111111")


def test_lists_as_values_of_attributes_are_refused(queues) -> None:
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    listed = {"DataType": "String", "StringValue": "a", "StringListValues": ["a", "b"]}
    with pytest.raises(queues.exceptions.UnsupportedOperation):
        queues.send_message(QueueUrl=url, MessageBody="m", MessageAttributes={"a": listed})
