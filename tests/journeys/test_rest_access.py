"""Who may call a REST API: authorizers, signatures, keys, quotas, policies; and validation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from eventmill import config
from eventmill.testing import engine
from tests.journeys.rest_client import Answer, ask
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "guarded"


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def bearer(app: Any, token: str, path: str = "/things/1") -> Answer:
    return ask(app.outputs["Url"] + path, headers={"Authorization": f"Bearer {token}"})


def test_a_token_authorizer_gets_its_event_and_its_context_reaches_the_function(app) -> None:
    answer = bearer(app, "someone")
    assert answer.status == 200, answer.body
    known = answer.json["requestContext"]["authorizer"]
    assert (known["principalId"], known["number"], known["yes"]) == ("someone", "7", "true")
    assert isinstance(known["integrationLatency"], int)
    assert "usageIdentifierKey" not in answer.json["requestContext"]["identity"]
    assert_shape(json.loads(known["event"]), recorded("rest.authorizer.token"))


def test_what_an_authorizer_said_is_kept_for_its_time(app) -> None:
    def calls() -> str:
        return str(bearer(app, "kept").json["requestContext"]["authorizer"]["calls"])

    first = calls()
    assert calls() == first
    app.advance(61)
    later = calls()
    assert later != first
    app.client("apigateway").flush_stage_authorizers_cache(
        restApiId=app.outputs["Api"], stageName="prod"
    )
    assert calls() != later


def test_a_kept_policy_is_judged_for_each_method(app) -> None:
    assert bearer(app, "wanderer").status == 200
    assert bearer(app, "wanderer", "/things/2").status == 403


@pytest.mark.parametrize(
    ("token", "status", "body"),
    [
        (
            "deny",
            403,
            {"Message": "User is not authorized to access this resource with an explicit deny"},
        ),
        ("elsewhere", 403, {"Message": "User is not authorized to access this resource"}),
        ("broken", 500, {"message": None}),
        ("malformed", 500, {"message": None}),
    ],
)
def test_an_authorizer_that_does_not_allow(app, token: str, status: int, body: Any) -> None:
    answer = bearer(app, token)
    assert (answer.status, answer.json) == (status, body)
    # DEFAULT_5XX gives its headers to every failure of its kind.
    assert answer["access-control-allow-origin"] == ("*" if status == 500 else None)


def test_without_a_token_the_customised_response_answers(app) -> None:
    for headers in ({}, {"Authorization": "Basic x"}, {"Authorization": "Bearer unauthorized"}):
        answer = ask(f"{app.outputs['Url']}/things/1", headers=headers)
        assert answer.status == 401
        assert answer.json == {"error": "Unauthorized", "type": "UNAUTHORIZED", "stage": "prod"}
        assert answer["www-authenticate"] == "Bearer"
        assert answer["x-request"] == answer["x-amzn-requestid"]


def test_a_request_authorizer_needs_all_its_sources(app) -> None:
    url = f"{app.outputs['Url']}/request"
    assert ask(f"{url}?user=u1").status == 401
    answer = ask(f"{url}?user=u1", headers={"X-Team": "blue"})
    assert answer.status == 200, answer.body
    event = json.loads(answer.json["requestContext"]["authorizer"]["event"])
    assert_shape(event, recorded("rest.authorizer.request"))


def test_cors_preflights_are_answered_without_a_token(app) -> None:
    answer = ask(f"{app.outputs['Url']}/things/1", "OPTIONS", {"Origin": "https://page.example"})
    assert answer.status == 200, answer.body
    assert answer["access-control-allow-origin"] == "https://page.example"
    assert answer["access-control-allow-methods"] == "GET,POST,OPTIONS"
    assert ask(f"{app.outputs['Url']}/open").status == 200


def test_a_pool_whose_keys_cannot_be_had_lets_nobody_in(app) -> None:
    assert ask(f"{app.outputs['Url']}/pooled").status == 401
    assert bearer(app, "a.b.c", "/pooled").status == 401


def signed(app: Any, secret: str = config.SECRET_KEY) -> Answer:
    url = f"{app.outputs['Url']}/signed?b=2&a=1"
    request = AWSRequest("POST", url, data=b"body", headers={"Content-Type": "text/plain"})
    SigV4Auth(Credentials(config.ACCESS_KEY, secret), "execute-api", "us-east-1").add_auth(request)
    return ask(url, "POST", dict(request.headers.items()), b"body")


def test_a_signed_call(app) -> None:
    answer = signed(app)
    assert answer.status == 200, answer.body
    identity = answer.json["requestContext"]["identity"]
    assert identity["accessKey"] == config.ACCESS_KEY
    assert identity["userArn"] == "arn:aws:iam::000000000000:root"
    forged = signed(app, "wrong")
    assert (forged.status, forged["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    unsigned = ask(f"{app.outputs['Url']}/signed", "POST")
    assert (unsigned.status, unsigned.json) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.parametrize(
    ("query", "body", "status", "said"),
    [
        ("?dry=1", {"name": "Rex", "owner": {"email": "a@b", "phone": "1"}}, 200, None),
        ("", {"name": "Rex"}, 400, {"message": "Missing required request parameters: [dry]"}),
        (
            *("?dry=1", {"name": 5}, 400),
            "[instance type (integer) does not match any allowed primitive type (allowed: "
            '["string"])]',
        ),
        (
            *("?dry=1", {"name": "Rex", "owner": {}, "price": 0.5}, 400),
            '[object has missing required properties (["email","phone"]), numeric instance is '
            "lower than the required minimum (minimum: 1, found: 0.5)]",
        ),
        (
            *("?dry=1", {"name": "x", "kind": "ox", "tags": ["a", "a"]}, 400),
            '[array must not contain duplicate elements, instance value ("ox") not found in enum '
            '(possible values: ["cat","dog"]), string "x" is too short (length: 1, required '
            "minimum: 2)]",
        ),
    ],
)
def test_requests_are_validated(app, query: str, body: Any, status: int, said: Any) -> None:
    answer = ask(
        f"{app.outputs['Url']}/pets{query}",
        "POST",
        {"Content-Type": "application/json"},
        json.dumps(body),
    )
    assert answer.status == status, answer.body
    assert said is None or answer.json == (said if isinstance(said, dict) else {"why": said})


def test_keys_with_their_rate_and_quota(app) -> None:
    gateway = app.client("apigateway")
    url = f"{app.outputs['Keyed']}/keyed"
    none = ask(url)
    assert (none.status, none.json) == (403, {"message": "Forbidden"})
    assert ask(url, headers={"x-api-key": "unknown-key-unknown-key"}).status == 403
    (key,) = gateway.get_api_keys(includeValues=True)["items"]
    (plan,) = gateway.get_usage_plans(keyId=key["id"])["items"]
    headers = {"x-api-key": key["value"]}
    answer = ask(url, headers=headers)
    assert answer.status == 200, answer.body
    identity = answer.json["requestContext"]["identity"]
    assert (identity["apiKey"], identity["apiKeyId"]) == (key["value"], key["id"])
    assert ask(url, headers=headers).status == 200
    fast = ask(url, headers=headers)
    assert (fast.status, fast.json) == (429, {"message": "Too Many Requests"})
    app.advance(30)
    assert [ask(url, headers=headers).status for _ in range(2)] == [200, 200]
    app.advance(30)
    spent = ask(url, headers=headers)
    assert (spent.status, spent.json) == (429, {"message": "Limit Exceeded"})
    assert spent["x-amzn-errortype"] == "LimitExceededException"
    usage = gateway.get_usage(usagePlanId=plan["id"], startDate="2020-01-01", endDate="2020-01-02")
    assert usage["items"] == {key["id"]: [[0, 4], [0, 4]]}
    app.advance(86_400)
    assert ask(url, headers=headers).status == 200
    gateway.update_api_key(
        apiKey=key["id"],
        patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}],
    )
    app.advance(30)
    assert ask(url, headers=headers).status == 403


def test_an_authorizer_names_the_key(app) -> None:
    gateway, guard = app.client("apigateway"), app.outputs["Guard"]
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{guard}/invocations"
    api = gateway.create_rest_api(name="named", apiKeySource="AUTHORIZER")
    place = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    authorizer = gateway.create_authorizer(
        restApiId=api["id"],
        name="guard",
        type="TOKEN",
        authorizerUri=uri,
        authorizerCredentials="arn:aws:iam::000000000000:role/any",
        identitySource="method.request.header.Authorization",
    )
    gateway.put_method(
        **place, authorizationType="CUSTOM", authorizerId=authorizer["id"], apiKeyRequired=True
    )
    gateway.put_integration(
        **place, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    gateway.put_method_response(**place, statusCode="200")
    gateway.put_integration_response(
        **place,
        statusCode="200",
        responseTemplates={"application/json": '"$context.identity.apiKeyId"'},
    )
    gateway.create_deployment(restApiId=api["id"], stageName="live")
    key = gateway.create_api_key(name="k", value="a-key-of-twenty-characters", enabled=True)
    plan = gateway.create_usage_plan(name="p", apiStages=[{"apiId": api["id"], "stage": "live"}])
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    url = f"{app.endpoint}/_aws/execute-api/{api['id']}/live"
    known = ask(url, headers={"Authorization": "a-key-of-twenty-characters"})
    assert (known.status, known.json) == (200, key["id"])
    assert ask(url, headers={"Authorization": "another"}).status == 403


def test_an_apis_policy_shuts_addresses_out(app) -> None:
    answer = ask(f"{app.outputs['Keyed']}/keyed", headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.status == 403
    assert answer.json["Message"].startswith(
        "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
    )
    assert answer.json["Message"].endswith("/prod/GET/keyed with an explicit deny")
