"""Buckets whose writes a trail logs, and the rules that published templates make of that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.testing import TestEngine, engine
from tests.queues import taken
from tests.shape import assert_shape, recorded

TEMPLATE = """
Parameters:
  Kind: {Type: String, Default: Plain}
Conditions:
  Plain: !Equals [!Ref Kind, Plain]
  Advanced: !Equals [!Ref Kind, Advanced]
Resources:
  Photos:
    Type: AWS::S3::Bucket
    Properties: {BucketName: trailed-photos}
  Logs:
    Type: AWS::S3::Bucket
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties:
      IsLogging: true
      S3BucketName: !Ref Logs
      EventSelectors: !If
        - Plain
        - - ReadWriteType: WriteOnly
            DataResources:
              - Type: AWS::S3::Object
                Values: [!Sub '${Photos.Arn}/in/']
        - !Ref AWS::NoValue
      AdvancedEventSelectors: !If
        - Advanced
        - - FieldSelectors:
              - {Field: eventCategory, Equals: [Data]}
              - {Field: resources.type, Equals: ['AWS::S3::Object']}
              - {Field: readOnly, Equals: ['false']}
        - !Ref AWS::NoValue
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern:
        source: [aws.s3]
        detail-type: [AWS API Call via CloudTrail]
        detail: {eventSource: [s3.amazonaws.com]}
      Targets: [{Arn: !GetAtt Told.Arn, Id: told}]
  Told:
    Type: AWS::SQS::Queue
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Told]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Told.Arn
Outputs:
  Told: {Value: !Ref Told}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("trails") / "template.yaml"
    file.write_text(TEMPLATE)
    return file


@pytest.fixture(scope="module")
def app(template: Path) -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(template)
        yield running


def told(app: TestEngine) -> list[dict[str, Any]]:
    app.settle()
    return [json.loads(message["Body"]) for message in taken(app, app.outputs["Told"])]


def calls(app: TestEngine) -> list[tuple[str, str]]:
    details = [event["detail"] for event in told(app)]
    return [(detail["eventName"], detail["requestParameters"]["key"]) for detail in details]


def test_a_write_is_told_as_the_call_that_it_was(app: TestEngine) -> None:
    s3 = app.client("s3")
    s3.put_object(Bucket="trailed-photos", Key="in/a b.jpg", Body=b"photo")
    s3.put_object(Bucket="trailed-photos", Key="out/a.jpg", Body=b"photo")
    (event,) = told(app)
    assert_shape(event, recorded("s3.trail"))


def test_each_kind_of_write_has_its_name(app: TestEngine) -> None:
    s3, bucket = app.client("s3"), {"Bucket": "trailed-photos"}
    s3.put_object(**bucket, Key="out/source", Body=b"x")
    s3.copy_object(**bucket, Key="in/copy", CopySource="trailed-photos/out/source")
    upload = s3.create_multipart_upload(**bucket, Key="in/parts")["UploadId"]
    part = {"PartNumber": 1, "UploadId": upload, "Key": "in/parts", **bucket}
    etag = s3.upload_part(**part, Body=b"x")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    s3.complete_multipart_upload(**bucket, Key="in/parts", UploadId=upload, MultipartUpload=parts)
    s3.put_object_tagging(**bucket, Key="in/copy", Tagging={"TagSet": []})
    s3.delete_object(**bucket, Key="in/copy")
    assert sorted(calls(app)) == [
        ("CompleteMultipartUpload", "in/parts"),
        ("CopyObject", "in/copy"),
        ("DeleteObject", "in/copy"),
        ("PutObjectTagging", "in/copy"),
    ]


def test_advanced_selectors_and_buckets_that_came_later(template: Path) -> None:
    with engine() as mill:
        mill.deploy(template, parameters={"Kind": "Advanced"})
        s3 = mill.client("s3")
        s3.create_bucket(Bucket="trailed-later")
        s3.put_object(Bucket="trailed-later", Key="any", Body=b"")
        assert calls(mill) == [("PutObject", "any")]
        mill.deploy(template, parameters={"Kind": "None"})
        s3.put_object(Bucket="trailed-later", Key="any", Body=b"")
        assert calls(mill) == []


def test_check_says_what_comes_of_a_trail(template: Path) -> None:
    checked = CliRunner().invoke(cli, ["check", str(template)])
    assert checked.exit_code == 0
    assert (
        "AWS::CloudTrail::Trail Trail is recorded: of what it logs only the writing of objects is"
        " told, to the default event bus"
    ) in checked.output
