"""Layers of other accounts, which public templates name by their ARNs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import TestEngine, engine

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Timeout: 20
      Handler: index.handler
      Layers:
        - arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python312-x86_64:7
        - arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:53
      InlineCode: |
        import aws_lambda_powertools
        def handler(event, context):
            return aws_lambda_powertools.__file__
Outputs:
  Hello: {Value: !Ref Hello}
"""


def test_powertools_is_there_and_an_extension_is_only_named(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    with engine() as mill:
        mill.deploy(tmp_path)
        functions, name = mill.client("lambda"), mill.outputs["Hello"]
        answer = functions.invoke(FunctionName=name)
        assert json.loads(answer["Payload"].read()).startswith(str(mill.inner.data.path))
        shown = functions.get_function(FunctionName=name)["Configuration"]["Layers"]
        assert [layer["Arn"].split(":")[6] for layer in shown] == [
            "AWSLambdaPowertoolsPythonV3-python312-x86_64",
            "LambdaInsightsExtension",
        ]


BUILT = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: shared}
    Metadata: {BuildMethod: python3.12}
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Timeout: 20
      Handler: index.handler
      Layers: [!Ref Shared]
      InlineCode: |
        import shared
        def handler(event, context):
            return shared.NAME
Outputs:
  Hello: {Value: !Ref Hello}
"""


def test_a_built_layer_without_dependencies_has_its_source_where_functions_look(
    tmp_path: Path,
) -> None:
    (tmp_path / "template.yaml").write_text(BUILT)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "shared.py").write_text("NAME = 'shared'")
    (tmp_path / "shared" / "requirements.txt").write_text("# none yet\n")
    with engine() as mill:
        mill.deploy(tmp_path)
        answer = mill.client("lambda").invoke(FunctionName=mill.outputs["Hello"])
        assert json.loads(answer["Payload"].read()) == "shared"


EXTENSION = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: shop/key, SecretString: hush}
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {Name: /shop/level, Type: String, Value: high}
  Asks:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Timeout: 20
      Handler: index.handler
      Layers:
        - arn:aws:lambda:us-east-1:177933569100:layer:AWS-Parameters-and-Secrets-Lambda-Extension:11
      InlineCode: |
        import json, os
        from urllib.error import HTTPError
        from urllib.request import Request, urlopen
        def handler(event, context):
            port = os.environ["PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"]
            token = event.get("token") or os.environ["AWS_SESSION_TOKEN"]
            request = Request(f"http://localhost:{port}{event['path']}")
            request.add_header("X-Aws-Parameters-Secrets-Token", token)
            try:
                with urlopen(request) as answer:
                    return json.load(answer)
            except HTTPError as error:
                return [error.code, error.read().decode()]
Outputs:
  Asks: {Value: !Ref Asks}
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngine]:
    template = tmp_path_factory.mktemp("extension") / "template.yaml"
    template.write_text(EXTENSION)
    with engine() as mill:
        mill.deploy(template)
        yield mill


def ask(mill: TestEngine, path: str, **more: str) -> Any:
    answer = mill.client("lambda").invoke(
        FunctionName=mill.outputs["Asks"], Payload=json.dumps({"path": path, **more})
    )
    return json.loads(answer["Payload"].read())


def test_the_extension_tells_secrets_and_parameters(extended: TestEngine) -> None:
    secret = ask(extended, "/secretsmanager/get?secretId=shop%2Fkey")
    assert secret["SecretString"] == "hush" and secret["VersionStages"] == ["AWSCURRENT"]
    assert secret["CreatedDate"].endswith("Z") and secret["ResultMetadata"] == {}
    found = ask(extended, "/systemsmanager/parameters/get/?name=%2Fshop%2Flevel&version=1")
    assert found["Parameter"]["Value"] == "high" and found["Parameter"]["Version"] == 1


def test_the_extension_decrypts_only_when_it_is_asked_to(extended: TestEngine) -> None:
    extended.client("ssm").put_parameter(Name="/shop/pin", Type="SecureString", Value="1234")
    path = "/systemsmanager/parameters/get?name=%2Fshop%2Fpin"
    assert ask(extended, path)["Parameter"]["Value"] != "1234"
    assert ask(extended, f"{path}&withDecryption=true")["Parameter"]["Value"] == "1234"


def test_what_the_extension_refuses(extended: TestEngine) -> None:
    status, text = ask(extended, "/secretsmanager/get?secretId=none")
    assert status == 400 and text.startswith("ResourceNotFoundException: ")
    status, text = ask(extended, "/systemsmanager/parameters/get")
    assert (status, text) == (400, "ValidationException: the query has no name")
    status, _ = ask(extended, "/secretsmanager/get?secretId=shop%2Fkey", token="another")
    assert status == 401


SPAWNED = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.12, Timeout: 20, CodeUri: code, Handler: pkg/app.handler}
Resources:
  Wrapper:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: wrapper}
  Linked:
    Type: AWS::Serverless::Function
  Wrapped:
    Type: AWS::Serverless::Function
    Properties:
      Layers: [!Ref Wrapper]
      Environment: {Variables: {AWS_LAMBDA_EXEC_WRAPPER: /opt/quicker}}
  Unwrapped:
    Type: AWS::Serverless::Function
    Properties:
      Layers:
        - arn:aws:lambda:us-east-1:901920570463:layer:aws-otel-python-amd64-ver-1-25-0:1
      Environment: {Variables: {AWS_LAMBDA_EXEC_WRAPPER: /opt/otel-instrument}}
Outputs:
  Linked: {Value: !Ref Linked}
  Wrapped: {Value: !Ref Wrapped}
  Unwrapped: {Value: !Ref Unwrapped}
"""
HANDLER = """
import os, sys
def handler(event, context):
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    return [sys.flags.optimize, os.environ.get("WRAPPED"), libraries[1:2], context.function_name]
"""
WRAPPER = """#!/bin/bash
args=("$@")
export WRAPPED=yes
exec "${args[@]:0:$#-1}" -O "${args[@]: -1}"
"""


def test_python_with_shared_libraries_or_a_wrapper(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(SPAWNED)
    for place, text in {
        "code/pkg/app.py": HANDLER,
        "code/lib/libown.so.1": "",
        "wrapper/quicker": WRAPPER,
    }.items():
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
    with engine() as mill:
        mill.deploy(tmp_path)
        for output, optimized, said in (
            ("Linked", 0, None),
            ("Wrapped", 1, "yes"),
            ("Unwrapped", 0, None),
        ):
            name = mill.outputs[output]
            answer = mill.client("lambda").invoke(FunctionName=name)
            flags, wrapped, libraries, function = json.loads(answer["Payload"].read())
            assert (flags, wrapped, function) == (optimized, said, name)
            assert libraries[0].endswith("/lib")
