"""Programs with tokens of their own: resource servers, client credentials, the trigger for them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from eventmill.testing import TestEngine, engine
from tests.journeys.rest_client import Answer, ask
from tests.refusals import refused, refused_as
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "machines"
PASSWORD = "Secret-12"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(APP)
        yield running


@pytest.fixture(scope="module")
def idp(app: TestEngine) -> Any:
    return app.client("cognito-idp")


def basic(app: TestEngine, secret: str | None = None) -> tuple[str, str]:
    text = f"{app.outputs['Robot']}:{secret or app.outputs['Secret']}"
    return "Authorization", f"Basic {base64.b64encode(text.encode()).decode()}"


def post(app: TestEngine, *headers: tuple[str, str], **form: str) -> Answer:
    return ask(app.outputs["Tokens"], "POST", [FORM, *headers], urlencode(form))


def granted(app: TestEngine, **form: str) -> dict[str, Any]:
    answer = post(app, basic(app), grant_type="client_credentials", **form)
    assert answer.status == 200, answer.body
    assert answer["cache-control"] == "no-store"
    return answer.json


def opened(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def test_a_program_gets_a_token_and_calls_the_api(app: TestEngine) -> None:
    told = granted(app, scope="orders/read")
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 600)
    claims = opened(told["access_token"])
    assert (claims["sub"], claims["scope"]) == (app.outputs["Robot"], "orders/read orders/stamped")
    assert claims["exp"] - claims["iat"] == 600 and claims["version"] == 2
    bearer = {"Authorization": f"Bearer {told['access_token']}"}
    answer = ask(app.outputs["Orders"], headers=bearer)
    assert answer.status == 200
    assert answer.json["claims"]["client_id"] == app.outputs["Robot"]
    assert answer.json["tokens"] == app.outputs["Tokens"]
    wrong = granted(app, scope="orders/write")["access_token"]
    assert ask(app.outputs["Orders"], headers={"Authorization": wrong}).status == 403


def test_without_a_scope_it_gets_all_that_it_may_have(app: TestEngine) -> None:
    form = {"client_id": app.outputs["Robot"], "client_secret": app.outputs["Secret"]}
    told = post(app, grant_type="client_credentials", **form).json
    assert opened(told["access_token"])["scope"].split()[:2] == ["orders/read", "orders/write"]


def test_the_third_version_of_the_trigger_is_asked(app: TestEngine) -> None:
    metadata = json.dumps({"tenant": "t1"})
    told = granted(app, scope="orders/read", aws_client_metadata=metadata)
    claims = opened(told["access_token"])
    assert claims["tenant"] == "t1"
    assert_shape(claims["event"], recorded("cognito.pre-token-3"))
    refusal = post(
        app,
        basic(app),
        grant_type="client_credentials",
        aws_client_metadata=json.dumps({"refuse": "closed"}),
    )
    assert refusal.status == 400
    assert refusal.json["error_description"] == "PreTokenGeneration failed with error closed."


def test_what_the_endpoint_refuses(app: TestEngine) -> None:
    def error(*headers: tuple[str, str], **form: str) -> str:
        answer = post(app, *headers, **form)
        assert answer.status == 400
        return str(answer.json["error"])

    machine = {"grant_type": "client_credentials"}
    assert error(basic(app, "wrong"), **machine) == "invalid_client"
    assert error(("Authorization", "Basic !"), **machine) == "invalid_client"
    assert error(**machine, client_id=app.outputs["Robot"]) == "invalid_client"
    assert error(**machine, client_id=app.outputs["Person"]) == "unauthorized_client"
    assert error(basic(app), **machine, scope="orders/delete") == "invalid_scope"
    assert error(basic(app), **machine, aws_client_metadata="[]") == "invalid_request"
    assert error(basic(app)) == "invalid_request"
    assert error(basic(app), grant_type="password") == "unsupported_grant_type"
    elsewhere = app.outputs["Tokens"].replace("programs-", "nobody-")
    answer = ask(elsewhere, "POST", [FORM, basic(app)], urlencode(machine))
    assert (answer.status, answer.json["error"]) == (400, "invalid_client")


def test_a_user_refreshes_at_the_endpoint(app: TestEngine, idp: Any) -> None:
    pool, client = app.outputs["Pool"], app.outputs["Person"]
    idp.admin_create_user(UserPoolId=pool, Username="ann", MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=pool, Username="ann", Password=PASSWORD, Permanent=True)
    token = idp.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]["RefreshToken"]
    form = {"grant_type": "refresh_token", "client_id": client}
    told = post(app, **form, refresh_token=token).json
    assert opened(told["id_token"])["cognito:username"] == "ann"
    event = opened(told["access_token"])["event"]
    assert (event["triggerSource"], event["userName"]) == ("TokenGeneration_RefreshTokens", "ann")
    for bad in ({"refresh_token": "none"}, {"refresh_token": ""}, {}):
        answer = post(app, **form, **bad)
        expected = "invalid_grant" if bad.get("refresh_token") else "invalid_request"
        assert (answer.status, answer.json["error"]) == (400, expected)


def test_resource_servers_and_clients_of_programs(app: TestEngine, idp: Any) -> None:
    pool = idp.create_user_pool(PoolName="others")["UserPool"]["Id"]
    server = {"UserPoolId": pool, "Identifier": "https://x.example", "Name": "X"}
    scopes = [{"ScopeName": "a", "ScopeDescription": "A"}]
    idp.create_resource_server(**server, Scopes=scopes)
    assert refused_as(idp.create_resource_server, **server) == "InvalidParameterException"
    idp.update_resource_server(**server | {"Name": "Y"}, Scopes=scopes)
    (listed,) = idp.list_resource_servers(UserPoolId=pool, MaxResults=5)["ResourceServers"]
    assert (listed["Name"], listed["Scopes"]) == ("Y", scopes)
    named = {"UserPoolId": pool, "Identifier": "https://x.example"}
    assert idp.describe_resource_server(**named)["ResourceServer"] == listed
    idp.delete_resource_server(**named)
    assert refused_as(idp.describe_resource_server, **named) == "ResourceNotFoundException"
    make = {"UserPoolId": pool, "ClientName": "c", "AllowedOAuthFlowsUserPoolClient": True}
    code, message = refused(
        idp.create_user_pool_client, **make, AllowedOAuthFlows=["client_credentials"]
    )
    assert code == "InvalidOAuthFlowException" and "does not have a client secret" in message
    assert refused_as(
        idp.create_user_pool_client,
        **make,
        GenerateSecret=True,
        AllowedOAuthFlows=["client_credentials", "code"],
    ) == ("InvalidOAuthFlowException")
