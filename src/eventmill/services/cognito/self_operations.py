"""What users do with themselves, by their access tokens.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.cognito import (
    attribute_changes,
    clients,
    codes,
    faults,
    grants,
    messages,
    passwords,
    registration,
    schema_attributes,
    tokens,
    users,
)
from eventmill.services.cognito.messages import Message
from eventmill.services.cognito.operations import OPERATIONS
from eventmill.services.cognito.tokens import Signed
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call, Later, Result


@OPERATIONS.read("GetUser")
def get_user(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (NotAuthorizedException)."""
    signed = tokens.signed(call.tx, request["AccessToken"])
    shown = {
        name: value for name, value in signed.user.shown.items() if signed.client.may_read(name)
    }
    return {"Username": signed.user.name, "UserAttributes": schema_attributes.shown(shown)}


@OPERATIONS.write("DeleteUser")
def delete_user(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    users.delete(call.tx, tokens.signed(call.tx, request["AccessToken"]).user)
    return {}


@OPERATIONS.read("ChangePassword")
def change_password(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: NotAuthorizedException, InvalidPasswordException."""
    return Later(lambda: _change_password(call, request))


async def _change_password(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    def change(step: Call) -> None:
        signed = tokens.signed(step.tx, request["AccessToken"])
        if not signed.user.has_password(request.get("PreviousPassword") or ""):
            raise faults.wrong_password()
        proposed = request["ProposedPassword"]
        passwords.check(proposed, signed.pool.password_policy)
        users.set_password(step.tx, signed.pool, signed.user, proposed)

    await call.step(change)
    return {}


@OPERATIONS.read("UpdateUserAttributes")
def update_user_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return Later(lambda: _update(call, request))


async def _update(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    given = schema_attributes.values(request["UserAttributes"])

    def check(step: Call) -> Signed:
        signed = tokens.signed(step.tx, request["AccessToken"])
        registration.check_writable(signed.client, given)
        return signed

    signed = await call.step(check)
    sent = await attribute_changes.change(
        call, signed.pool, signed.user, given, signed.client.id, request.get("ClientMetadata")
    )
    return {"CodeDeliveryDetailsList": sent}


@OPERATIONS.write("DeleteUserAttributes")
def delete_user_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    signed = tokens.signed(call.tx, request["AccessToken"])
    names = request["UserAttributeNames"]
    registration.check_writable(signed.client, dict.fromkeys(names, ""))
    attribute_changes.remove(call.tx, signed.pool, signed.user, names)
    return {}


@OPERATIONS.read("GetUserAttributeVerificationCode")
def get_user_attribute_verification_code(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for an attribute that cannot be verified."""
    return Later(lambda: _send_code(call, request))


async def _send_code(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    attribute = request["AttributeName"]

    def make(step: Call) -> tuple[Signed, User, str]:
        signed = tokens.signed(step.tx, request["AccessToken"])
        _check_verifiable(attribute)
        waiting = codes.waiting(step.tx, signed.user, attribute)
        value = waiting or signed.user.attributes.get(attribute)
        if not value:
            raise faults.parameter(f"User does not have a {attribute} to verify.")
        code = codes.new(step.tx, signed.user, attribute, attribute, waiting)
        return signed, users.with_attribute(signed.user, attribute, value), code

    signed, addressee, code = await call.step(make)
    metadata = request.get("ClientMetadata")
    client = signed.client.id
    await messages.send(
        call,
        Message(signed.pool, addressee, client, "VerifyUserAttribute", attribute, code, metadata),
    )
    return {"CodeDeliveryDetails": messages.delivery(addressee, attribute)}


@OPERATIONS.write("VerifyUserAttribute")
def verify_user_attribute(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: CodeMismatchException, ExpiredCodeException."""
    signed = tokens.signed(call.tx, request["AccessToken"])
    _check_verifiable(request["AttributeName"])
    attribute_changes.verify(
        call.tx, signed.pool, signed.user, request["AttributeName"], request["Code"]
    )
    return {}


def _check_verifiable(attribute: str) -> None:
    if attribute not in schema_attributes.VERIFIED:
        raise faults.parameter("Only email and phone_number can be verified.")


@OPERATIONS.write("GlobalSignOut")
def global_sign_out(call: Call, request: dict[str, Any]) -> Result:
    """Take all of the user's tokens back. Raises Invalid."""
    grants.revoke_all(call.tx, tokens.signed(call.tx, request["AccessToken"]).user)
    return {}


@OPERATIONS.write("RevokeToken")
def revoke_token(call: Call, request: dict[str, Any]) -> Result:
    """Take a refresh token back with the access tokens that came of it. Raises Invalid."""
    client = clients.existing(call.tx, request["ClientId"])
    if client.secret is not None and client.secret != request.get("ClientSecret"):
        raise faults.not_authorized("Client secret is invalid")
    if not client.config.get("EnableTokenRevocation", True):
        raise Invalid(
            "UnsupportedOperationException", "Token revocation is not enabled for this client."
        )
    if request["Token"].count(".") == 2:
        raise Invalid("UnsupportedTokenTypeException", "Unsupported token type")
    grant = grants.find(call.tx, request["Token"])
    if grant is None or grant.client != client.id:
        raise Invalid("UnauthorizedException", "Invalid refresh token")
    grants.revoke(call.tx, grant.origin)
    return {}
