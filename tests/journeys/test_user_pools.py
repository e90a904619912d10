"""User pools out of a template: signing in, tokens, and the APIs that they open."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from eventmill.testing import TestEngine, engine
from tests.journeys.rest_client import ask
from tests.refusals import refused
from tests.shape import assert_shape, recorded
from tests.srp import Client

APP = Path(__file__).parents[1] / "apps" / "members"
PASSWORD = "correct horse 1"
ADA = "ada@example.com"


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(APP)
        idp = running.client("cognito-idp")
        idp.admin_set_user_password(
            UserPoolId=running.outputs["Pool"], Username=ADA, Password=PASSWORD, Permanent=True
        )
        yield running


@pytest.fixture(scope="module")
def idp(app: TestEngine) -> Any:
    return app.client("cognito-idp")


def sign_in(app: TestEngine, name: str = ADA, password: str = PASSWORD, **more: str) -> Any:
    return app.client("cognito-idp").initiate_auth(
        ClientId=app.outputs["Web"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password, **more},
    )


def tokens(app: TestEngine) -> dict[str, Any]:
    return sign_in(app)["AuthenticationResult"]


def fetched(address: str) -> Any:
    with urllib.request.urlopen(address) as answer:
        return json.loads(answer.read())


def keys(app: TestEngine) -> Any:
    return fetched(f"{app.endpoint}/{app.outputs['Pool']}/.well-known/jwks.json")["keys"]


def claims_of(app: TestEngine, token: str) -> dict[str, Any]:
    (key,) = keys(app)
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": key["kid"]}
    options = {"verify_aud": False}
    return jwt.decode(token, jwt.PyJWK(key), algorithms=["RS256"], options=options)


def test_what_a_template_is_told_of_its_pool(app: TestEngine, idp: Any) -> None:
    pool = app.outputs["Pool"]
    assert re.fullmatch(r"us-east-1_[A-Za-z0-9]{9}", pool)
    assert app.outputs["PoolArn"] == f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool}"
    assert app.outputs["ProviderName"] == f"cognito-idp.us-east-1.amazonaws.com/{pool}"
    assert app.outputs["ProviderUrl"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool}"
    assert re.fullmatch(r"[a-z0-9]{26}", app.outputs["Web"])
    assert (app.outputs["Domain"], app.outputs["Admins"]) == ("club-000000000000", "admins")
    shown = idp.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert shown["Name"] == "members-members" and shown["Domain"] == "club-000000000000"
    assert shown["Policies"]["PasswordPolicy"]["MinimumLength"] == 10
    schema = {entry["Name"]: entry for entry in shown["SchemaAttributes"]}
    assert schema["email"]["Required"] and schema["custom:since"]["Mutable"] is False
    assert len(schema) == 22
    (listed,) = idp.list_user_pools(MaxResults=10)["UserPools"]
    assert listed["Id"] == pool
    clients = idp.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"]
    assert {entry["ClientName"] for entry in clients} == {"web", "server", "page"}


def test_tokens_are_as_cognitos(app: TestEngine) -> None:
    result = tokens(app)
    assert (result["ExpiresIn"], result["TokenType"]) == (1_800, "Bearer")
    access, identity = (claims_of(app, result[name]) for name in ("AccessToken", "IdToken"))
    assert_shape(access, recorded("cognito.access"))
    assert_shape(identity, recorded("cognito.id"))
    assert access["exp"] - access["iat"] == identity["exp"] - identity["iat"] == 1_800
    assert access["origin_jti"] == identity["origin_jti"] and access["jti"] != identity["jti"]
    assert access["client_id"] == identity["aud"] == app.outputs["Web"]
    assert access["iss"] == app.outputs["ProviderUrl"]


def test_a_pool_describes_itself(app: TestEngine) -> None:
    about = fetched(f"{app.endpoint}/{app.outputs['Pool']}/.well-known/openid-configuration")
    assert about["issuer"] == app.outputs["ProviderUrl"]
    assert fetched(about["jwks_uri"])["keys"] == keys(app)
    assert about["token_endpoint"] == f"{app.endpoint}/_aws/auth/club-000000000000/oauth2/token"
    gone = ask(f"{app.endpoint}/us-east-1_none/.well-known/jwks.json")
    assert (gone.status, gone.json["message"]) == (400, "User pool us-east-1_none does not exist.")


def test_a_rest_api_takes_id_tokens(app: TestEngine) -> None:
    result = tokens(app)
    address = f"{app.outputs['Rest']}/me"
    answer = ask(address, headers={"Authorization": result["IdToken"]})
    assert answer.status == 200
    assert_shape(answer.json, recorded("cognito.rest"))
    for bad in ("", result["AccessToken"], result["IdToken"][:-4] + "AAAA", "x.y.z"):
        refused = ask(address, headers={"Authorization": bad} if bad else {})
        assert (refused.status, refused.json) == (401, {"message": "Unauthorized"})
    scoped = f"{app.outputs['Rest']}/scoped"
    assert ask(scoped, headers={"Authorization": result["AccessToken"]}).status == 200
    assert ask(scoped, headers={"Authorization": result["IdToken"]}).status == 401


def test_an_http_api_takes_both_tokens(app: TestEngine) -> None:
    result, address = tokens(app), f"{app.outputs['Site']}/me"
    answer = ask(address, headers={"Authorization": f"Bearer {result['AccessToken']}"})
    assert_shape(answer.json, recorded("cognito.http"))
    other = ask(address, headers={"Authorization": result["IdToken"]})
    assert other.json["jwt"]["claims"]["email_verified"] == "true"
    assert ask(address).status == 401
    spoilt = ask(address, headers={"Authorization": result["IdToken"][:-4] + "AAAA"})
    assert spoilt.status == 401 and "Signature verification" in (spoilt["www-authenticate"] or "")


def test_tokens_of_another_pool_open_nothing(app: TestEngine, idp: Any) -> None:
    pool = idp.create_user_pool(PoolName="strangers")["UserPool"]["Id"]
    client = idp.create_user_pool_client(
        UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ADMIN_NO_SRP_AUTH"]
    )["UserPoolClient"]["ClientId"]
    idp.admin_create_user(UserPoolId=pool, Username="eve", MessageAction="SUPPRESS")
    idp.admin_set_user_password(
        UserPoolId=pool, Username="eve", Password="Secret-12", Permanent=True
    )
    result = idp.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_NO_SRP_AUTH",
        AuthParameters={"USERNAME": "eve", "PASSWORD": "Secret-12"},
    )["AuthenticationResult"]
    headers = {"Authorization": result["IdToken"]}
    assert ask(f"{app.outputs['Rest']}/me", headers=headers).status == 401
    assert ask(f"{app.outputs['Site']}/me", headers=headers).status == 401
    idp.delete_user_pool(UserPoolId=pool)
    code, message = refused(idp.describe_user_pool, UserPoolId=pool)
    assert (code, message) == ("ResourceNotFoundException", f"User pool {pool} does not exist.")


def test_refresh_tokens_are_good_until_they_are_taken_back(app: TestEngine, idp: Any) -> None:
    first = tokens(app)

    def refresh(token: str) -> Any:
        return idp.initiate_auth(
            ClientId=app.outputs["Web"],
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token},
        )["AuthenticationResult"]

    again = refresh(first["RefreshToken"])
    assert "RefreshToken" not in again
    before, after = (claims_of(app, one["AccessToken"]) for one in (first, again))
    assert (before["origin_jti"], before["auth_time"]) == (after["origin_jti"], after["auth_time"])
    idp.revoke_token(Token=first["RefreshToken"], ClientId=app.outputs["Web"])
    with pytest.raises(idp.exceptions.NotAuthorizedException, match="Refresh Token has been rev"):
        refresh(first["RefreshToken"])
    with pytest.raises(idp.exceptions.NotAuthorizedException, match="Access Token has been revok"):
        idp.get_user(AccessToken=again["AccessToken"])
    with pytest.raises(idp.exceptions.NotAuthorizedException, match="Invalid Refresh Token"):
        refresh("none")
    with pytest.raises(idp.exceptions.UnsupportedTokenTypeException):
        idp.revoke_token(Token=again["AccessToken"], ClientId=app.outputs["Web"])


def test_a_refresh_token_expires_on_the_moved_clock(idp: Any, app: TestEngine) -> None:
    token = tokens(app)["RefreshToken"]
    app.advance(7 * 86_400 + 1)
    with pytest.raises(idp.exceptions.NotAuthorizedException, match="Refresh Token has expired"):
        idp.initiate_auth(
            ClientId=app.outputs["Web"],
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token},
        )


def test_a_wrong_password_and_a_stranger(app: TestEngine, idp: Any) -> None:
    code, message = refused(sign_in, app=app, password="wrong")
    assert (code, message) == ("NotAuthorizedException", "Incorrect username or password.")
    code, message = refused(sign_in, app=app, name="eve@example.com")
    assert (code, message) == ("UserNotFoundException", "User does not exist.")


def hashed(app: TestEngine, name: str) -> str:
    key = app.outputs["ServerSecret"].encode()
    digest = hmac.new(key, (name + app.outputs["Server"]).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def test_a_client_with_a_secret_wants_its_hash_and_hides_users(app: TestEngine, idp: Any) -> None:
    client = app.outputs["Server"]

    def sign_in_by(name: str, **more: str) -> Any:
        return idp.initiate_auth(
            ClientId=client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD, **more},
        )["AuthenticationResult"]

    assert sign_in_by(ADA, SECRET_HASH=hashed(app, ADA))["IdToken"]
    code, message = refused(sign_in_by, name=ADA)
    assert (code, message) == (
        "NotAuthorizedException",
        f"Client {client} is configured with secret but SECRET_HASH was not received",
    )
    code, message = refused(sign_in_by, name=ADA, SECRET_HASH="bm90aGluZw==")
    assert message == f"Unable to verify secret hash for client {client}"
    stranger = "eve@example.com"
    code, message = refused(sign_in_by, name=stranger, SECRET_HASH=hashed(app, stranger))
    assert (code, message) == ("NotAuthorizedException", "Incorrect username or password.")


def test_too_many_wrong_passwords_lock_for_a_while(app: TestEngine, idp: Any) -> None:
    idp.admin_create_user(
        UserPoolId=app.outputs["Pool"], Username="lou@example.com", MessageAction="SUPPRESS"
    )
    idp.admin_set_user_password(
        UserPoolId=app.outputs["Pool"],
        Username="lou@example.com",
        Password=PASSWORD,
        Permanent=True,
    )
    for _ in range(5):
        assert refused(sign_in, app=app, name="lou@example.com", password="no")[1].startswith("Inc")
    code, message = refused(sign_in, app=app, name="lou@example.com")
    assert (code, message) == ("NotAuthorizedException", "Password attempts exceeded")
    app.advance(2)
    assert sign_in(app, "LOU@example.com")["AuthenticationResult"]


def test_an_invited_user_chooses_a_password(app: TestEngine, idp: Any) -> None:
    name = "bob@example.com"
    made = idp.admin_create_user(
        UserPoolId=app.outputs["Pool"],
        Username=name,
        UserAttributes=[{"Name": "email", "Value": name}, {"Name": "custom:tier", "Value": "gold"}],
        DesiredDeliveryMediums=["EMAIL"],
    )["User"]
    assert (made["UserStatus"], made["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
    app.settle()
    (mail,) = app.mailbox(name)
    assert (mail["subject"], mail["from"]) == ("Welcome to the club", "club@example.com")
    password = re.fullmatch(rf"Hello {name}, your password is (.*)\n", mail["text"])[1]
    asked = sign_in(app, name, password)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    parameters = asked["ChallengeParameters"]
    assert parameters["USER_ID_FOR_SRP"] == made["Username"]
    assert json.loads(parameters["requiredAttributes"]) == []
    assert json.loads(parameters["userAttributes"])["custom:tier"] == "gold"

    def answer(new: str) -> Any:
        return idp.respond_to_auth_challenge(
            ClientId=app.outputs["Web"],
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": new},
        )

    code, message = refused(answer, new="short")
    assert code == "InvalidPasswordException"
    assert message == "Password did not conform with policy: Password not long enough"
    assert claims_of(app, answer(PASSWORD)["AuthenticationResult"]["IdToken"])["email"] == name
    code, message = refused(answer, new=PASSWORD)
    assert (code, message) == ("NotAuthorizedException", "Invalid session for the user.")
    shown = idp.admin_get_user(UserPoolId=app.outputs["Pool"], Username=name)
    assert shown["UserStatus"] == "CONFIRMED"


def test_a_temporary_password_expires(app: TestEngine, idp: Any) -> None:
    idp.admin_create_user(
        UserPoolId=app.outputs["Pool"],
        Username="eli@example.com",
        TemporaryPassword=PASSWORD,
        MessageAction="SUPPRESS",
    )
    app.advance(7 * 86_400 + 1)
    code, message = refused(sign_in, app=app, name="eli@example.com")
    assert (code, message) == (
        "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
    )


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with engine(tmp_path) as first:
        first.deploy(APP)
        idp = first.client("cognito-idp")
        idp.admin_set_user_password(
            UserPoolId=first.outputs["Pool"], Username=ADA, Password=PASSWORD, Permanent=True
        )
        result, published = tokens(first), keys(first)
        assert PASSWORD.encode() not in b"".join(
            file.read_bytes() for file in tmp_path.glob("*.db*")
        )
    with engine(tmp_path) as again:
        again.deploy(APP)
        assert keys(again) == published
        headers = {"Authorization": result["IdToken"]}
        assert ask(f"{again.outputs['Rest']}/me", headers=headers).status == 200
        renewed = again.client("cognito-idp").initiate_auth(
            ClientId=again.outputs["Web"],
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": result["RefreshToken"]},
        )
        assert renewed["AuthenticationResult"]["AccessToken"]


def test_signatures_are_not_asked_for_where_aws_asks_for_none(tmp_path: Path) -> None:
    with engine(auth=True) as guarded:
        guarded.deploy(APP)
        code, _ = refused(sign_in, app=guarded, password="wrong")
        assert code == "NotAuthorizedException"
        unsigned = ask(
            guarded.endpoint,
            "POST",
            {
                "X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools",
                "Content-Type": "application/x-amz-json-1.1",
            },
            '{"MaxResults": 1}',
        )
        assert unsigned.status == 403


def by_srp(app: TestEngine, name: str, password: str, client: str, **more: str) -> Any:
    idp, mine = app.client("cognito-idp"), Client(app.outputs["Pool"])
    asked = idp.initiate_auth(
        ClientId=client,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": name, **mine.begin, **more},
    )
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    answer = mine.answer(asked["ChallengeParameters"], password)
    if more:
        answer["SECRET_HASH"] = hashed(app, answer["USERNAME"])
    return idp.respond_to_auth_challenge(
        ClientId=client, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=answer
    )


def test_a_password_that_is_never_sent(app: TestEngine, idp: Any) -> None:
    web = app.outputs["Web"]
    # Numbers begin with zeros now and then, which clients and the pool must hash alike.
    for _ in range(5):
        result = by_srp(app, ADA, PASSWORD, web)["AuthenticationResult"]
    assert claims_of(app, result["IdToken"])["email"] == ADA
    code, message = refused(by_srp, app=app, name=ADA, password="wrong", client=web)
    assert (code, message) == ("NotAuthorizedException", "Incorrect username or password.")
    code, message = refused(by_srp, app=app, name="eve@x.example", password="x", client=web)
    assert code == "UserNotFoundException"
    code, message = refused(
        idp.initiate_auth,
        ClientId=web,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": ADA, "SRP_A": "0"},
    )
    assert code == "InvalidParameterException"


def test_a_client_that_hides_users_asks_strangers_for_a_password_too(app: TestEngine) -> None:
    server = app.outputs["Server"]
    result = by_srp(app, ADA, PASSWORD, server, SECRET_HASH=hashed(app, ADA))
    assert result["AuthenticationResult"]["AccessToken"]
    stranger = "eve@example.com"
    code, message = refused(
        by_srp,
        app=app,
        name=stranger,
        password=PASSWORD,
        client=server,
        SECRET_HASH=hashed(app, stranger),
    )
    assert (code, message) == ("NotAuthorizedException", "Incorrect username or password.")


def test_flows_that_a_client_does_not_allow(app: TestEngine, idp: Any) -> None:
    code, message = refused(
        idp.initiate_auth,
        ClientId=app.outputs["Web"],
        AuthFlow="CUSTOM_AUTH",
        AuthParameters={"USERNAME": ADA},
    )
    assert (code, message) == (
        "InvalidParameterException",
        "CUSTOM_AUTH flow not enabled for this client",
    )
    code, message = refused(
        idp.admin_initiate_auth,
        UserPoolId=app.outputs["Pool"],
        ClientId=app.outputs["Server"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": ADA, "PASSWORD": PASSWORD},
    )
    assert (code, message) == (
        "InvalidParameterException",
        "Auth flow not enabled for this client",
    )


def test_refresh_tokens_may_rotate(app: TestEngine, idp: Any) -> None:
    client = idp.create_user_pool_client(
        UserPoolId=app.outputs["Pool"],
        ClientName="rotating",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    )["UserPoolClient"]["ClientId"]
    first = idp.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": ADA, "PASSWORD": PASSWORD},
    )["AuthenticationResult"]["RefreshToken"]
    renew = idp.get_tokens_from_refresh_token
    second = renew(RefreshToken=first, ClientId=client)["AuthenticationResult"]["RefreshToken"]
    assert renew(RefreshToken=second, ClientId=client)["AuthenticationResult"]["IdToken"]
    assert refused(renew, RefreshToken=first, ClientId=client)[1] == "Invalid Refresh Token"


def test_a_page_signs_users_in(app: TestEngine) -> None:
    address, page = f"{app.endpoint}/_aws/cognito-idp/", ("Origin", "https://page.example")
    wanted = "content-type,x-amz-target,x-amz-user-agent"
    asked = ask(
        address,
        "OPTIONS",
        [
            page,
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", wanted),
        ],
    )
    assert (asked.status, asked["access-control-allow-origin"]) == (200, "*")
    assert asked["access-control-allow-headers"] == wanted

    def call(operation: str, request: dict[str, Any], at: str = address) -> Any:
        named = f"AWSCognitoIdentityProviderService.{operation}"
        headers = [page, ("X-Amz-Target", named), ("Content-Type", "application/x-amz-json-1.1")]
        return ask(at, "POST", headers, json.dumps(request))

    parameters = {"USERNAME": ADA, "PASSWORD": PASSWORD}
    request = {"ClientId": app.outputs["Web"], "AuthFlow": "USER_PASSWORD_AUTH"}
    answer = call("InitiateAuth", {**request, "AuthParameters": parameters})
    assert answer.status == 200 and answer["access-control-allow-origin"] == "*"
    assert answer.json["AuthenticationResult"]["IdToken"]
    refusal = call("InitiateAuth", {**request, "AuthParameters": {**parameters, "PASSWORD": "no"}})
    assert (refusal.status, refusal["access-control-allow-origin"]) == (400, "*")
    assert refusal.json["__type"] == "NotAuthorizedException"
    assert call("ListUserPools", {"MaxResults": 1}).status == 403
    assert (
        ask(address, "POST", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, "{}").status == 403
    )


def test_where_a_pools_keys_lie_is_told_in_outputs_and_variables(
    app: TestEngine, tmp_path: Path
) -> None:
    (tmp_path / "template.yaml").write_text(
        """
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
Outputs:
  Keys: {Value: !Sub "https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}/.well-known/jwks.json"}
  Issuer: {Value: !Sub "https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}"}
  Other: {Value: !Sub "https://cognito-idp.${AWS::Region}.amazonaws.com/us-east-1_other/.well-known/jwks.json"}
"""
    )
    kept = app.outputs
    told = app.deploy(tmp_path)
    app.outputs = kept
    assert told["Issuer"].startswith("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_")
    assert fetched(told["Keys"])["keys"][0]["alg"] == "RS256"
    assert told["Keys"].startswith(app.endpoint)
    assert told["Other"].startswith("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other")
