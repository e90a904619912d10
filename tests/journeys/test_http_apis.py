"""HTTP APIs: events and answers in both formats, authorizers, integrations, deployments."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from eventmill import config
from eventmill.testing import engine
from tests.journeys.rest_client import Answer, ask
from tests.oidc import Issuer, server
from tests.refusals import refused_as
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "http"
ME = [("User-Agent", "journey")]


@pytest.fixture(scope="module")
def issuer():
    with server() as running:
        yield running


@pytest.fixture(scope="module")
def app(issuer: Issuer):
    with engine() as running:
        running.deploy(APP, {"Issuer": issuer.url, "Upstream": issuer.url})
        yield running


def site(app: Any, path: str, *args: Any, **more: Any) -> Answer:
    return ask(f"{app.outputs['Site']}{path}", *args, **more)


def test_the_event_of_format_2(app) -> None:
    headers = [*ME, ("Header1", "v1"), ("Header1", "v2"), ("Cookie", "c1=v1; c2=v2")]
    headers.append(("Content-Type", "application/json"))
    path = "/two/7%2F8?a=1&a=2&b=x%20y&c="
    answer = site(app, path, "POST", headers, '{"order": "o1"}')
    assert answer.status == 200 and answer["apigw-requestid"]
    assert_shape(answer.json, recorded("http.two"))


def test_the_event_of_format_1(app) -> None:
    headers = [*ME, ("Header1", "v1"), ("Header1", "v2")]
    headers.append(("Content-Type", "application/octet-stream"))
    answer = site(app, "/one/7?a=1&a=2", "POST", headers, b"\x00\x01\xff")
    assert_shape(answer.json, recorded("http.one"))


@pytest.mark.parametrize(
    ("headers", "encoded"),
    [
        ({"Content-Type": "text/csv"}, False),
        ({"Content-Type": "application/json; charset=utf-8"}, False),
        ({"Content-Type": "Application/XML"}, False),
        ({"Content-Type": "application/javascript"}, False),
        ({"Content-Type": "application/x-www-form-urlencoded"}, True),
        ({"Content-Type": "application/json-patch+json"}, True),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, True),
        ({"Content-Type": "image/png"}, True),
    ],
)
def test_which_bodies_are_base64(app, headers: dict[str, str], encoded: bool) -> None:
    event = site(app, "/two/1", "POST", headers, b"a=1").json
    assert (event["body"], event["isBase64Encoded"]) == ("YT0x" if encoded else "a=1", encoded)


def said(app: Any, path: str, value: Any) -> tuple[int, str | None, bytes]:
    answer = site(app, path, "POST", {"Content-Type": "application/json"}, json.dumps(value))
    return answer.status, answer["content-type"], answer.body


def test_answers_of_format_2_are_inferred(app) -> None:
    assert said(app, "/answers", {"a": 1}) == (200, "application/json", b'{"a": 1}')
    assert said(app, "/answers", "text") == (200, "application/json", b"text")
    given = {"statusCode": "201", "headers": {"Content-Type": "a/b", "n": 1}, "body": "x"}
    assert said(app, "/answers", given) == (201, "a/b", b"x")
    encoded = {"statusCode": 200, "body": "AAH/", "isBase64Encoded": True}
    assert said(app, "/answers", encoded)[2] == b"\x00\x01\xff"
    for bad in ({"statusCode": "abc"}, {"statusCode": 200, "headers": [1]}):
        assert said(app, "/answers", bad)[0] == 500


@pytest.mark.parametrize("length", ["3", "30"])
def test_the_length_of_a_functions_body_is_counted(app, length: str) -> None:
    given = {"statusCode": 200, "headers": {"Content-Length": length}, "body": "longer"}
    answer = site(app, "/answers", "POST", {"Content-Type": "application/json"}, json.dumps(given))
    assert (answer.body, answer.all("content-length")) == (b"longer", ["6"])


def test_an_answer_without_content_has_no_body(app) -> None:
    status, _, body = said(app, "/answers", {"statusCode": 204, "body": "x"})
    assert (status, body) == (204, b"")
    assert said(app, "/answers", "next")[2] == b"next"


def test_answers_of_format_1_have_a_status_and_several_values(app) -> None:
    internal = b'{"message":"Internal Server Error"}'
    assert said(app, "/answers-one", {"a": 1}) == (500, "application/json", internal)
    given = {"statusCode": 200, "multiValueHeaders": {"X-Two": ["a", "b"]}, "body": "x"}
    answer = site(app, "/answers-one", "POST", {"Content-Type": "text/a"}, json.dumps(given))
    assert answer.all("x-two") == ["a", "b"]


def test_routes_that_are_not_there_and_bodies_that_are_too_long(app) -> None:
    assert (site(app, "/none").status, site(app, "/none").json) == (404, {"message": "Not Found"})
    answer = site(app, "/answers", "POST", {}, b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status, answer.json) == (413, {"message": "Request Entity Too Large"})


def test_cors_with_credentials(app) -> None:
    page = {"Origin": "https://page.example"}
    asked = page | {"Access-Control-Request-Method": "POST"}
    answer = site(app, "/two/1", "OPTIONS", asked)
    assert (answer.status, answer.body) == (204, b"")
    assert answer["access-control-allow-origin"] == "https://page.example"
    assert answer["access-control-allow-credentials"] == "true"
    assert answer["access-control-allow-headers"] == "x-token"
    assert answer["access-control-max-age"] == "300"
    answer = site(app, "/slow", headers=page)
    assert answer.all("access-control-allow-origin") == ["https://page.example"]
    assert answer["access-control-expose-headers"] == "x-seen"
    assert site(app, "/slow")["access-control-allow-origin"] is None
    app.advance(10)


def test_a_route_is_throttled_as_its_settings_say(app) -> None:
    app.advance(10)
    assert [site(app, "/slow").status for _ in range(3)] == [200, 200, 429]
    assert site(app, "/slow").json == {"message": "Too Many Requests"}
    app.advance(1)
    assert site(app, "/slow").status == 200


def bearer(app: Any, token: str) -> Answer:
    return site(app, "/jwt", headers={"Authorization": f"Bearer {token}"})


def test_tokens_are_checked_with_the_issuers_keys(app, issuer: Issuer) -> None:
    missing = site(app, "/jwt")
    assert (missing.status, missing["www-authenticate"]) == (401, "Bearer")
    answer = bearer(app, issuer.token(scope="read write", groups=["a", "b"], admin=True))
    given = answer.json["requestContext"]["authorizer"]["jwt"]
    assert given["scopes"] == ["read"]
    assert given["claims"]["groups"] == "[a b]" and given["claims"]["admin"] == "true"
    assert given["claims"]["exp"].isdigit()
    assert bearer(app, issuer.token(scp=["read"], aud=None, client_id="shop")).status == 200
    refused = bearer(app, issuer.token(scope="write"))
    assert refused.status == 403 and 'error="insufficient_scope"' in refused["www-authenticate"]
    bad = [
        issuer.token(scope="read", aud="other"),
        issuer.token(scope="read", iss="http://127.0.0.1:1"),
        issuer.token(scope="read", exp=int(time.time()) - 60),
        issuer.token(scope="read", nbf=int(time.time()) + 600),
        issuer.token(scope="read")[:-3] + "AAA",
        "nonsense",
    ]
    for token in bad:
        refused = bearer(app, token)
        assert refused.status == 401 and refused.json == {"message": "Unauthorized"}
        assert 'error="invalid_token"' in refused["www-authenticate"]
    assert len(issuer.asked) == 2, "the keys are kept"


def test_a_new_key_of_the_issuer_is_found_but_not_asked_for_each_time(app, issuer: Issuer) -> None:
    assert bearer(app, issuer.token(scope="read")).status == 200
    issuer.rotate("two")
    before = len(issuer.asked)
    assert bearer(app, issuer.token(scope="read")).status == 401
    assert len(issuer.asked) == before
    app.advance(61)
    assert bearer(app, issuer.token(scope="read")).status == 200


def test_signed_requests(app) -> None:
    url = f"{app.outputs['Site']}/iam?a=1"
    assert ask(url).json == {"message": "Forbidden"}
    for secret, status in ((config.SECRET_KEY, 200), ("wrong", 403)):
        request = AWSRequest("GET", url, headers={"Host": url.split("/")[2]})
        keys = Credentials(config.ACCESS_KEY, secret)
        SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
        answer = ask(url, headers=dict(request.headers))
        assert answer.status == status
        if status == 200:
            iam = answer.json["requestContext"]["authorizer"]["iam"]
            assert iam["accessKey"] == config.ACCESS_KEY and iam["accountId"] == "000000000000"


def asked(app: Any) -> int:
    """How often the authorizer has run."""
    app.settle()
    groups = app.client("logs").describe_log_groups()["logGroups"]
    (name,) = (group["logGroupName"] for group in groups if "Guard" in group["logGroupName"])
    events = app.client("logs").filter_log_events(logGroupName=name, filterPattern='"START"')
    return len(events["events"])


def test_a_policy_authorizer_decides_and_is_remembered(app) -> None:
    assert site(app, "/policy").status == 401
    assert site(app, "/policy", headers={"x-token": "unknown"}).json == {"message": "Unauthorized"}
    broken = site(app, "/policy", headers={"x-token": "broken"})
    assert (broken.status, broken.json) == (500, {"message": "Internal Server Error"})
    for _ in range(2):
        assert site(app, "/policy", headers={"x-token": "no"}).status == 403
        answer = site(app, "/policy", headers={"x-token": "yes"})
        given = answer.json["requestContext"]["authorizer"]
        assert given == {"lambda": {"principalId": "u1", "level": 3}}
    before = asked(app)
    app.client("apigatewayv2").reset_authorizers_cache(
        ApiId=app.outputs["SiteId"], StageName="live"
    )
    site(app, "/policy", headers={"x-token": "yes"})
    assert asked(app) == before + 1
    app.advance(61)
    site(app, "/policy", headers={"x-token": "yes"})
    assert asked(app) == before + 2


def test_a_simple_authorizer(app) -> None:
    assert site(app, "/simple").status == 401
    assert site(app, "/simple?token=no").status == 403
    answer = site(app, "/simple?token=yes").json
    assert answer["requestContext"]["authorizer"] == {"lambda": {"user": "u1", "level": 3}}


def test_access_logs(app) -> None:
    site(app, "/simple?token=yes")
    site(app, "/nowhere")
    site(app, "/simple?token=yes&fail=1")
    app.settle()
    events = app.client("logs").filter_log_events(logGroupName=app.outputs["Access"])["events"]
    let_in, nowhere, failed = (json.loads(event["message"]) for event in events[-3:])
    shared = {"ip": "127.0.0.1", "error": "-"}
    silent = shared | {"integration": "- -"}
    told = {"status": "200", "route": "GET /simple", "user": "u1", "integration": "200 200"}
    assert let_in == shared | told
    assert nowhere == silent | {"status": "404", "route": "-", "user": "-"}
    # Whom the authorizer let in is known of a request that failed afterwards, too.
    assert failed == silent | {"status": "500", "route": "GET /simple", "user": "u1"}


def test_a_message_is_sent_without_a_function(app) -> None:
    url = f"{app.outputs['Bare']}/orders"
    answer = ask(url, "POST", {"Content-Type": "application/json"}, '{"order": {"id": 1}}')
    assert answer.status == 200 and answer.json["MessageId"]
    received = app.client("sqs").receive_message(QueueUrl=app.outputs["Orders"])
    assert received["Messages"][0]["Body"] == '{"id":1}'
    failed = ask(url, "POST", {"Content-Type": "application/json"}, "{}")
    assert failed.status == 400


def test_a_request_passes_to_another_server_and_is_changed_on_its_way(app) -> None:
    headers = {"X-Secret": "s", "X-Query": "new"}
    url = f"{app.outputs['Bare']}/pass/a/b"
    told = ask(f"{url}?q=old&r=1", "PUT", headers, "body").json
    assert (told["method"], told["path"]) == ("PUT", "/base/a/b?r=1&q=new")
    assert told["headers"]["x-added"] == "$default-blue" and "x-secret" not in told["headers"]
    assert told["body"] == "body"
    answer = ask(f"{url}/missing")
    assert (answer.status, answer["x-from"]) == (410, "upstream")
    # A signed request begins within the read of its bytes, outside of any task.
    signed = ask(f"{url}/a", headers={"X-Amz-Date": "20260101T000000Z"})
    assert (signed.status, signed.json["path"]) == (200, "/base/a/b/a")


def test_an_api_of_one_target_and_what_overrides_it(app) -> None:
    event = ask(f"{app.outputs['Quick']}/any/path").json
    assert event["version"] == "1.0" and event["resource"] == "$default"
    assert event["stageVariables"] == {"colour": "red"}


def test_a_custom_domain_leads_to_its_mapping(app) -> None:
    host = {"Host": "api.shop.example"}
    answer = ask(f"{app.endpoint}/v1/pass/x", headers=host)
    assert answer.json["path"].startswith("/base/x")
    assert ask(f"{app.endpoint}/v2/pass/x", headers=host).status == 404
    by_hand = ask(f"{app.endpoint}/pass/x", headers={"Host": "made-by-hand.example"})
    assert by_hand.json["path"].startswith("/base/x")
    assert ask(f"{app.endpoint}/v1/pass/x", headers={"Host": "other.example"}).status == 403


def test_rules_of_a_custom_domain_come_before_its_mappings(app) -> None:
    beta = {"Host": "api.shop.example", "X-Kind": "beta-2"}
    for path in ("next", "v3"):
        answer = ask(f"{app.endpoint}/{path}/pass/x", headers=beta)
        assert answer.json["path"].startswith("/base/x")
        assert ask(f"{app.endpoint}/{path}/pass/x", headers=beta | {"X-Kind": "x"}).status == 404
    assert ask(f"{app.endpoint}/v1/pass/x", headers=beta).status == 200

    client, domain = app.client("apigatewayv2"), {"DomainName": "api.shop.example"}
    (rule,) = client.list_routing_rules(**domain)["RoutingRules"]
    assert rule["Priority"] == 10 and rule["RoutingRuleArn"].endswith(rule["RoutingRuleId"])
    stripped = {key: rule[key] for key in ("Actions", "Priority")} | {"Conditions": []}
    assert refused_as(client.create_routing_rule, **domain, **stripped) == "ConflictException"
    named = domain | {"RoutingRuleId": rule["RoutingRuleId"]}
    client.put_routing_rule(**named, **stripped)
    assert client.get_routing_rule(**named)["Conditions"] == []
    assert ask(f"{app.endpoint}/pass/x", headers=beta).json["path"].startswith("/base/x")
    client.delete_routing_rule(**named)
    assert refused_as(client.get_routing_rule, **named) == "NotFoundException"
    assert ask(f"{app.endpoint}/v3/pass/x", headers=beta).status == 404


def test_changes_show_after_a_deployment_only(app) -> None:
    client, api = app.client("apigatewayv2"), app.outputs["BareId"]
    url = f"{app.outputs['Bare']}/new"
    integration = client.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=app.outputs["Echo"],
        PayloadFormatVersion="2.0",
    )
    target = f"integrations/{integration['IntegrationId']}"
    client.create_route(ApiId=api, RouteKey="GET /new", Target=target)
    assert ask(url).status == 404
    client.create_deployment(ApiId=api, StageName="$default")
    refused = ask(url)
    assert (refused.status, refused.json) == (500, {"message": "Internal Server Error"})
    app.client("lambda").add_permission(
        FunctionName=app.outputs["Echo"],
        StatementId="new",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:000000000000:{api}/*/GET/new",
    )
    assert ask(url).status == 200
    client.update_stage(ApiId=api, StageName="$default", StageVariables={"colour": "grey"})
    assert ask(url).json["stageVariables"] == {"colour": "grey"}
    with pytest.raises(ClientError) as refused_delete:
        client.delete_integration(ApiId=api, IntegrationId=integration["IntegrationId"])
    assert refused_delete.value.response["Error"]["Code"] == "ConflictException"


def test_a_document_is_imported_and_exported(app) -> None:
    client = app.client("apigatewayv2")
    uri = f"{app.outputs['Echo']}"
    document = {
        "openapi": "3.0.1",
        "info": {"title": "imported", "version": "7"},
        "x-amazon-apigateway-cors": {"allowOrigins": ["*"]},
        "paths": {
            "/a": {
                "get": {
                    "x-amazon-apigateway-integration": {
                        "type": "aws_proxy",
                        "uri": uri,
                        "payloadFormatVersion": "2.0",
                    }
                }
            }
        },
    }
    made = client.import_api(Body=json.dumps(document))
    assert (made["Name"], made["Version"]) == ("imported", "7")
    assert made["CorsConfiguration"] == {"AllowOrigins": ["*"]}
    (route,) = client.get_routes(ApiId=made["ApiId"])["Items"]
    assert route["RouteKey"] == "GET /a"
    document["paths"]["/b"] = document["paths"].pop("/a")
    client.reimport_api(ApiId=made["ApiId"], Body=json.dumps(document))
    (route,) = client.get_routes(ApiId=made["ApiId"])["Items"]
    assert route["RouteKey"] == "GET /b"
    exported = client.export_api(ApiId=made["ApiId"], Specification="OAS30", OutputType="JSON")
    shown = json.loads(exported["body"].read())
    assert shown["paths"]["/b"]["get"]["x-amazon-apigateway-integration"]["uri"] == uri
    dated = "openapi: 3.0.1\ninfo: {title: dated, version: 2026-01-31}\npaths: {}\n"
    again = client.reimport_api(ApiId=made["ApiId"], Body=dated)
    assert (again["Name"], again["Version"]) == ("dated", "2026-01-31")
    for broken in ("openapi: [", "openapi: 3.0.1\ninfo: {title: !!set {a}}"):
        with pytest.raises(ClientError) as refused:
            client.import_api(Body=broken)
        assert refused.value.response["Error"]["Code"] == "BadRequestException"
    client.delete_api(ApiId=made["ApiId"])
    with pytest.raises(ClientError) as gone:
        client.get_api(ApiId=made["ApiId"])
    assert gone.value.response["Error"]["Code"] == "NotFoundException"


def test_a_stack_goes_though_its_api_was_deleted_by_hand(app, tmp_path) -> None:
    properties = {"Name": "short-lived", "ProtocolType": "HTTP"}
    api = {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties}
    stage = {"ApiId": {"Ref": "Api"}, "StageName": "$default"}
    template = {
        "Resources": {
            "Api": api,
            "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": stage},
        },
        "Outputs": {"Id": {"Value": {"Ref": "Api"}}},
    }
    (tmp_path / "template.json").write_text(json.dumps(template))
    made = app.run(app.inner.deploy(tmp_path / "template.json", {}, "shortlived")).outputs
    app.client("apigatewayv2").delete_api(ApiId=made["Id"])
    app.run(app.inner.stacks.delete("shortlived"))


def test_the_most_specific_route_answers(app, issuer: Issuer) -> None:
    """Each route leads to a path of its own on the server."""
    routes = ["$default", "ANY /{all+}", "GET /a/{rest+}", "ANY /a/{id}", "GET /a/{id}", "ANY /a/b"]
    client = app.client("apigatewayv2")
    api = client.create_api(Name="order", ProtocolType="HTTP")
    client.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    for number, route in enumerate(routes):
        integration = client.create_integration(
            ApiId=api["ApiId"],
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="ANY",
            IntegrationUri=f"{issuer.url}/{number}",
            PayloadFormatVersion="1.0",
        )
        target = f"integrations/{integration['IntegrationId']}"
        client.create_route(ApiId=api["ApiId"], RouteKey=route, Target=target)

    def taken(method: str, path: str) -> str:
        url = f"{app.endpoint}/_aws/execute-api/{api['ApiId']}{path}"
        return routes[int(ask(url, method).json["path"].strip("/"))]

    assert taken("GET", "/a/b") == taken("POST", "/a/b") == "ANY /a/b"
    assert (taken("GET", "/a/c"), taken("POST", "/a/c")) == ("GET /a/{id}", "ANY /a/{id}")
    assert (taken("GET", "/a/c/d"), taken("POST", "/a/c/d")) == ("GET /a/{rest+}", "ANY /{all+}")
    assert (taken("GET", "/b"), taken("GET", "/")) == ("ANY /{all+}", "$default")


def test_what_is_not_offered_is_refused_by_name(app) -> None:
    client, api = app.client("apigatewayv2"), app.outputs["BareId"]
    for refused in (
        {"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "EventBridge-Start"},
        {"IntegrationType": "MOCK"},
        {"IntegrationType": "HTTP_PROXY", "IntegrationUri": "arn:aws:elasticloadbalancing:x"},
    ):
        with pytest.raises(ClientError) as error:
            client.create_integration(ApiId=api, **refused)
        assert error.value.response["Error"]["Code"] == "BadRequestException"


def test_tags_models_and_links_are_kept(app) -> None:
    client, api = app.client("apigatewayv2"), app.outputs["BareId"]
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api}"
    client.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert client.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}
    schema = '{"type": "object", "properties": {"n": {"type": "integer"}}}'
    model = client.create_model(ApiId=api, Name="M", Schema=schema, ContentType="application/json")
    template = client.get_model_template(ApiId=api, ModelId=model["ModelId"])
    assert json.loads(template["Value"]) == {"n": 42}
    link = client.create_vpc_link(Name="l", SubnetIds=["subnet-1"])
    assert client.get_vpc_link(VpcLinkId=link["VpcLinkId"])["VpcLinkStatus"] == "AVAILABLE"
    assert client.get_domain_names()["Items"][0]["DomainName"] == "api.shop.example"
