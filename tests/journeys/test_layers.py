"""Layers of other accounts, which public templates name by their ARNs."""

from __future__ import annotations

import json
from pathlib import Path

from eventmill.testing import engine

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
