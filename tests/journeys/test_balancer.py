"""Application load balancers: a template's listeners, rules and functions, over plain HTTP."""

from __future__ import annotations

import http.client
import http.server
import json
import socket
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from eventmill.kernel.errors import UsageError
from eventmill.testing import engine
from tests.journeys.rest_client import fetch
from tests.ports import free_port
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "balancer"


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture(scope="module")
def app(ports):
    with engine() as running:
        given = {"HttpPort": str(ports[0]), "SecurePort": str(ports[1])}
        running.deploy(APP, given)
        yield running


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_outputs_lead_to_the_listeners(app, ports) -> None:
    assert app.outputs["Site"] == f"http://127.0.0.1:{ports[0]}"
    assert app.outputs["Bare"] == "127.0.0.1"
    assert app.outputs["Secure"] == f"http://127.0.0.1:{ports[1]}/"
    assert app.outputs["Group"].startswith("sg-") and app.outputs["Nat"].startswith("nat-")


def test_the_event_is_aws_s_field_by_field(app) -> None:
    url = f"{app.outputs['Site']}/a%20b/c?k=1&k=2&name=a%2Bb"
    status, headers, body = fetch(url, "POST", b"hello", Content_Type="text/plain")
    assert status == 200 and headers["server"] == "awselb/2.0" and headers["date"]
    assert_shape(json.loads(body), recorded("balancer.request"))


def test_with_multi_value_headers_every_value_arrives(app, ports) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", ports[0])
    connection.putrequest("GET", "/multi/x?k=1&k=2")
    for name, value in (
        ("X-Two", "a"),
        ("X-Two", "b"),
        ("X-Forwarded-For", "10.1.2.3"),
        ("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793"),
    ):
        connection.putheader(name, value)
    connection.endheaders()
    assert_shape(json.loads(connection.getresponse().read()), recorded("balancer.multi"))
    _, headers, body = fetch(f"{app.outputs['Site']}/multi/plain")
    assert headers.get_all("set-cookie") == ["a=1", "b=2"] and body == b"many"
    assert "x-ignored" not in headers


def test_bodies_that_are_not_text_are_encoded_both_ways(app) -> None:
    site = app.outputs["Site"]
    for kind, encoded in (("application/json", False), ("a/b", True), ("text/html", False)):
        event = json.loads(fetch(site, "POST", b"x", Content_Type=kind)[2])
        assert (event["isBase64Encoded"], event["body"]) == (encoded, "eA==" if encoded else "x")
    status, headers, body = fetch(f"{site}/plain")
    assert (status, headers["x-kind"], body) == (201, "plain", b"hi")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/raise", 502),
        ("/sleep", 502),
        ("/malformed", 502),
        ("/large", 502),
        ("/closed", 502),
        ("/empty", 503),
    ],
)
def test_what_gives_no_answer(app, path: str, status: int) -> None:
    given, headers, body = fetch(f"{app.outputs['Site']}{path}")
    assert given == status and headers["content-type"] == "text/html"
    assert body.startswith(f"<html>\r\n<head><title>{status} ".encode())


def test_requests_that_are_too_long_or_upgrade_are_refused(app, ports) -> None:
    assert fetch(app.outputs["Site"], "POST", bytes(1_048_577))[0] == 413
    connection = http.client.HTTPConnection("127.0.0.1", ports[0])
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    connection.request("GET", "/", headers=upgrade)
    assert connection.getresponse().status == 400


def test_rules_by_host_header_query_method_and_address(app) -> None:
    site, beta = app.outputs["Site"], {"Host": "BETA.example", "X_Stage": "TEST"}
    status, headers, body = fetch(f"{site}/?a=1&V=2x", "PUT", **beta)
    assert (status, headers["content-type"], body) == (403, "text/plain; charset=utf-8", b"beta")
    assert fetch(f"{site}/?v=2", "POST", **beta)[2] != b"beta"
    assert fetch(f"{site}/?v=3", "PUT", **beta)[2] != b"beta"
    assert fetch(f"{site}/?v=2", "PUT", X_Stage="test")[2] != b"beta"
    assert fetch(site, Host="evil.example")[0] == 403


def test_a_redirect_leads_to_the_other_listener(app, ports) -> None:
    status, headers, _ = fetch(f"{app.outputs['Site']}/secure/a?b=c", follow=False)
    assert status == 301
    assert headers["location"] == f"http://127.0.0.1:{ports[1]}/secure/a?b=c"
    status, headers, body = fetch(headers["location"])
    assert (status, headers["content-type"]) == (404, "application/json; charset=utf-8")
    assert json.loads(body) == {"message": "nothing here"}


def test_the_dns_name_reaches_it_through_the_engine_s_own_port(app) -> None:
    balancers = app.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert [held["LoadBalancerArn"] for held in balancers] == [app.outputs["Balancer"]]
    inner = app.inner.database.read(
        lambda tx: tx.one("SELECT config ->> '$.DNSName' FROM elbv2_records WHERE kind='balancer'")
    )
    assert fetch(f"{app.endpoint}/plain", Host=inner[0])[0] == 201


def test_health_checks_are_events_on_the_moved_clock(app) -> None:
    client, group = app.client("elbv2"), app.outputs["Multi"]

    def state() -> dict[str, Any]:
        (entry,) = client.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        assert entry["Target"]["Id"] == app.outputs["PlainArn"]
        return dict(entry["TargetHealth"])

    app.settle()
    assert state() == {"State": "healthy"}
    lines = app.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{app.outputs['Plain']}", filterPattern="CHECK"
    )
    check = json.loads(lines["events"][0]["message"].partition(" ")[2])
    assert check["multiValueHeaders"] == {"user-agent": ["ELB-HealthChecker/2.0"]}
    assert check["path"] == "/health" and check["httpMethod"] == "GET"
    fetch(f"{app.outputs['Site']}/sick")
    for expected in ("healthy", "unhealthy"):
        app.advance(60)
        app.settle()
        assert state()["State"] == expected
    assert state()["Reason"] == "Target.ResponseCodeMismatch"
    assert state()["Description"] == "Health checks failed with these codes: [500]"
    # The only target of a group is asked all the same.
    assert fetch(f"{app.outputs['Site']}/multi/plain")[0] == 200
    (off,) = client.describe_target_health(TargetGroupArn=app.outputs["Single"])[
        "TargetHealthDescriptions"
    ]
    assert off["TargetHealth"]["Reason"] == "Target.HealthCheckDisabled"


def test_the_api_makes_changes_and_deletes_what_is_served(app) -> None:
    client = app.client("elbv2")
    balancer = client.create_load_balancer(
        Name="web", Subnets=["subnet-1", "subnet-2"], Tags=[{"Key": "team", "Value": "a"}]
    )["LoadBalancers"][0]
    arn = balancer["LoadBalancerArn"]
    assert balancer["State"]["Code"] == "active" and balancer["Type"] == "application"
    assert client.create_load_balancer(Name="web")["LoadBalancers"][0]["LoadBalancerArn"] == arn
    with pytest.raises(ClientError) as error:
        client.create_load_balancer(Name="web", Scheme="internal")
    assert code_of(error) == "DuplicateLoadBalancerName"
    group = client.create_target_group(Name="ones", TargetType="lambda")["TargetGroups"][0]
    assert group["HealthCheckIntervalSeconds"] == 35 and group["HealthCheckEnabled"] is False
    port = free_port()
    forward = [{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}]
    listener = client.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=port, DefaultActions=forward
    )["Listeners"][0]["ListenerArn"]
    assert fetch(f"http://127.0.0.1:{port}/")[0] == 503
    plain = {
        "TargetGroupArn": group["TargetGroupArn"],
        "Targets": [{"Id": app.outputs["PlainArn"]}],
    }
    client.register_targets(**plain)
    client.deregister_targets(**plain)
    client.get_waiter("target_deregistered").wait(**plain)
    (gone,) = client.describe_target_health(**plain)["TargetHealthDescriptions"]
    assert gone["TargetHealth"]["Reason"] == "Target.NotRegistered"
    client.register_targets(**plain)
    assert fetch(f"http://127.0.0.1:{port}/plain")[0] == 201
    with pytest.raises(ClientError) as error:
        client.delete_target_group(TargetGroupArn=group["TargetGroupArn"])
    assert code_of(error) == "ResourceInUse"
    client.delete_listener(ListenerArn=listener)
    listener = client.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=port, DefaultActions=forward
    )["Listeners"][0]["ListenerArn"]
    assert fetch(f"http://127.0.0.1:{port}/plain")[0] == 201, "the port has passed on"
    with pytest.raises(ClientError) as error:
        client.register_targets(
            TargetGroupArn=group["TargetGroupArn"],
            Targets=[{"Id": f"{app.outputs['PlainArn']}-absent"}],
        )
    assert code_of(error) == "InvalidTarget"
    with pytest.raises(ClientError) as error:
        client.create_listener(
            LoadBalancerArn=arn, Protocol="HTTP", Port=port, DefaultActions=forward
        )
    assert code_of(error) == "DuplicateListener"
    with pytest.raises(ClientError) as error:
        client.create_listener(
            LoadBalancerArn=arn,
            Protocol="HTTP",
            Port=81,
            DefaultActions=[
                {
                    "Type": "authenticate-cognito",
                    "AuthenticateCognitoConfig": {
                        "UserPoolArn": "p",
                        "UserPoolClientId": "c",
                        "UserPoolDomain": "d",
                    },
                }
            ],
        )
    assert "no sign-in pages are served" in str(error.value)
    no = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}]
    made = [
        client.create_rule(
            ListenerArn=listener,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": [path]}],
            Actions=no if priority == 2 else forward,
        )["Rules"][0]["RuleArn"]
        for priority, path in ((1, "/plain"), (2, "/p*"))
    ]
    with pytest.raises(ClientError) as error:
        client.create_rule(
            ListenerArn=listener,
            Priority=2,
            Conditions=[{"Field": "path-pattern", "Values": ["/x"]}],
            Actions=no,
        )
    assert code_of(error) == "PriorityInUse"
    assert fetch(f"http://127.0.0.1:{port}/plain")[0] == 201
    client.set_rule_priorities(
        RulePriorities=[{"RuleArn": made[0], "Priority": 2}, {"RuleArn": made[1], "Priority": 1}]
    )
    assert fetch(f"http://127.0.0.1:{port}/plain")[0] == 410
    rules = client.describe_rules(ListenerArn=listener)["Rules"]
    assert [(rule["Priority"], rule["IsDefault"]) for rule in rules] == [
        ("1", False),
        ("2", False),
        ("default", True),
    ]
    with pytest.raises(ClientError) as error:
        client.delete_rule(RuleArn=rules[-1]["RuleArn"])
    assert code_of(error) == "OperationNotPermitted"
    tags = client.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]
    client.modify_load_balancer_attributes(
        LoadBalancerArn=arn,
        Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}],
    )
    with pytest.raises(ClientError) as error:
        client.delete_load_balancer(LoadBalancerArn=arn)
    assert code_of(error) == "OperationNotPermitted"
    client.modify_load_balancer_attributes(
        LoadBalancerArn=arn,
        Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}],
    )
    client.delete_load_balancer(LoadBalancerArn=arn)
    client.delete_target_group(TargetGroupArn=group["TargetGroupArn"])
    app.run(_turn())
    with pytest.raises(urllib.error.URLError):
        fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(ClientError) as error:
        client.describe_load_balancers(LoadBalancerArns=[arn])
    assert code_of(error) == "LoadBalancerNotFound"


async def _turn() -> None:
    """Whatever the last commit announced has been seen to."""
    import asyncio

    for _ in range(5):
        await asyncio.sleep(0)


def test_addresses_of_servers_are_targets_too(app) -> None:
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(202)
            self.send_header("x-path", self.path)
            self.send_header("x-proto", self.headers["x-forwarded-proto"])
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[::-1])

        def log_message(self, *given: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client, port = app.client("elbv2"), free_port()
    group = client.create_target_group(
        Name="servers",
        TargetType="ip",
        Protocol="HTTP",
        Port=server.server_address[1],
        VpcId="vpc-1",
        HealthCheckEnabled=True,
    )["TargetGroups"][0]["TargetGroupArn"]
    client.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1"}])
    client.create_listener(
        LoadBalancerArn=app.outputs["Balancer"],
        Protocol="HTTP",
        Port=port,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    status, headers, body = fetch(f"http://127.0.0.1:{port}/a?b=1", "POST", b"abc")
    assert (status, body, headers["x-path"], headers["x-proto"]) == (202, b"cba", "/a?b=1", "http")
    server.shutdown()
    server.server_close()
    assert fetch(f"http://127.0.0.1:{port}/", "POST", b"abc")[0] == 502


def test_a_port_that_is_taken_is_replaced_and_kept_over_a_restart(tmp_path, caplog) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        with engine(tmp_path) as first:
            given = {"HttpPort": str(wanted), "SecurePort": str(free_port())}
            site = first.deploy(APP, given)["Site"]
            assert urlsplit(site).port != wanted
            assert first.outputs["Bare"] == urlsplit(site).netloc
            assert "it listens on port" in caplog.text
            assert fetch(f"{site}/plain")[0] == 201
        with engine(tmp_path):
            assert fetch(f"{site}/plain")[0] == 201


def test_templates_that_sign_users_in_are_refused_before_anything_is_made(tmp_path, app) -> None:
    (tmp_path / "template.yaml").write_text(
        """
Resources:
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: a
      Port: 80
      Protocol: HTTP
      DefaultActions:
        - {Type: authenticate-oidc, AuthenticateOidcConfig: {Issuer: i}}
"""
    )
    with pytest.raises(UsageError, match="AuthenticateOidcConfig: signing users in"):
        app.deploy(tmp_path)


def test_a_private_integration_and_what_only_stands_in_a_template(tmp_path, app) -> None:
    (tmp_path / "template.yaml").write_text(
        """
Parameters: {Port: {Type: Number}}
Resources:
  Outer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: network
      Subnets: [subnet-1]
      LoadBalancerAttributes: [{Key: load_balancing.cross_zone.enabled, Value: "true"}]
  OuterGroup:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      TargetType: alb
      Protocol: TCP
      Port: 80
      VpcId: vpc-1
      Targets: [{Id: !Ref Inner}]
      TargetGroupAttributes: [{Key: preserve_client_ip.enabled, Value: "true"}]
  OuterListener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Outer
      Port: !Ref Port
      Protocol: TCP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref OuterGroup}]
  Inner:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Scheme: internal, Subnets: [subnet-1, subnet-2]}
  InnerListener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Inner
      Port: !Ref Port
      Protocol: HTTP
      DefaultActions:
        - {Type: redirect, RedirectConfig: {StatusCode: HTTP_302, Path: "/new/#{path}"}}
  Link:
    Type: AWS::ApiGatewayV2::VpcLink
    Properties: {Name: link, SubnetIds: [subnet-1]}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: private, ProtocolType: HTTP}
  Private:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      ConnectionType: VPC_LINK
      ConnectionId: !Ref Link
      IntegrationUri: !Ref InnerListener
      PayloadFormatVersion: "1.0"
  Elsewhere:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      ConnectionType: VPC_LINK
      ConnectionId: !Ref Link
      IntegrationUri: !Ref OuterListener
      PayloadFormatVersion: "1.0"
  Starts:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: StepFunctions-StartExecution
      CredentialsArn: arn:aws:iam::000000000000:role/r
      PayloadFormatVersion: "1.0"
      RequestParameters: {StateMachineArn: "arn:aws:states:us-east-1:000000000000:stateMachine:m"}
  Any:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: "ANY /{proxy+}", Target: !Sub "integrations/${Private}"}
  Other:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: ANY /else, Target: !Sub "integrations/${Elsewhere}"}
  Start:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: POST /start, Target: !Sub "integrations/${Starts}"}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: live, AutoDeploy: true}
Outputs:
  Url: {Value: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/live"}
  Outer: {Value: !GetAtt Outer.DNSName}
  OuterArn: {Value: !Ref Outer}
"""
    )
    port = free_port()
    outputs = app.deploy(tmp_path, {"Port": str(port)})
    status, headers, _ = fetch(f"{outputs['Url']}/a%20b?c=d", follow=False)
    # What a private integration gets has the stage in its path.
    assert (status, urlsplit(headers["location"]).path) == (302, "/new/live/a%20b")
    assert fetch(f"{outputs['Url']}/else")[0] == 503
    status, _, body = fetch(f"{outputs['Url']}/start", "POST", b"{}")
    assert status == 501 and b"stepfunctions" in body
    assert outputs["Outer"].endswith(".elb.us-east-1.amazonaws.com")
    assert ":loadbalancer/net/" in outputs["OuterArn"]
