"""HTTP and WebSocket APIs of a template, through a plain HTTP client and a WebSocket client."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from eventmill.testing import engine
from tests.journeys.rest_client import fetch

APP = Path(__file__).parents[1] / "apps" / "apis"


@pytest.fixture(scope="module")
def site():
    with engine() as mill:
        yield mill.deploy(APP)


def test_the_function_gets_the_request_and_gives_the_answer(site) -> None:
    status, headers, body = fetch(f"{site['Site']}/items/7%2F8?a=1&a=2&b=", Cookie="x=1; y=2")
    assert status == 201
    assert headers["x-seen"] == "1"
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    event = json.loads(body)
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /items/{id}"
    assert event["pathParameters"] == {"id": "7/8"}
    assert event["queryStringParameters"] == {"a": "1,2", "b": ""}
    assert event["cookies"] == ["x=1", "y=2"]
    assert event["requestContext"]["http"]["method"] == "GET"
    assert "body" not in event and "stageVariables" not in event


def test_greedy_paths_and_missing_routes(site) -> None:
    assert json.loads(fetch(f"{site['Site']}/files/a/b.txt", "POST")[2])["pathParameters"] == {
        "proxy": "a/b.txt"
    }
    assert fetch(f"{site['Site']}/nothing")[0] == 404
    assert fetch(f"{site['Site']}/items/1", "POST")[0] == 404


def test_a_function_that_fails_is_an_internal_error(site) -> None:
    status, _, body = fetch(f"{site['Site']}/broken")
    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})


def test_the_authorizer_decides(site) -> None:
    assert fetch(f"{site['Site']}/secret")[0] == 401
    assert fetch(f"{site['Site']}/secret", Authorization="no")[0] == 403
    status, _, body = fetch(f"{site['Site']}/secret", Authorization="yes")
    assert status == 201
    assert json.loads(body)["requestContext"]["authorizer"] == {"lambda": {"user": "u1"}}


def test_cors_is_answered_by_the_api(site) -> None:
    status, headers, _ = fetch(
        f"{site['Site']}/items/1",
        "OPTIONS",
        Origin="https://page.example",
        Access_Control_Request_Method="GET",
    )
    assert status == 204
    assert headers["access-control-allow-origin"] == "https://page.example"
    assert headers["access-control-max-age"] == "60"
    _, headers, _ = fetch(f"{site['Site']}/items/1", Origin="https://other.example")
    assert "access-control-allow-origin" not in headers


def test_a_socket_is_refused_or_talks_through_its_connection(site) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(site["Chat"])
    assert refused.value.response.status_code == 401
    with connect(f"{site['Chat']}?token=yes") as socket:
        socket.send('{"action": "anything"}')
        assert socket.recv(timeout=10) == 'heard {"action": "anything"}'


def test_an_event_without_a_path_takes_every_request(eventmill, tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Resources:
  All:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: "def handler(event, context): return event['routeKey'] + ' ' + event['rawPath']"
      Events: {Api: {Type: HttpApi}}
Outputs:
  Url: {Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/"}
"""
    )
    url = eventmill.deploy(file)["Url"]
    assert fetch(f"{url}any/where", "PUT")[2] == b"$default /any/where"
    assert fetch(url)[2] == b"$default /"


SNAPSHOT = """\
Resources:
  Deployment:
    Type: AWS::ApiGatewayV2::Deployment
    DependsOn: Route
    Properties: {ApiId: !Ref Api}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: live}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: chat
      ProtocolType: WEBSOCKET
      RouteSelectionExpression: $request.body.action
  Mock:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: MOCK
      RequestTemplates: {$default: '{"statusCode": 200}'}
      TemplateSelectionExpression: \\$default
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $default
      RouteResponseSelectionExpression: $default
      Target: !Sub "integrations/${Mock}"
  RouteResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Api, RouteId: !Ref Route, RouteResponseKey: $default}
  MockResponse:
    Type: AWS::ApiGatewayV2::IntegrationResponse
    Properties:
      ApiId: !Ref Api
      IntegrationId: !Ref Mock
      IntegrationResponseKey: $default
      ResponseTemplates: {$default: '{"said": "yes"}'}
      TemplateSelectionExpression: \\$default
Outputs:
  Url: {Value: !Sub "wss://${Api}.execute-api.${AWS::Region}.amazonaws.com/${Stage}"}
"""


def test_a_deployment_has_what_is_made_beside_it(eventmill, tmp_path: Path) -> None:
    """Its DependsOn names the routes alone, as in published templates."""
    file = tmp_path / "template.yaml"
    file.write_text(SNAPSHOT)
    with connect(eventmill.deploy(file)["Url"]) as socket:
        socket.send('{"action": "any"}')
        assert json.loads(socket.recv(timeout=5)) == {"said": "yes"}
