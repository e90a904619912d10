"""Users of pools on their own: signing up, codes by mail, forgotten passwords, attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import TestEngine, engine
from tests.journeys.rest_client import ask
from tests.refusals import refused, refused_as

APP = Path(__file__).parents[1] / "apps" / "members"
PASSWORD = "correct horse 1"
OTHER = "battery staple 2"


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(APP)
        yield running


@pytest.fixture(scope="module")
def idp(app: TestEngine) -> Any:
    return app.client("cognito-idp")


def code_for(app: TestEngine, name: str) -> str:
    """The last code that was sent to somebody."""
    app.settle()
    return re.search(r"[0-9]{6}", app.mailbox(name)[-1]["subject"])[0]


def sign_up(app: TestEngine, name: str, **attributes: str) -> Any:
    given = {"email": name} | attributes
    return app.client("cognito-idp").sign_up(
        ClientId=app.outputs["Web"],
        Username=name,
        Password=PASSWORD,
        UserAttributes=[{"Name": key, "Value": value} for key, value in given.items()],
    )


def member(app: TestEngine, name: str, **attributes: str) -> str:
    """Sign somebody up, confirm it and sign in; returns the access token."""
    sign_up(app, name, **attributes)
    app.client("cognito-idp").confirm_sign_up(
        ClientId=app.outputs["Web"], Username=name, ConfirmationCode=code_for(app, name)
    )
    return signed_in(app, name)


def signed_in(app: TestEngine, name: str, password: str = PASSWORD) -> str:
    return app.client("cognito-idp").initiate_auth(
        ClientId=app.outputs["Web"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )["AuthenticationResult"]["AccessToken"]


def attributes_of(app: TestEngine, name: str) -> dict[str, str]:
    shown = app.client("cognito-idp").admin_get_user(UserPoolId=app.outputs["Pool"], Username=name)
    return {entry["Name"]: entry["Value"] for entry in shown["UserAttributes"]}


def test_signing_up_with_a_code(app: TestEngine, idp: Any) -> None:
    name, client = "cy@example.com", app.outputs["Web"]
    made = sign_up(app, name, **{"custom:tier": "gold", "custom:since": "2020"})
    assert made["UserConfirmed"] is False and made["UserSub"]
    assert made["CodeDeliveryDetails"] == {
        "Destination": "c***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    code, message = refused(signed_in, app=app, name=name)
    assert (code, message) == ("UserNotConfirmedException", "User is not confirmed.")
    sent = code_for(app, name)
    mail = app.mailbox(name)[-1]
    assert mail["html"] == f"Please type <b>{sent}</b>.\n"
    assert mail["text"] == f"Please type {sent}.\n"
    wrong = "000000" if sent != "000000" else "111111"
    confirm = {"ClientId": client, "Username": name}
    code, message = refused(idp.confirm_sign_up, **confirm, ConfirmationCode=wrong)
    assert (code, message) == (
        "CodeMismatchException",
        "Invalid verification code provided, please try again.",
    )
    idp.resend_confirmation_code(**confirm)
    sent = code_for(app, name)
    idp.confirm_sign_up(**confirm, ConfirmationCode=sent)
    code, message = refused(idp.confirm_sign_up, **confirm, ConfirmationCode=sent)
    assert (code, message) == (
        "NotAuthorizedException",
        "User cannot be confirmed. Current status is CONFIRMED",
    )
    shown = idp.get_user(AccessToken=signed_in(app, name.upper()))
    assert shown["Username"] == made["UserSub"]
    held = {entry["Name"]: entry["Value"] for entry in shown["UserAttributes"]}
    assert held == {
        "sub": made["UserSub"],
        "email": name,
        "email_verified": "true",
        "custom:tier": "gold",
        "custom:since": "2020",
    }


def test_what_a_new_user_may_not_be(app: TestEngine, idp: Any) -> None:
    member(app, "dan@example.com")

    def refusal(name: str = "new@example.com", password: str = PASSWORD, **given: str) -> Any:
        pairs = [{"Name": key, "Value": value} for key, value in given.items()]
        return refused(
            idp.sign_up,
            ClientId=app.outputs["Web"],
            Username=name,
            Password=password,
            UserAttributes=pairs,
        )

    policy = "Password did not conform with policy: Password "
    assert refusal("dan@example.com") == ("UsernameExistsException", "User already exists")
    assert refusal("dan") == ("InvalidParameterException", "Username should be an email.")
    assert refusal(password="short 1") == ("InvalidPasswordException", f"{policy}not long enough")
    assert refusal(password="ALL LARGE 1") == (
        "InvalidPasswordException",
        f"{policy}must have lowercase characters",
    )
    assert refusal(password="no numbers here")[1] == f"{policy}must have numeric characters"
    assert refusal(**{"email_verified": "true"}) == (
        "NotAuthorizedException",
        "A client attempted to write unauthorized attribute",
    )
    assert refusal(**{"custom:none": "x"}) == (
        "InvalidParameterException",
        "Attributes did not conform to the schema: custom:none: Attribute does not exist in "
        "schema.\n",
    )
    assert refusal(**{"custom:tier": "much too long"})[0] == "InvalidParameterException"
    assert refusal(**{"custom:since": "long ago"})[0] == "InvalidParameterException"
    assert refusal(phone_number="12") == (
        "InvalidParameterException",
        "Invalid phone number format.",
    )


def test_a_code_is_good_for_a_day(app: TestEngine, idp: Any) -> None:
    name = "fay@example.com"
    sign_up(app, name)
    sent = code_for(app, name)
    app.advance(86_401)
    confirm = {"ClientId": app.outputs["Web"], "Username": name}
    code, message = refused(idp.confirm_sign_up, **confirm, ConfirmationCode=sent)
    assert (code, message) == (
        "ExpiredCodeException",
        "Invalid code provided, please request a code again.",
    )
    idp.admin_confirm_sign_up(UserPoolId=app.outputs["Pool"], Username=name)
    assert signed_in(app, name)
    # Who was confirmed by an administrator has shown no address.
    assert attributes_of(app, name)["email_verified"] == "false"


def test_a_forgotten_password(app: TestEngine, idp: Any) -> None:
    name, client = "gil@example.com", app.outputs["Web"]
    member(app, name)
    told = idp.forgot_password(ClientId=client, Username=name)["CodeDeliveryDetails"]
    assert told["Destination"] == "g***@e***"
    sent = code_for(app, name)
    answer = {"ClientId": client, "Username": name, "ConfirmationCode": sent}
    assert refused_as(idp.confirm_forgot_password, **answer, Password="short") == (
        "InvalidPasswordException"
    )
    idp.confirm_forgot_password(**answer, Password=OTHER)
    assert signed_in(app, name, OTHER)
    assert refused_as(signed_in, app=app, name=name) == "NotAuthorizedException"
    assert refused_as(idp.confirm_forgot_password, **answer, Password=OTHER) == (
        "ExpiredCodeException"
    )
    code, message = refused(idp.forgot_password, ClientId=client, Username="eve@example.com")
    assert (code, message) == ("UserNotFoundException", "User does not exist.")


def test_an_administrator_resets_a_password(app: TestEngine, idp: Any) -> None:
    name = "hal@example.com"
    member(app, name)
    idp.admin_reset_user_password(UserPoolId=app.outputs["Pool"], Username=name)
    code, message = refused(signed_in, app=app, name=name)
    assert (code, message) == (
        "PasswordResetRequiredException",
        "Password reset required for the user",
    )
    idp.confirm_forgot_password(
        ClientId=app.outputs["Web"],
        Username=name,
        ConfirmationCode=code_for(app, name),
        Password=OTHER,
    )
    assert signed_in(app, name, OTHER)


def test_nobody_learns_who_is_a_member_from_a_client_that_hides_it(
    app: TestEngine, idp: Any
) -> None:
    pool = app.outputs["Pool"]
    client = idp.create_user_pool_client(
        UserPoolId=pool, ClientName="quiet", PreventUserExistenceErrors="ENABLED"
    )["UserPoolClient"]["ClientId"]
    stranger = {"ClientId": client, "Username": "eve@example.com"}
    told = idp.forgot_password(**stranger)["CodeDeliveryDetails"]
    assert told == {
        "Destination": "e***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    assert idp.resend_confirmation_code(**stranger)["CodeDeliveryDetails"] == told
    answer = {**stranger, "ConfirmationCode": "123456", "Password": OTHER}
    assert refused_as(idp.confirm_forgot_password, **answer) == "CodeMismatchException"
    app.settle()
    assert app.mailbox("eve@example.com") == []


def test_changing_a_password_and_oneself(app: TestEngine, idp: Any) -> None:
    name = "ida@example.com"
    token = member(app, name)
    change = {"AccessToken": token, "ProposedPassword": OTHER}
    code, message = refused(idp.change_password, **change, PreviousPassword="wrong")
    assert (code, message) == ("NotAuthorizedException", "Incorrect username or password.")
    idp.change_password(**change, PreviousPassword=PASSWORD)
    assert signed_in(app, name, OTHER)

    def update(**given: str) -> Any:
        pairs = [{"Name": key, "Value": value} for key, value in given.items()]
        return idp.update_user_attributes(AccessToken=token, UserAttributes=pairs)

    assert update(name="Ida", **{"custom:tier": "tin"})["CodeDeliveryDetailsList"] == []
    code, message = refused(update, **{"custom:since": "1999"})
    assert (code, message) == (
        "InvalidParameterException",
        "user.custom:since: Attribute cannot be updated.\n",
    )
    (sent,) = update(email="ida@new.example")["CodeDeliveryDetailsList"]
    assert sent["Destination"] == "i***@n***"
    assert attributes_of(app, "ida@new.example")["email_verified"] == "false"
    verify = {"AccessToken": token, "AttributeName": "email"}
    assert refused_as(idp.verify_user_attribute, **verify, Code="12345x") == (
        "CodeMismatchException"
    )
    idp.get_user_attribute_verification_code(**verify)
    idp.verify_user_attribute(**verify, Code=code_for(app, "ida@new.example"))
    assert attributes_of(app, "ida@new.example")["email_verified"] == "true"
    assert refused_as(signed_in, app=app, name=name, password=OTHER) == "UserNotFoundException"
    idp.delete_user_attributes(AccessToken=token, UserAttributeNames=["name"])
    assert "name" not in attributes_of(app, "ida@new.example")
    idp.delete_user(AccessToken=token)
    assert refused_as(idp.get_user, AccessToken=token) == "NotAuthorizedException"


def test_an_address_may_stay_until_the_new_one_is_verified(idp: Any, app: TestEngine) -> None:
    pool = idp.create_user_pool(
        PoolName="careful",
        AliasAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
    )["UserPool"]["Id"]
    client = idp.create_user_pool_client(
        UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]

    def create(name: str, address: str, **more: Any) -> None:
        idp.admin_create_user(
            UserPoolId=pool,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": address},
                {"Name": "email_verified", "Value": "true"},
            ],
            **more,
        )
        idp.admin_set_user_password(
            UserPoolId=pool, Username=name, Password="Secret-12", Permanent=True
        )

    def sign_in(name: str) -> Any:
        return idp.initiate_auth(
            ClientId=client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": "Secret-12"},
        )["AuthenticationResult"]["AccessToken"]

    create("jan", "jan@old.example")
    token = sign_in("jan@old.example")
    new = [{"Name": "email", "Value": "jan@new.example"}]
    idp.update_user_attributes(AccessToken=token, UserAttributes=new)
    held = {e["Name"]: e["Value"] for e in idp.get_user(AccessToken=token)["UserAttributes"]}
    assert (held["email"], held["email_verified"]) == ("jan@old.example", "true")
    app.settle()
    sent = re.search(r"[0-9]{6}", app.mailbox("jan@new.example")[-1]["text"])[0]
    idp.verify_user_attribute(AccessToken=token, AttributeName="email", Code=sent)
    assert sign_in("jan@new.example")
    # Of two users with one address the first has it, unless it is taken from it.
    code, message = refused(create, name="jo", address="jan@new.example")
    assert (code, message) == (
        "AliasExistsException",
        "An account with the email already exists.",
    )
    create("jo", "jan@new.example", ForceAliasCreation=True)
    shown = idp.admin_get_user(UserPoolId=pool, Username="jan@new.example")
    assert shown["Username"] == "jo"
    assert refused(create, name="a@b.example", address="a@b.example")[1] == (
        "Username cannot be of email format, since user pool is configured for email alias."
    )


def test_signing_out_everywhere_and_being_kept_out(app: TestEngine, idp: Any) -> None:
    name, pool = "kim@example.com", app.outputs["Pool"]
    first, second = member(app, name), signed_in(app, name)
    idp.global_sign_out(AccessToken=first)
    for token in (first, second):
        code, message = refused(idp.get_user, AccessToken=token)
        assert (code, message) == ("NotAuthorizedException", "Access Token has been revoked")
    third = signed_in(app, name)
    idp.admin_user_global_sign_out(UserPoolId=pool, Username=name)
    assert refused_as(idp.get_user, AccessToken=third) == "NotAuthorizedException"
    idp.admin_disable_user(UserPoolId=pool, Username=name)
    assert refused(signed_in, app=app, name=name) == (
        "NotAuthorizedException",
        "User is disabled.",
    )
    idp.admin_enable_user(UserPoolId=pool, Username=name)
    assert signed_in(app, name)
    assert refused(idp.get_user, AccessToken="x.y.z")[1] == "Invalid Access Token"


def test_groups_and_lists(app: TestEngine, idp: Any) -> None:
    pool = idp.create_user_pool(PoolName="listed")["UserPool"]["Id"]
    for number in range(5):
        idp.admin_create_user(
            UserPoolId=pool,
            Username=f"u{number}",
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": f"u{number}@x{number % 2}.example"}],
        )
    idp.create_group(UserPoolId=pool, GroupName="odd", Description="d", Precedence=3)
    assert refused_as(idp.create_group, UserPoolId=pool, GroupName="odd") == "GroupExistsException"
    for name in ("u1", "u3"):
        idp.admin_add_user_to_group(UserPoolId=pool, GroupName="odd", Username=name)
    found = idp.list_users_in_group(UserPoolId=pool, GroupName="odd", Limit=1)
    rest = idp.list_users_in_group(UserPoolId=pool, GroupName="odd", NextToken=found["NextToken"])
    assert [u["Username"] for u in found["Users"] + rest["Users"]] == ["u1", "u3"]
    (group,) = idp.admin_list_groups_for_user(UserPoolId=pool, Username="u1")["Groups"]
    assert (group["GroupName"], group["Precedence"]) == ("odd", 3)
    idp.update_group(UserPoolId=pool, GroupName="odd", Precedence=1)
    assert idp.get_group(UserPoolId=pool, GroupName="odd")["Group"]["Description"] == "d"
    idp.admin_remove_user_from_group(UserPoolId=pool, GroupName="odd", Username="u3")

    def names(**request: Any) -> list[str]:
        shown = idp.list_users(UserPoolId=pool, **request)["Users"]
        return [entry["Username"] for entry in shown]

    assert names(Filter='email ^= "u1@"') == ["u1"]
    assert names(Filter='username="u2"') == ["u2"]
    assert names(Filter='cognito:user_status = "FORCE_CHANGE_PASSWORD"', Limit=2) == ["u0", "u1"]
    idp.admin_disable_user(UserPoolId=pool, Username="u4")
    assert names(Filter='status = "Disabled"') == ["u4"]
    assert refused(idp.list_users, UserPoolId=pool, Filter="email")[1] == (
        "Error while parsing filter."
    )
    pages = list(idp.get_paginator("list_users").paginate(UserPoolId=pool, Limit=2))
    assert [len(page["Users"]) for page in pages] == [2, 2, 1]
    (only,) = idp.list_users(UserPoolId=pool, Filter='username="u0"', AttributesToGet=["email"])[
        "Users"
    ]
    assert only["Attributes"] == [{"Name": "email", "Value": "u0@x0.example"}]


def test_a_link_in_the_place_of_a_code_and_numbers(app: TestEngine, idp: Any) -> None:
    pool = idp.create_user_pool(
        PoolName="linked",
        AutoVerifiedAttributes=["email", "phone_number"],
        VerificationMessageTemplate={"DefaultEmailOption": "CONFIRM_WITH_LINK"},
    )["UserPool"]["Id"]
    client = idp.create_user_pool_client(UserPoolId=pool, ClientName="c", GenerateSecret=False)[
        "UserPoolClient"
    ]["ClientId"]

    def sign_up(name: str, **given: str) -> Any:
        pairs = [{"Name": key, "Value": value} for key, value in given.items()]
        return idp.sign_up(
            ClientId=client, Username=name, Password="Secret-12", UserAttributes=pairs
        )

    sign_up("lea", email="lea@example.com")
    app.settle()
    (mail,) = app.mailbox("lea@example.com")
    assert mail["subject"] == "Your verification link"
    address = unescape(re.search(r'href="([^"]+)"', mail["html"])[1])
    assert ask(address).body == b"Your registration has been confirmed!\n"
    assert ask(address).status == 400
    told = sign_up("max", phone_number="+12065550100")["CodeDeliveryDetails"]
    assert told == {
        "Destination": "+*******0100",
        "DeliveryMedium": "SMS",
        "AttributeName": "phone_number",
    }
    app.settle()
    (message,) = app.mailbox("+12065550100")
    sent = re.fullmatch("Your confirmation code is ([0-9]{6})", message["text"])[1]
    idp.confirm_sign_up(ClientId=client, Username="max", ConfirmationCode=sent)
    idp.update_user_pool(UserPoolId=pool, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    assert refused(sign_up, name="new") == (
        "NotAuthorizedException",
        "SignUp is not permitted for this user pool",
    )


def test_names_that_are_numbers_and_names_that_differ_in_case(idp: Any, app: TestEngine) -> None:
    pool = idp.create_user_pool(PoolName="phones", UsernameAttributes=["phone_number"])
    client = idp.create_user_pool_client(
        UserPoolId=pool["UserPool"]["Id"],
        ClientName="c",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
    )["UserPoolClient"]["ClientId"]
    made = idp.sign_up(ClientId=client, Username="+12065550123", Password="Secret-12")
    named = {"UserPoolId": pool["UserPool"]["Id"], "Username": made["UserSub"]}
    assert idp.admin_get_user(**named)["UserAttributes"][1]["Value"] == "+12065550123"
    assert refused(idp.sign_up, ClientId=client, Username="a@b.example", Password="Secret-12") == (
        "InvalidParameterException",
        "Username should be a phone number.",
    )
    exact = idp.create_user_pool(PoolName="exact")["UserPool"]["Id"]
    for name in ("sam", "Sam"):
        idp.admin_create_user(UserPoolId=exact, Username=name, MessageAction="SUPPRESS")
    taken = {"UserPoolId": exact, "Username": "sam", "MessageAction": "SUPPRESS"}
    assert refused(idp.admin_create_user, **taken) == (
        "UsernameExistsException",
        "User account already exists",
    )
    assert refused_as(idp.admin_get_user, UserPoolId=exact, Username="SAM") == (
        "UserNotFoundException"
    )


def test_a_pool_that_is_protected_stays(idp: Any) -> None:
    pool = idp.create_user_pool(PoolName="kept", DeletionProtection="ACTIVE")["UserPool"]["Id"]
    assert refused_as(idp.delete_user_pool, UserPoolId=pool) == "InvalidParameterException"
    idp.tag_resource(
        ResourceArn=idp.describe_user_pool(UserPoolId=pool)["UserPool"]["Arn"], Tags={"a": "b"}
    )
    shown = idp.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert shown["UserPoolTags"] == {"a": "b"} and shown["DeletionProtection"] == "ACTIVE"
    idp.add_custom_attributes(
        UserPoolId=pool, CustomAttributes=[{"Name": "x", "AttributeDataType": "String"}]
    )
    idp.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")
    schema = idp.describe_user_pool(UserPoolId=pool)["UserPool"]["SchemaAttributes"]
    assert schema[-1]["Name"] == "custom:x"
    idp.delete_user_pool(UserPoolId=pool)
