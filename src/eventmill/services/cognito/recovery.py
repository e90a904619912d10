"""Forgotten passwords.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgotPassword.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.cognito import (
    codes,
    contacts,
    faults,
    messages,
    migration,
    passwords,
    registration,
    schema_attributes,
    triggers,
    users,
)
from eventmill.services.cognito.clients import Client
from eventmill.services.cognito.messages import Message
from eventmill.services.cognito.operations import OPERATIONS
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call, Later, Result


@OPERATIONS.read("ForgotPassword")
def forgot_password(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: UserNotFoundException, InvalidParameterException and others."""
    return Later(lambda: _forgot(call, request))


async def _forgot(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    pool, client, user = await call.step(lambda step: registration.of_client(step, request))
    name, metadata = request["Username"], request.get("ClientMetadata")
    try:
        if user is None:
            user = await migration.at_forgotten_password(call, pool, client, name, metadata)
        _check(user)
        assert user is not None
        attribute = contacts.to_recover(pool, user)
    except Fault:
        if client.hides_users:
            return {"CodeDeliveryDetails": registration.pretended(pool, name)}
        raise
    await send_code(call, pool, user, client.id, metadata)
    return {"CodeDeliveryDetails": messages.delivery(user, attribute)}


def _check(user: User | None) -> None:
    """Raises Invalid unless the user may reset its password."""
    if user is None:
        raise faults.no_user()
    if not user.enabled:
        raise faults.not_authorized("User is disabled.")
    if user.status == users.FORCE_CHANGE:
        raise faults.not_authorized("User password cannot be reset in the current state.")


async def send_code(
    call: Call, pool: Pool, user: User, client: str, metadata: Mapping[str, str] | None
) -> None:
    """Send the code that resets the password. Raises Invalid when there is nowhere to send it."""
    attribute = contacts.to_recover(pool, user)
    code = await call.step(lambda step: codes.new(step.tx, user, codes.FORGOT, attribute))
    await messages.send(
        call, Message(pool, user, client, "ForgotPassword", attribute, code, metadata)
    )


@OPERATIONS.read("ConfirmForgotPassword")
def confirm_forgot_password(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: CodeMismatchException, ExpiredCodeException and others."""
    return Later(lambda: _confirm(call, request))


async def _confirm(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    def change(step: Call) -> tuple[Pool, Client, User]:
        pool, client, user = registration.of_client(step, request)
        if user is None or (client.hides_users and not user.enabled):
            raise faults.wrong_code() if client.hides_users else faults.no_user()
        passwords.check(request["Password"], pool.password_policy)
        attribute = codes.use(step.tx, user, codes.FORGOT, request["ConfirmationCode"])
        proved = user.attributes | {schema_attributes.VERIFIED[attribute]: "true"}
        user = users.set_attributes(step.tx, pool, user, proved)
        return pool, client, users.set_password(step.tx, pool, user, request["Password"])

    pool, client, user = await call.step(change)
    occasion = triggers.Occasion(pool, "ConfirmForgotPassword", user.name, client.id)
    await registration.ask_after(call, occasion, user, request.get("ClientMetadata"))
    return {}
