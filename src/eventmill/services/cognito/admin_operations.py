"""What administrators do with users.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.cognito import (
    attribute_changes,
    contacts,
    grants,
    messages,
    new_users,
    passwords,
    pools,
    recovery,
    registration,
    schema_attributes,
    triggers,
    users,
)
from eventmill.services.cognito.operations import OPERATIONS
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call, Later, Result

_TAKEN = "User account already exists"


def _named(call: Call, request: Mapping[str, Any]) -> tuple[Pool, User]:
    pool = pools.existing(call.tx, request["UserPoolId"])
    return pool, users.existing(call.tx, pool, request["Username"])


@OPERATIONS.read("AdminCreateUser")
def admin_create_user(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: UsernameExistsException and others."""
    if request.get("MessageAction") == "RESEND":
        return Later(lambda: _invite_again(call, request))
    return Later(lambda: _create(call, request))


async def _create(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    sub = call.ids.uuid()
    given = schema_attributes.values(request.get("UserAttributes"))

    def check(step: Call) -> tuple[Pool, str, dict[str, str], str]:
        pool = pools.existing(step.tx, request["UserPoolId"])
        name, attributes = new_users.named(step.tx, pool, request["Username"], sub, given, _TAKEN)
        schema_attributes.check(pool.config["SchemaAttributes"], attributes)
        password = request.get("TemporaryPassword") or passwords.generate(pool.password_policy)
        passwords.check(password, pool.password_policy)
        return pool, name, attributes, password

    pool, name, attributes, password = await call.step(check)
    occasion = triggers.Occasion(pool, "AdminCreateUser", name)
    # Its answer says nothing about users that administrators create.
    await registration.ask_before(
        call,
        occasion,
        attributes,
        schema_attributes.values(request.get("ValidationData")) or None,
        request.get("ClientMetadata"),
    )

    def create(step: Call) -> User:
        user = new_users.create(
            step,
            pool,
            request["Username"],
            given,
            users.FORCE_CHANGE,
            sub=sub,
            taken=_TAKEN,
            move_aliases=bool(request.get("ForceAliasCreation")),
        )
        return users.set_password(step.tx, pool, user, password, users.FORCE_CHANGE)

    user = await call.step(create)
    if request.get("MessageAction") != "SUPPRESS":
        await _invite(call, pool, user, password, request)
    return {"User": users.shape(user)}


async def _invite_again(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    def change(step: Call) -> tuple[Pool, User, str]:
        pool, user = _named(step, request)
        if user.status != users.FORCE_CHANGE:
            raise Invalid(
                "UnsupportedUserStateException",
                f"Resend not possible. {user.name} status is not {users.FORCE_CHANGE}",
            )
        password = request.get("TemporaryPassword") or passwords.generate(pool.password_policy)
        passwords.check(password, pool.password_policy)
        changed = users.set_password(step.tx, pool, user, password, users.FORCE_CHANGE)
        return pool, changed, password

    pool, user, password = await call.step(change)
    await _invite(call, pool, user, password, request)
    return {"User": users.shape(user)}


async def _invite(
    call: Call, pool: Pool, user: User, password: str, request: Mapping[str, Any]
) -> None:
    for attribute in contacts.to_invite(user, request.get("DesiredDeliveryMediums")):
        await messages.send(
            call,
            messages.Message(
                pool,
                user,
                "",
                "AdminCreateUser",
                attribute,
                password,
                request.get("ClientMetadata"),
            ),
        )


@OPERATIONS.read("AdminGetUser")
def admin_get_user(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (UserNotFoundException)."""
    _, user = _named(call, request)
    return users.shape(user, "UserAttributes")


@OPERATIONS.write("AdminSetUserPassword")
def admin_set_user_password(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (InvalidPasswordException)."""
    pool, user = _named(call, request)
    passwords.check(request["Password"], pool.password_policy)
    status = users.CONFIRMED if request.get("Permanent") else users.FORCE_CHANGE
    users.set_password(call.tx, pool, user, request["Password"], status)
    return {}


@OPERATIONS.read("AdminConfirmSignUp")
def admin_confirm_sign_up(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a user that is confirmed already."""
    return Later(lambda: _confirm(call, request))


async def _confirm(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    def change(step: Call) -> tuple[Pool, User]:
        pool, user = _named(step, request)
        return pool, registration.confirmed(step, user)

    pool, user = await call.step(change)
    occasion = triggers.Occasion(pool, "ConfirmSignUp", user.name)
    await registration.ask_after(call, occasion, user, request.get("ClientMetadata"))
    return {}


@OPERATIONS.read("AdminUpdateUserAttributes")
def admin_update_user_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return Later(lambda: _update(call, request))


async def _update(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    pool, user = await call.step(lambda step: _named(step, request))
    given = schema_attributes.values(request["UserAttributes"])
    metadata = request.get("ClientMetadata")
    await attribute_changes.change(call, pool, user, given, "", metadata)
    return {}


@OPERATIONS.write("AdminDeleteUserAttributes")
def admin_delete_user_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    pool, user = _named(call, request)
    attribute_changes.remove(call.tx, pool, user, request["UserAttributeNames"])
    return {}


@OPERATIONS.write("AdminEnableUser")
def admin_enable_user(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (UserNotFoundException)."""
    users.enable(call.tx, _named(call, request)[1], True)
    return {}


@OPERATIONS.write("AdminDisableUser")
def admin_disable_user(call: Call, request: dict[str, Any]) -> Result:
    """The user's tokens are taken back. Raises Invalid."""
    _, user = _named(call, request)
    users.enable(call.tx, user, False)
    grants.revoke_all(call.tx, user)
    return {}


@OPERATIONS.write("AdminDeleteUser")
def admin_delete_user(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (UserNotFoundException)."""
    users.delete(call.tx, _named(call, request)[1])
    return {}


@OPERATIONS.write("AdminUserGlobalSignOut")
def admin_user_global_sign_out(call: Call, request: dict[str, Any]) -> Result:
    """Take all of a user's tokens back. Raises Invalid."""
    grants.revoke_all(call.tx, _named(call, request)[1])
    return {}


@OPERATIONS.read("AdminResetUserPassword")
def admin_reset_user_password(call: Call, request: dict[str, Any]) -> Result:
    """The user must reset its password with a code. Raises Invalid."""
    return Later(lambda: _reset(call, request))


async def _reset(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    def change(step: Call) -> tuple[Pool, User]:
        pool, user = _named(step, request)
        contacts.to_recover(pool, user)
        return pool, users.set_status(step.tx, user, users.RESET)

    pool, user = await call.step(change)
    await recovery.send_code(call, pool, user, "", request.get("ClientMetadata"))
    return {}
