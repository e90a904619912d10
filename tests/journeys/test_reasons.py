"""Where the owner of an API finds why it answered with an error of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from eventmill.cli.main import cli

TEMPLATE = """
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      Role: arn:aws:iam::000000000000:role/r
      Code: {ZipFile: "def handler(event, context):\\n    return {'statusCode': 'none'}"}
  Allowed:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Fn
      Action: lambda:InvokeFunction
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub "arn:aws:execute-api:*:*:${Rest}/*"
  Http:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: h, ProtocolType: HTTP, Target: !GetAtt Fn.Arn}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /access}}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Http
      StageName: told
      AutoDeploy: true
      AccessLogSettings:
        DestinationArn: !GetAtt Logs.Arn
        Format: "$context.status $context.integrationErrorMessage"
  Rest: {Type: AWS::ApiGateway::RestApi, Properties: {Name: r}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Rest
      ResourceId: !GetAtt Rest.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      Integration:
        Type: AWS_PROXY
        IntegrationHttpMethod: POST
        Uri: !Sub
          - "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Arn}/invocations"
          - {Arn: !GetAtt Fn.Arn}
  Deployed:
    Type: AWS::ApiGateway::Deployment
    DependsOn: Get
    Properties: {RestApiId: !Ref Rest, StageName: live}
  Own: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: o, ProtocolType: HTTP}}
  Guard:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Own
      Name: guard
      AuthorizerType: REQUEST
      AuthorizerPayloadFormatVersion: "2.0"
      AuthorizerUri: !Sub
        - "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Arn}/invocations"
        - {Arn: !GetAtt Fn.Arn}
  Call: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Own,
    IntegrationType: AWS_PROXY, PayloadFormatVersion: "2.0", IntegrationUri: !GetAtt Fn.Arn}}
  Guarded: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Own, RouteKey: $default,
    AuthorizationType: CUSTOM, AuthorizerId: !Ref Guard, Target: !Sub "integrations/${Call}"}}
  OwnStage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Own
      StageName: own
      AutoDeploy: true
      AccessLogSettings:
        DestinationArn: !GetAtt Logs.Arn
        Format: "$context.status $context.authorizer.error $context.integrationErrorMessage"
  Socket: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: s, ProtocolType: WEBSOCKET,
    RouteSelectionExpression: $request.body.a}}
  Handle: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Socket,
    IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Fn.Arn}}
  Default: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Socket, RouteKey: $default,
    Target: !Sub "integrations/${Handle}"}}
  SocketStage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Socket
      StageName: live
      AutoDeploy: true
      AccessLogSettings:
        DestinationArn: !GetAtt Logs.Arn
        Format: "$context.routeKey $context.status $context.integrationErrorMessage"
Outputs:
  Own: {Value: !Ref Own}
  Socket: {Value: !Ref Socket}
  Http: {Value: !Ref Http}
  Rest: {Value: !Ref Rest}
"""

ASKS = """
import os, urllib.error, urllib.request, boto3
base = os.environ["AWS_ENDPOINT_URL"] + "/_aws/execute-api/"
for name, stage in (("Http", "told"), ("Rest", "live"), ("Own", "own")):
    for _ in range(2):
        try:
            urllib.request.urlopen(f"{base}{os.environ['EVENTMILL_OUTPUT_' + name]}/{stage}/")
        except urllib.error.HTTPError as error:
            print(error.code)
from websockets.sync.client import connect
place = base.replace("http", "ws", 1) + os.environ["EVENTMILL_OUTPUT_Socket"] + "/live"
with connect(place) as socket:
    socket.send("x")
    print(socket.recv())
logs = boto3.client("logs")
settle = os.environ["AWS_ENDPOINT_URL"] + "/_eventmill/settle"
urllib.request.urlopen(urllib.request.Request(settle, method="POST", data=b"{}"))
for event in logs.filter_log_events(logGroupName="/access")["events"]:
    print(event["message"])
"""


def test_the_console_and_the_access_log_tell_why(tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    given = ["run", str(tmp_path), "--port", "0", "--", sys.executable, "-c", ASKS]
    done = CliRunner().invoke(cli, given)
    printed = capfd.readouterr()
    assert done.exit_code == 0, done.output + printed.err
    lines = printed.out.splitlines()
    assert lines[:6] == ["500", "500", "502", "502", "500", "500"]
    assert json.loads(lines[6])["message"] == "Internal server error"
    told = "Invalid permissions on Lambda function arn:aws:lambda:"
    assert sorted({line.partition(told)[0] for line in lines[7:]}) == [
        "$default 500 ",
        "500 ",
    ]
    (own,) = {line for line in lines[7:] if "authorizers/" in line}
    assert own.endswith(" -")
    warnings = [line.strip() for line in done.output.splitlines() if "warning: " in line]
    assert len(warnings) == 4, warnings
    assert "answers 500: Invalid permissions on Lambda function" in warnings[0]
    assert "of REST API" in warnings[1] and "answers 502: " in warnings[1]
    assert "$default of HTTP API" in warnings[2] and "answers 500: Invalid perm" in warnings[2]
    assert "$default of WebSocket API" in warnings[3] and "fails: Invalid perm" in warnings[3]
