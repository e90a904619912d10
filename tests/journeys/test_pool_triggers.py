"""Triggers of user pools: what functions are told, what their answers do, how they fail."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from eventmill.services.cognito import triggers
from eventmill.testing import TestEngine, engine
from tests.journeys.rest_client import ask
from tests.queues import taken
from tests.refusals import refused
from tests.shape import assert_shape, recorded
from tests.srp import Client

APP = Path(__file__).parents[1] / "apps" / "doorman"
PASSWORD = "Secret-12"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def door() -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(APP)
        yield running


@pytest.fixture(scope="module")
def idp(door: TestEngine) -> Any:
    return door.client("cognito-idp")


@pytest.fixture(autouse=True)
def _fresh(door: TestEngine) -> Iterator[None]:
    yield
    table = door.client("dynamodb")
    for item in table.scan(TableName=door.outputs["Plans"])["Items"]:
        table.delete_item(TableName=door.outputs["Plans"], Key={"trigger": item["trigger"]})
    seen(door)


def plan(door: TestEngine, trigger: str, **what: Any) -> None:
    """What the function does when it is asked next: response, answer, error or sleep."""
    door.client("dynamodb").put_item(
        TableName=door.outputs["Plans"],
        Item={"trigger": {"S": trigger}, "plan": {"S": json.dumps(what)}},
    )


def seen(door: TestEngine) -> list[dict[str, Any]]:
    """The events since it was asked last."""
    return [json.loads(message["Body"]) for message in taken(door, door.outputs["Seen"])]


def sign_up(door: TestEngine, name: str, **more: Any) -> Any:
    request = {
        "ClientId": door.outputs["Guests"],
        "Username": name,
        "Password": PASSWORD,
        "UserAttributes": [{"Name": "email", "Value": f"{name}@example.com"}],
    }
    return door.client("cognito-idp").sign_up(**request | more)


def guest(door: TestEngine, name: str) -> None:
    """A confirmed user; nothing of it is seen."""
    pool, idp = door.outputs["Door"], door.client("cognito-idp")
    idp.admin_create_user(
        UserPoolId=pool,
        Username=name,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": f"{name}@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    idp.admin_set_user_password(UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True)
    seen(door)


def begin(door: TestEngine, flow: str, metadata: Any = None, **given: str) -> Any:
    more = {"ClientMetadata": metadata} if metadata else {}
    return door.client("cognito-idp").initiate_auth(
        ClientId=door.outputs["Guests"], AuthFlow=flow, AuthParameters=given, **more
    )


def sign_in(door: TestEngine, name: str, **more: Any) -> Any:
    return begin(door, "USER_PASSWORD_AUTH", USERNAME=name, PASSWORD=PASSWORD, **more)


def respond(door: TestEngine, challenge: str, session: str | None = None, **given: str) -> Any:
    more = {"Session": session} if session else {}
    return door.client("cognito-idp").respond_to_auth_challenge(
        ClientId=door.outputs["Guests"],
        ChallengeName=challenge,
        ChallengeResponses=given,
        ClientMetadata={"step": "second"},
        **more,
    )


def opened(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


# What functions are told


def test_the_events_of_signing_up(door: TestEngine, idp: Any) -> None:
    sign_up(
        door,
        "amy",
        ValidationData=[{"Name": "captcha", "Value": "ok"}],
        ClientMetadata={"from": "page"},
    )
    before, message = seen(door)
    assert_shape(before, recorded("cognito.pre-sign-up"))
    assert_shape(message, recorded("cognito.custom-message"))
    door.settle()
    (mail,) = door.mailbox("amy@example.com")
    code = re.fullmatch("Your confirmation code is ([0-9]{6})\n", mail["text"])[1]
    idp.confirm_sign_up(ClientId=door.outputs["Guests"], Username="amy", ConfirmationCode=code)
    (after,) = seen(door)
    assert_shape(after, recorded("cognito.post-confirmation"))


def test_the_events_of_signing_in(door: TestEngine) -> None:
    guest(door, "ben")
    result = sign_in(door, "ben", metadata={"device": "phone"})["AuthenticationResult"]
    before, after, token = seen(door)
    assert_shape(before, recorded("cognito.pre-authentication"))
    assert_shape(after, recorded("cognito.post-authentication"))
    assert_shape(token, recorded("cognito.pre-token"))
    begin(door, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=result["RefreshToken"])
    (again,) = seen(door)
    assert again["triggerSource"] == "TokenGeneration_RefreshTokens"


def test_the_events_of_signing_in_on_a_page(door: TestEngine, idp: Any) -> None:
    guest(door, "bob")
    pool, back = door.outputs["Door"], "https://app.example/back"
    idp.create_user_pool_domain(UserPoolId=pool, Domain="door")
    client = idp.create_user_pool_client(
        UserPoolId=pool,
        ClientName="page",
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        CallbackURLs=[back],
    )["UserPoolClient"]["ClientId"]
    base, form = f"{door.endpoint}/_aws/auth/door", {"Content-Type": FORM}
    sent = urlencode({"username": "bob", "password": PASSWORD})
    query = urlencode({"client_id": client, "response_type": "code", "redirect_uri": back})
    answer = ask(f"{base}/login?{query}", "POST", form, sent)
    assert [event["triggerSource"] for event in seen(door)] == [
        "PreAuthentication_Authentication",
        "PostAuthentication_Authentication",
    ]
    code = (answer["location"] or "").partition("code=")[2]
    given = {"grant_type": "authorization_code", "client_id": client, "redirect_uri": back}
    sent = urlencode({**given, "code": code})
    assert ask(f"{base}/oauth2/token", "POST", form, sent).status == 200
    (event,) = seen(door)
    assert event["triggerSource"] == "TokenGeneration_HostedAuth"
    assert event["callerContext"]["clientId"] == client


def test_the_events_of_an_invitation(door: TestEngine, idp: Any) -> None:
    idp.admin_create_user(
        UserPoolId=door.outputs["Door"],
        Username="cat",
        TemporaryPassword=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "cat@example.com"}],
        DesiredDeliveryMediums=["EMAIL"],
    )
    before, message = seen(door)
    assert before["triggerSource"] == "PreSignUp_AdminCreateUser"
    assert before["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert message["triggerSource"] == "CustomMessage_AdminCreateUser"
    assert message["request"]["usernameParameter"] == "{username}"
    asked = sign_in(door, "cat")
    assert [event["triggerSource"] for event in seen(door)] == ["PreAuthentication_Authentication"]
    given = {"USERNAME": "cat", "NEW_PASSWORD": "Another-12", "userAttributes.name": "Cat"}
    respond(door, asked["ChallengeName"], asked["Session"], **given)
    after, token = seen(door)
    assert token["triggerSource"] == "TokenGeneration_NewPasswordChallenge"
    assert token["request"]["userAttributes"]["name"] == "Cat"
    assert after["request"]["clientMetadata"] == {"step": "second"}


def test_the_events_of_other_messages(door: TestEngine, idp: Any) -> None:
    guest(door, "dot")
    client = door.outputs["Guests"]
    token = sign_in(door, "dot")["AuthenticationResult"]["AccessToken"]
    seen(door)
    idp.forgot_password(ClientId=client, Username="dot")
    idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    idp.update_user_attributes(
        AccessToken=token, UserAttributes=[{"Name": "email", "Value": "dot@new.example"}]
    )
    sources = [event["triggerSource"] for event in seen(door)]
    assert sources == [
        "CustomMessage_ForgotPassword",
        "CustomMessage_VerifyUserAttribute",
        "CustomMessage_UpdateUserAttribute",
    ]
    door.settle()
    text = door.mailbox("dot@example.com")[0]["text"]
    code = re.fullmatch("Your password reset code is ([0-9]{6})\n", text)[1]
    answer = {"ClientId": client, "Username": "dot", "ConfirmationCode": code}
    idp.confirm_forgot_password(**answer, Password="Another-12")
    (after,) = seen(door)
    assert after["triggerSource"] == "PostConfirmation_ConfirmForgotPassword"
    sign_up(door, "dora")
    seen(door)
    idp.resend_confirmation_code(ClientId=client, Username="dora")
    assert [event["triggerSource"] for event in seen(door)] == ["CustomMessage_ResendCode"]


# What their answers do


def test_a_function_confirms_and_verifies(door: TestEngine, idp: Any) -> None:
    plan(door, "PreSignUp", response={"autoConfirmUser": True, "autoVerifyEmail": True})
    made = sign_up(door, "eve")
    assert made["UserConfirmed"] is True and "CodeDeliveryDetails" not in made
    assert [event["triggerSource"] for event in seen(door)] == [
        "PreSignUp_SignUp",
        "PostConfirmation_ConfirmSignUp",
    ]
    claims = opened(sign_in(door, "eve@example.com")["AuthenticationResult"]["IdToken"])
    assert claims["email_verified"] is True
    plan(door, "PreSignUp", response={"autoVerifyPhone": True})
    assert refused(sign_up, door=door, name="eva")[0] == "InvalidLambdaResponseException"


def test_a_function_calls_the_pool_that_asks_it(door: TestEngine, idp: Any) -> None:
    idp.create_group(UserPoolId=door.outputs["Door"], GroupName="guests")
    plan(door, "PreSignUp", response={"autoConfirmUser": True})
    plan(door, "PostConfirmation", group="guests")
    sign_up(door, "gia")
    token = sign_in(door, "gia")["AuthenticationResult"]["AccessToken"]
    assert opened(token)["cognito:groups"] == ["guests"]
    told = [event["request"] for event in seen(door) if event["triggerSource"].startswith("Token")]
    assert told[-1]["groupConfiguration"]["groupsToOverride"] == ["guests"]
    starts = [line for line in door.logs() if "START RequestId: " in line]
    assert re.search("START RequestId: [0-9a-f-]{36} ", starts[-1])


def test_a_function_writes_the_messages(door: TestEngine, idp: Any) -> None:
    plan(
        door,
        "CustomMessage",
        response={"emailSubject": "Hello", "emailMessage": "Say <i>{####}</i>"},
    )
    sign_up(door, "flo")
    door.settle()
    (mail,) = door.mailbox("flo@example.com")
    assert mail["subject"] == "Hello"
    assert re.fullmatch(r"Say <i>[0-9]{6}</i>\n", mail["html"])
    plan(door, "CustomMessage", response={"emailMessage": "no code in it"})
    assert refused(sign_up, door=door, name="fox")[0] == "InvalidLambdaResponseException"


def test_a_function_changes_claims_and_groups(door: TestEngine) -> None:
    guest(door, "gus")
    plan(
        door,
        "TokenGeneration",
        response={
            "claimsOverrideDetails": {
                "claimsToAddOrOverride": {"shoe": "42", "sub": "mine", "email": "g@x.example"},
                "claimsToSuppress": ["email_verified", "iss"],
                "groupOverrideDetails": {
                    "groupsToOverride": ["staff"],
                    "iamRolesToOverride": ["arn:aws:iam::000000000000:role/staff"],
                    "preferredRole": "arn:aws:iam::000000000000:role/staff",
                },
            }
        },
    )
    result = sign_in(door, "gus")["AuthenticationResult"]
    identity, access = opened(result["IdToken"]), opened(result["AccessToken"])
    assert (identity["shoe"], identity["email"]) == ("42", "g@x.example")
    assert identity["sub"] == access["sub"] != "mine" and identity["iss"]
    assert "email_verified" not in identity and "shoe" not in access
    assert identity["cognito:groups"] == access["cognito:groups"] == ["staff"]
    assert identity["cognito:preferred_role"] == "arn:aws:iam::000000000000:role/staff"


def test_the_second_version_changes_access_tokens(door: TestEngine, idp: Any) -> None:
    pool, client = door.outputs["Scoped"], door.outputs["Holders"]
    code, message = refused(
        idp.admin_create_user, UserPoolId=pool, Username="hob", MessageAction="SUPPRESS"
    )
    assert (code, message) == (
        "UnexpectedLambdaException",
        "PreSignUp invocation failed due to error AccessDeniedException.",
    )
    config = idp.describe_user_pool(UserPoolId=pool)["UserPool"]["LambdaConfig"]
    idp.update_user_pool(
        UserPoolId=pool,
        LambdaConfig={"PreTokenGenerationConfig": config["PreTokenGenerationConfig"]},
    )
    idp.admin_create_user(UserPoolId=pool, Username="hob", MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=pool, Username="hob", Password=PASSWORD, Permanent=True)
    plan(
        door,
        "TokenGeneration",
        response={
            "claimsAndScopeOverrideDetails": {
                "idTokenGeneration": {"claimsToAddOrOverride": {"level": {"deep": [1, 2]}}},
                "accessTokenGeneration": {
                    "claimsToAddOrOverride": {"tenant": "t1", "exp": 1},
                    "claimsToSuppress": ["event_id", "username", "tenant2"],
                    "scopesToAdd": ["orders/read"],
                    "scopesToSuppress": ["aws.cognito.signin.user.admin"],
                },
                "groupOverrideDetails": {"groupsToOverride": ["vip"]},
            }
        },
    )
    result = idp.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "hob", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    (event,) = seen(door)
    assert_shape(event, recorded("cognito.pre-token-2"))
    access = opened(result["AccessToken"])
    assert (access["scope"], access["tenant"]) == ("orders/read", "t1")
    assert access["exp"] > 1 and access["username"] == "hob"
    assert access["cognito:groups"] == ["vip"]
    assert opened(result["IdToken"])["level"] == {"deep": [1, 2]}
    code, message = refused(idp.get_user, AccessToken=result["AccessToken"])
    assert message == "Access Token does not have required scopes"


def test_a_function_brings_users_from_elsewhere(door: TestEngine, idp: Any) -> None:
    plan(
        door,
        "UserMigration",
        response={
            "userAttributes": {"email": "ivy@example.com", "email_verified": "true"},
            "finalUserStatus": "CONFIRMED",
            "messageAction": "SUPPRESS",
        },
    )
    old = "weak"
    result = begin(door, "USER_PASSWORD_AUTH", {"a": "b"}, USERNAME="ivy", PASSWORD=old)
    assert opened(result["AuthenticationResult"]["IdToken"])["email"] == "ivy@example.com"
    assert_shape(seen(door)[0], recorded("cognito.user-migration"))
    plan(door, "UserMigration", error="unknown")
    assert begin(door, "USER_PASSWORD_AUTH", USERNAME="ivy@example.com", PASSWORD=old)
    code, message = refused(begin, door=door, flow="USER_PASSWORD_AUTH", USERNAME="x", PASSWORD="y")
    client = door.outputs["Guests"]
    assert (code, message) == (
        "UserNotFoundException",
        f"Exception migrating user in app client {client}",
    )
    plan(door, "UserMigration")
    assert refused(begin, door=door, flow="USER_PASSWORD_AUTH", USERNAME="x", PASSWORD="y") == (
        code,
        message,
    )
    attributes = {"username": "jil", "email": "jil@example.com", "email_verified": "true"}
    plan(door, "UserMigration", response={"userAttributes": attributes})
    result = begin(door, "USER_PASSWORD_AUTH", USERNAME="jil@example.com", PASSWORD=old)
    assert opened(result["AuthenticationResult"]["AccessToken"])["username"] == "jil"
    attributes = {"email": "jim@example.com", "email_verified": "true"}
    plan(door, "UserMigration", response={"userAttributes": attributes})
    told = idp.forgot_password(ClientId=client, Username="jim")["CodeDeliveryDetails"]
    assert told["Destination"] == "j***@e***"
    sources = {event["triggerSource"] for event in seen(door)}
    assert "UserMigration_ForgotPassword" in sources


# Challenges


def test_riddles_open_the_door(door: TestEngine) -> None:
    guest(door, "kay")
    asked = begin(door, "CUSTOM_AUTH", USERNAME="kay@example.com")
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert asked["ChallengeParameters"] == {"question": "6 * 7", "USERNAME": "kay"}
    again = respond(door, "CUSTOM_CHALLENGE", asked["Session"], USERNAME="kay", ANSWER="41")
    result = respond(door, "CUSTOM_CHALLENGE", again["Session"], USERNAME="kay", ANSWER="42")
    assert opened(result["AuthenticationResult"]["AccessToken"])["username"] == "kay"
    events = {event["triggerSource"].partition("_")[0]: event for event in seen(door)}
    assert_shape(events["DefineAuthChallenge"], recorded("cognito.define-challenge"))
    assert_shape(events["CreateAuthChallenge"], recorded("cognito.create-challenge"))
    assert_shape(events["VerifyAuthChallengeResponse"], recorded("cognito.verify-challenge"))
    assert events["PostAuthentication"]["request"]["clientMetadata"] == {"step": "second"}


def test_wrong_answers_do_not(door: TestEngine) -> None:
    guest(door, "lee")
    asked = begin(door, "CUSTOM_AUTH", USERNAME="lee")
    again = respond(door, "CUSTOM_CHALLENGE", asked["Session"], USERNAME="lee", ANSWER="1")
    given = {"challenge": "CUSTOM_CHALLENGE", "USERNAME": "lee", "ANSWER": "2"}
    code, message = refused(respond, door=door, session=again["Session"], **given)
    assert (code, message) == ("NotAuthorizedException", "Incorrect username or password.")
    code, message = refused(respond, door=door, session=asked["Session"], **given)
    assert (code, message) == ("NotAuthorizedException", "Invalid session for the user.")
    asked = begin(door, "CUSTOM_AUTH", USERNAME="lee")
    door.advance(181)
    code, message = refused(respond, door=door, session=asked["Session"], **given)
    assert message == "Invalid session for the user, session is expired."


def test_a_riddle_behind_a_password_that_is_never_sent(door: TestEngine) -> None:
    guest(door, "mia")
    client = Client(door.outputs["Door"])
    asked = begin(door, "CUSTOM_AUTH", USERNAME="mia", CHALLENGE_NAME="SRP_A", **client.begin)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    answer = client.answer(asked["ChallengeParameters"], PASSWORD)
    riddle = respond(door, "PASSWORD_VERIFIER", asked["Session"], **answer)
    result = respond(door, "CUSTOM_CHALLENGE", riddle["Session"], USERNAME="mia", ANSWER="42")
    assert result["AuthenticationResult"]["IdToken"]
    defined = [e for e in seen(door) if e["triggerSource"].startswith("DefineAuth")]
    names = [entry["challengeName"] for entry in defined[-1]["request"]["session"]]
    assert names == ["SRP_A", "PASSWORD_VERIFIER", "CUSTOM_CHALLENGE"]


def test_a_stranger_is_asked_riddles_too_when_nobody_is_to_know(door: TestEngine, idp: Any) -> None:
    client = idp.create_user_pool_client(
        UserPoolId=door.outputs["Door"], ClientName="quiet", PreventUserExistenceErrors="ENABLED"
    )["UserPoolClient"]["ClientId"]
    asked = idp.initiate_auth(
        ClientId=client, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": "nobody"}
    )
    assert asked["ChallengeParameters"] == {"question": "6 * 7", "USERNAME": "nobody"}
    assert [event["request"]["userNotFound"] for event in seen(door)] == [True, True, True]
    code, message = refused(
        idp.respond_to_auth_challenge,
        ClientId=client,
        ChallengeName="CUSTOM_CHALLENGE",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": "nobody", "ANSWER": "42"},
    )
    assert (code, message) == ("NotAuthorizedException", "Incorrect username or password.")
    verified, defined = seen(door)
    assert verified["request"]["userAttributes"] == {} and verified["userName"] == "nobody"
    assert defined["request"]["session"][0]["challengeResult"] is True


# How they fail


@pytest.mark.parametrize(
    ("trigger", "name"),
    [
        ("PreSignUp", "PreSignUp"),
        ("PreAuthentication", "PreAuthentication"),
        ("PostAuthentication", "PostAuthentication"),
        ("TokenGeneration", "PreTokenGeneration"),
    ],
)
def test_the_words_of_an_error_reach_the_client(door: TestEngine, trigger: str, name: str) -> None:
    if trigger != "PreSignUp":
        guest(door, f"ned-{name}".lower())
    plan(door, trigger, error="not today")
    call = sign_up if trigger == "PreSignUp" else sign_in
    code, message = refused(call, door=door, name=f"ned-{name}".lower())
    assert (code, message) == (
        "UserLambdaValidationException",
        f"{name} failed with error not today.",
    )


def test_who_is_confirmed_stays_so_when_the_function_fails(door: TestEngine, idp: Any) -> None:
    sign_up(door, "ole")
    plan(door, "PostConfirmation", error="no room")
    pool = {"UserPoolId": door.outputs["Door"], "Username": "ole"}
    _, message = refused(idp.admin_confirm_sign_up, **pool)
    assert message == "PostConfirmation failed with error no room."
    assert idp.admin_get_user(**pool)["UserStatus"] == "CONFIRMED"


@pytest.mark.parametrize("answer", [None, "fine", [], {"answer": 1}, {"response": "x"}])
def test_an_answer_that_is_no_event(door: TestEngine, answer: Any) -> None:
    plan(door, "PreSignUp", answer=answer)
    code, message = refused(sign_up, door=door, name="pat")
    assert (code, message) == ("InvalidLambdaResponseException", "Unrecognizable lambda output")


def test_a_function_that_is_too_slow_is_asked_three_times(
    door: TestEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triggers, "SECONDS", 0.3)
    plan(door, "PreSignUp", sleep=1.2)
    code, message = refused(sign_up, door=door, name="quin")
    assert (code, message) == (
        "UnexpectedLambdaException",
        "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.",
    )
    door.settle()
    assert len(seen(door)) == 3


def test_a_function_that_is_gone(door: TestEngine, idp: Any) -> None:
    gone = "arn:aws:lambda:us-east-1:000000000000:function:gone"
    pool = idp.create_user_pool(PoolName="lost", LambdaConfig={"PreSignUp": gone})["UserPool"]["Id"]
    code, message = refused(idp.admin_create_user, UserPoolId=pool, Username="ray")
    assert (code, message) == (
        "UnexpectedLambdaException",
        "PreSignUp invocation failed due to error ResourceNotFoundException.",
    )
