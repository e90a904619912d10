"""How time passes in tests of applications."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from eventmill.testing import TestEngine, engine

TEMPLATE = """
Resources:
  Failing:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: failing
      Runtime: python3.12
      Handler: index.handler
      Role: arn:aws:iam::000000000000:role/any
      Code:
        ZipFile: |
          def handler(event, context):
              raise ValueError("never")
  Counting:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: counting
      Runtime: python3.12
      Handler: index.handler
      Role: arn:aws:iam::000000000000:role/any
      Code:
        ZipFile: |
          def handler(event, context):
              for record in event.get("Records", [{"body": "tick"}]):
                  print("got", record["body"])
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
  Work:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: work
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Gathered: {Type: AWS::SQS::Queue, Properties: {QueueName: gathered}}
  FromWork:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Work.Arn, FunctionName: !Ref Failing}
  FromGathered:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Gathered.Arn
      FunctionName: !Ref Counting
      MaximumBatchingWindowInSeconds: 5
  Asynchronous:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Failing
      Qualifier: $LATEST
      DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngine]:
    folder: Path = tmp_path_factory.mktemp("times")
    (folder / "template.yaml").write_text(TEMPLATE)
    with engine() as running:
        running.deploy(folder)
        yield running


def send(app: TestEngine, name: str, body: str) -> Any:
    sqs = app.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body)
    app.settle()
    return url


def dead(app: TestEngine) -> list[str]:
    sqs = app.client("sqs")
    url = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url).get("Messages", [])
    for one in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return [one["Body"] for one in found]


def test_retries_follow_one_another_as_time_elapses(app: TestEngine) -> None:
    send(app, "work", "poison")
    app.elapse(60)
    assert dead(app) == []
    app.elapse(60)
    assert dead(app) == ["poison"]
    app.client("lambda").invoke(FunctionName="failing", InvocationType="Event", Payload=b"{}")
    app.elapse(170)
    assert dead(app) == []
    app.elapse(60)
    (record,) = dead(app)
    assert '"approximateInvokeCount":3' in record.replace(" ", "")


@pytest.mark.parametrize("leap", [True, False])
def test_what_a_window_gathered_is_handled_once_however_far_time_goes(
    app: TestEngine, leap: bool
) -> None:
    url = send(app, "gathered", f"m{leap}")
    for _ in range(2):
        if leap:
            app.advance(60)
            app.settle()
        else:
            app.elapse(60)
    assert [line for line in app.logs() if f"got m{leap}" in line] == [
        f"/aws/lambda/counting: got m{leap}"
    ]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = app.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    assert set(left["Attributes"].values()) == {"0"}


def test_the_fixture_leads_sdks_to_its_engine(eventmill: TestEngine) -> None:
    boto3.client("sqs").create_queue(QueueName="plain")
    (url,) = eventmill.client("sqs").list_queues()["QueueUrls"]
    assert url.endswith("/plain")
