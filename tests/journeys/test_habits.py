"""What published templates count on, though no document promises it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventmill.testing import TestEngine, engine
from tests.journeys.rest_client import ask

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  BucketName: {Type: String}
  Pages: {Type: CommaDelimitedList, Default: "https://a.example"}
Resources:
  # These name what they belong to by its name, and stand before it.
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref BucketName
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: "*"
            Action: s3:GetObject
            Resource: !Sub "arn:aws:s3:::${BucketName}/*"
  MayAsk:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Sub "${AWS::StackName}-worker"
      Action: lambda:InvokeFunction
      Principal: events.amazonaws.com
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: habits-bus
      EventPattern: {source: [habits]}
      Targets: [{Id: worker, Arn: !GetAtt Worker.Arn}]
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref BucketName}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: habits-bus}}
  Site:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowMethods: [GET], AllowOrigins: !Ref Pages}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "${AWS::StackName}-worker"
      Runtime: python3.13
      Handler: index.handler
      InlineCode: |
        import json, urllib.request
        def handler(event, context):
            if "ResponseURL" not in event:
                return "seen"
            said = {"Status": "SUCCESS", "Data": {"Request": context.aws_request_id}}
            body = json.dumps(said).encode()
            put = urllib.request.Request(event["ResponseURL"], body, method="PUT")
            urllib.request.urlopen(put)
      Events:
        Slashed: {Type: HttpApi, Properties: {ApiId: !Ref Site, Path: /slashed/, Method: GET}}
  Own: {Type: Custom::Own, Properties: {ServiceToken: !GetAtt Worker.Arn}}
  Egress:
    Type: AWS::Serverless::NetworkConnector
    Properties:
      VpcConfig: {SubnetIds: [subnet-1], SecurityGroupIds: [sg-1], NetworkProtocol: IPv4}
Outputs:
  Url: {Value: !Sub "https://${Site}.execute-api.${AWS::Region}.amazonaws.com"}
  Request: {Value: !GetAtt Own.Request}
  Egress: {Value: !GetAtt Egress.Arn}
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngine]:
    folder: Path = tmp_path_factory.mktemp("apps") / "habits"
    folder.mkdir()
    (folder / "template.yaml").write_text(TEMPLATE)
    pages = "https://a.example, https://b.example"
    with engine() as running:
        running.deploy(folder, {"BucketName": "habits-bucket", "Pages": pages})
        yield running


def test_what_says_its_owners_name_is_made_after_it(app: TestEngine) -> None:
    policy = app.client("s3").get_bucket_policy(Bucket="habits-bucket")["Policy"]
    assert json.loads(policy)["Statement"][0]["Action"] == "s3:GetObject"
    sent = {"Source": "habits", "DetailType": "any", "Detail": "{}", "EventBusName": "habits-bus"}
    before = app.log_position()
    app.client("events").put_events(Entries=[sent])
    app.settle()
    assert [line for line in app.logs(after=before) if "habits-worker: START" in line]


def test_a_list_parameter_is_a_list_to_sam(app: TestEngine) -> None:
    def allowed(origin: str) -> str | None:
        answer = ask(f"{app.outputs['Url']}/slashed/", headers={"Origin": origin})
        assert (answer.status, answer.body) == (200, b"seen")
        return answer["access-control-allow-origin"]

    assert allowed("https://b.example") == "https://b.example"
    assert allowed("https://a.example") == "https://a.example"
    # Part of the parameter's text, and no entry of the list.
    assert allowed("https://b.ex") is None


def test_a_function_behind_a_custom_resource_has_a_request_id(app: TestEngine) -> None:
    assert len(app.outputs["Request"]) == 36


def test_a_network_connector_is_recorded(app: TestEngine) -> None:
    assert ":network-connector:" in app.outputs["Egress"]
