"""A SAM template with a queue and its function, from deployment to dead letter."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from eventmill.kernel.errors import UsageError
from eventmill.testing import TestEngine, engine
from tests.queues import taken

APP = Path(__file__).parents[1] / "apps" / "queue"


def received(app: TestEngine, output: str) -> list[str]:
    return [message["Body"] for message in taken(app, app.outputs[output])]


def test_messages_reach_the_function_and_poison_the_dead_letter_queue(eventmill) -> None:
    outputs = eventmill.deploy(APP)
    queues = eventmill.client("sqs")
    for body in ("a", "poison", "b"):
        queues.send_message(QueueUrl=outputs["Queue"], MessageBody=body)
    eventmill.settle()
    assert sorted(received(eventmill, "Results")) == ["a", "b"]
    for _ in range(2):
        eventmill.advance(61)
        eventmill.settle()
    assert received(eventmill, "Dead") == ["poison"]


def test_a_second_deployment_changes_only_what_changed(tmp_path: Path) -> None:
    app = tmp_path / "app"
    shutil.copytree(APP, app)
    data = tmp_path / "data"
    with engine(data) as mill:
        first = mill.run(mill.inner.deploy(app, {}))
        assert len(first.created) == 6
        queue = first.outputs["Queue"].rpartition("/")[2]
    with engine(data) as mill:
        again = mill.run(mill.inner.deploy(app, {}))
        # Its address changed with the port, and the function's variable with it.
        assert again.created == [] and again.deleted == []
        assert set(again.updated) <= {"Work"}
        template = app / "template.yaml"
        text = template.read_text().replace("VisibilityTimeout: 60", "VisibilityTimeout: 90")
        template.write_text(text)
        changed = mill.run(mill.inner.deploy(app, {}))
        assert (changed.created, changed.updated) == ([], ["Queue"])
        assert changed.outputs["Queue"].rpartition("/")[2] == queue
        attributes = mill.client("sqs").get_queue_attributes(
            QueueUrl=changed.outputs["Queue"], AttributeNames=["VisibilityTimeout"]
        )
        assert attributes["Attributes"] == {"VisibilityTimeout": "90"}


def test_everything_refused_is_listed_before_anything_is_created(eventmill, tmp_path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n"
        "  Queue: {Type: AWS::SQS::Queue, Properties: {Colour: red}}\n"
        "  Rocket: {Type: AWS::Lamda::Rocket}\n"
    )
    with pytest.raises(UsageError) as refused:
        eventmill.deploy(template)
    assert f"{template}:2: Queue: AWS::SQS::Queue Colour" in str(refused.value)
    assert f"{template}:3: Rocket: AWS::Lamda::Rocket" in str(refused.value)
    assert "QueueUrls" not in eventmill.client("sqs").list_queues()


def test_names_of_nothing_are_refused_before_anything_is_created(eventmill, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        """\
Parameters: {Stage: {Type: String, Default: live}}
Resources:
  Early: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Stage}-${AWS::Region}"}}
  Job:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub ["${Own}-${Gone.Name}", {Own: !Ref Lost}]}
  Other: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub "${!Kept}-${AWS::StackName}"}}
Outputs:
  Url: {Value: !GetAtt Missing.Arn}
"""
    )
    with pytest.raises(UsageError) as refused:
        eventmill.deploy(template)
    assert [line.removeprefix(f"{template}:") for line in str(refused.value).splitlines()[1:]] == [
        "4: Job: AWS::SQS::Queue: Gone is no parameter or resource of the template",
        "4: Job: AWS::SQS::Queue: Lost is no parameter or resource of the template",
        "9: Url: Output: Missing is no parameter or resource of the template",
    ]
    assert "QueueUrls" not in eventmill.client("sqs").list_queues()


GLOBAL = """
Resources:
  Orders:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}, {AttributeName: day, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - {IndexName: by-day, KeySchema: [{AttributeName: day, KeyType: HASH}], Projection: {ProjectionType: ALL}}
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      Replicas: [{Region: us-east-1, PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}}]
Outputs:
  Orders: {Value: !Ref Orders}
  Stream: {Value: !GetAtt Orders.StreamArn}
"""  # noqa: E501


def test_a_global_table_is_its_own_only_replica(eventmill, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(GLOBAL)
    outputs = eventmill.deploy(tmp_path)
    table = {"TableName": outputs["Orders"]}
    tables = eventmill.client("dynamodb")
    tables.put_item(**table, Item={"id": {"S": "a"}, "day": {"S": "mon"}})
    found = tables.query(
        **table,
        IndexName="by-day",
        KeyConditionExpression="#d=:d",
        ExpressionAttributeNames={"#d": "day"},
        ExpressionAttributeValues={":d": {"S": "mon"}},
    )
    assert found["Items"] == [{"id": {"S": "a"}, "day": {"S": "mon"}}]
    shown = tables.describe_table(**table)["Table"]
    assert shown["LatestStreamArn"] == outputs["Stream"]


def test_policies_of_deletion_may_be_functions(eventmill, tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        """\
Transform: AWS::LanguageExtensions
Parameters: {Stage: {Type: String, Default: live}}
Conditions: {Live: !Equals [!Ref Stage, live]}
Resources:
  Kept:
    Type: AWS::SQS::Queue
    DeletionPolicy: !If [Live, Retain, Delete]
    Properties: {QueueName: kept}
  Gone:
    Type: AWS::SQS::Queue
    DeletionPolicy: !If [Live, Delete, Retain]
    Properties: {QueueName: gone}
  Other: {Type: AWS::SQS::Queue, Properties: {QueueName: other}}
"""
    )
    eventmill.deploy(file)
    file.write_text("Resources: {Other: {Type: AWS::SQS::Queue, Properties: {QueueName: other}}}")
    eventmill.deploy(file)
    urls = eventmill.client("sqs").list_queues()["QueueUrls"]
    assert sorted(url.rpartition("/")[2] for url in urls) == ["kept", "other"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("!Join [a]", 'Fn::Join cannot be applied to ["a"]'),
        ("!Sub {Fn::Transform: {Name: X}}", "Fn::Sub cannot be applied to"),
        ("!Select [x, [a]]", 'Fn::Select cannot be applied to ["x", ["a"]]'),
    ],
)
def test_what_a_function_cannot_take_is_named(
    eventmill, tmp_path: Path, value: str, said: str
) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        f"Resources: {{Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: {value}}}}}}}"
    )
    with pytest.raises(UsageError, match=re.escape(said)):
        eventmill.deploy(file)


def test_what_sam_build_made_is_not_built_again(eventmill, tmp_path: Path) -> None:
    """Its template still names the ways of building, whose sources are elsewhere."""
    built = tmp_path / "orders" / ".aws-sam" / "build"
    (built / "Work").mkdir(parents=True)
    (built / "Work" / "index.py").write_text("def handler(event, context):\n    return 'built'\n")
    (built / "template.yaml").write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: Work, Handler: index.handler, Runtime: python3.12}
    Metadata: {BuildMethod: makefile, SamResourceId: Work}
Outputs:
  Work: {Value: !Ref Work}
  Stack: {Value: !Ref AWS::StackName}
"""
    )
    outputs = eventmill.deploy(built)
    assert outputs["Stack"] == "orders"
    answer = eventmill.client("lambda").invoke(FunctionName=outputs["Work"])
    assert answer["Payload"].read() == b'"built"'


STORED = """
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: {BodyS3Location: {Bucket: documents, Key: KEY}}
Outputs:
  Api: {Value: !Ref Api}
"""


def test_the_document_of_a_rest_api_may_lie_in_a_bucket(eventmill, tmp_path: Path) -> None:
    s3, api = eventmill.client("s3"), eventmill.client("apigateway")
    s3.create_bucket(Bucket="documents")
    for key, path in (("one.json", "/orders"), ("two.json", "/orders/{id}")):
        document = {"openapi": "3.0.1", "info": {"title": key}, "paths": {path: {"get": {}}}}
        s3.put_object(Bucket="documents", Key=key, Body=json.dumps(document))
    file = tmp_path / "template.yaml"
    for key, paths in (
        ("one.json", {"/", "/orders"}),
        ("two.json", {"/", "/orders", "/orders/{id}"}),
    ):
        file.write_text(STORED.replace("KEY", key))
        number = eventmill.deploy(file)["Api"]
        assert api.get_rest_api(restApiId=number)["name"] == key
        found = api.get_resources(restApiId=number)["items"]
        assert {resource["path"] for resource in found} == paths
    file.write_text(STORED.replace("KEY", "absent.json"))
    with pytest.raises(UsageError, match=r"Api .*The specified key does not exist"):
        eventmill.deploy(file)


def test_the_document_of_an_http_api_may_lie_in_a_bucket(eventmill, tmp_path: Path) -> None:
    s3, api = eventmill.client("s3"), eventmill.client("apigatewayv2")
    s3.create_bucket(Bucket="documents")
    for key, path in (("one.json", "/orders"), ("two.yaml", "/orders/{id}")):
        text = f"""\
openapi: 3.0.1
info: {{title: {key}}}
paths:
  {path}:
    get:
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: GET
        uri: http://127.0.0.1:9
        payloadFormatVersion: "1.0"
"""
        s3.put_object(Bucket="documents", Key=key, Body=text)
    file = tmp_path / "template.yaml"
    stored = STORED.replace("ApiGateway::RestApi", "ApiGatewayV2::Api")
    for key, route in (("one.json", "GET /orders"), ("two.yaml", "GET /orders/{id}")):
        file.write_text(stored.replace("KEY", key))
        number = eventmill.deploy(file)["Api"]
        assert api.get_api(ApiId=number)["Name"] == key
        assert [found["RouteKey"] for found in api.get_routes(ApiId=number)["Items"]] == [route]


PACKAGED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Shared:
    Type: AWS::Lambda::LayerVersion
    Properties: {Content: layer}
  Plain:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Timeout: 20
      Handler: app.handler
      Role: arn:aws:iam::000000000000:role/r
      Code: ./code
      Layers: [!Ref Shared]
  Single:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, Timeout: 20, Handler: single.handler, CodeUri: code/single.py}
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: {BodyS3Location: api.yaml}
  Deployed:
    Type: AWS::ApiGateway::Deployment
    Properties: {RestApiId: !Ref Api, StageName: v1}
Outputs:
  Plain: {Value: !Ref Plain}
  Single: {Value: !Ref Single}
  Address: {Value: !Sub 'https://${Api}.execute-api.${AWS::Region}.amazonaws.com/v1'}
"""
DOCUMENT = """
openapi: 3.0.1
info: {title: from a file}
paths:
  /hello:
    get:
      responses: {'200': {description: fine}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: 200, responseTemplates: {application/json: '{"a": 1}'}}}
"""


def test_paths_that_aws_cloudformation_package_takes(tmp_path: Path) -> None:
    for place, text in {
        "template.yaml": PACKAGED,
        "api.yaml": DOCUMENT,
        "layer/python/shared.py": "NAME = 'shared'",
        "code/app.py": "import shared\ndef handler(event, context): return shared.NAME",
        "code/single.py": "import os\ndef handler(event, context): return os.listdir()",
    }.items():
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with engine() as mill:
        mill.deploy(tmp_path)

        def invoke(output: str) -> Any:
            answer = mill.client("lambda").invoke(FunctionName=mill.outputs[output])
            return json.loads(answer["Payload"].read())

        assert invoke("Plain") == "shared"
        assert invoke("Single") == ["single.py"]
        with urlopen(f"{mill.outputs['Address']}/hello") as answer:
            assert json.load(answer) == {"a": 1}


CONFIGURED = """
Parameters:
  Prefix: {Type: String}
  Title: {Type: String}
  Count: {Type: Number}
  Stage: {Type: String, Default: dev}
Resources:
  Queue: {Type: AWS::SQS::Queue}
Outputs:
  Said: {Value: !Sub '${Prefix}|${Title}|${Count}|${Stage}'}
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "samconfig.toml",
            """
            version = 0.1
            [default.deploy.parameters]
            parameter_overrides = "Prefix=a Title=\\"two words\\" Stage=prod Count=3 Old=1"
            """,
        ),
        (
            "samconfig.toml",
            """
            [default.global.parameters]
            parameter_overrides = ["Prefix=a", "ParameterKey=Title,ParameterValue='two words'"]
            [default.deploy.parameters]
            parameter_overrides = ["Prefix=a", "Title='two words'", "Count=3"]
            """,
        ),
        (
            "samconfig.yaml",
            """
            default:
              deploy:
                parameters:
                  parameter_overrides: {Prefix: a, Title: two words, Count: 3}
            """,
        ),
    ],
)
def test_parameters_without_a_default_are_those_of_sam_deploy(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / "template.yaml").write_text(CONFIGURED)
    (tmp_path / name).write_text(textwrap.dedent(text))
    with engine() as mill:
        mill.deploy(tmp_path)
        assert mill.outputs["Said"] == "a|two words|3|dev"
        mill.deploy(tmp_path, parameters={"Prefix": "b"})
        assert mill.outputs["Said"] == "b|two words|3|dev"
    (tmp_path / name).write_text(textwrap.dedent(text).replace("3", "three"))
    with engine() as mill, pytest.raises(UsageError, match=rf"{name}: the parameter Count"):
        mill.deploy(tmp_path)
