"""Users who register themselves: SignUp, ConfirmSignUp, ResendConfirmationCode.

https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.cognito import (
    clients,
    codes,
    contacts,
    faults,
    messages,
    new_users,
    passwords,
    pools,
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
from eventmill.store.transaction import Transaction

_ANSWER = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
_VERIFIES = {"autoVerifyEmail": "email", "autoVerifyPhone": "phone_number"}


def of_client(call: Call, request: Mapping[str, Any]) -> tuple[Pool, Client, User | None]:
    """Whom a client's request is about. Raises Invalid for a wrong SECRET_HASH."""
    client = clients.existing(call.tx, request["ClientId"])
    client.check_secret(request["Username"], request.get("SecretHash"))
    pool = pools.existing(call.tx, client.pool)
    return pool, client, users.find(call.tx, pool, request["Username"])


@OPERATIONS.read("SignUp")
def sign_up(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: UsernameExistsException, InvalidPasswordException and others."""
    return Later(lambda: _sign_up(call, request))


async def _sign_up(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    sub = call.ids.uuid()
    given = schema_attributes.values(request.get("UserAttributes"))
    password = request.get("Password") or ""

    def check(step: Call) -> tuple[Pool, Client, str, dict[str, str]]:
        pool, client, _ = of_client(step, request)
        if pool.invitations.get("AllowAdminCreateUserOnly"):
            raise faults.not_authorized("SignUp is not permitted for this user pool")
        check_writable(client, given)
        name, attributes = new_users.named(step.tx, pool, request["Username"], sub, given)
        passwords.check(password, pool.password_policy)
        schema_attributes.check_new(pool.config["SchemaAttributes"], attributes)
        return pool, client, name, attributes

    pool, client, name, attributes = await call.step(check)
    metadata = request.get("ClientMetadata")
    validation = schema_attributes.values(request.get("ValidationData")) or None
    occasion = triggers.Occasion(pool, "SignUp", name, client.id)
    answer = await ask_before(call, occasion, attributes, validation, metadata)
    verified = _verified(answer, attributes)
    confirmed = bool(answer.get("autoConfirmUser"))

    def create(step: Call) -> tuple[User, str | None, str]:
        status = users.CONFIRMED if confirmed else users.UNCONFIRMED
        user = new_users.create(
            step, pool, request["Username"], given | verified, status, sub=sub, move_aliases=True
        )
        user = users.set_password(step.tx, pool, user, password, status)
        attribute = None if confirmed else contacts.to_confirm(pool, user)
        if attribute is None:
            return user, None, ""
        return user, attribute, codes.new(step.tx, user, codes.CONFIRM, attribute)

    user, attribute, code = await call.step(create)
    told: dict[str, Any] = {"UserConfirmed": confirmed, "UserSub": user.sub}
    if attribute is not None:
        told["CodeDeliveryDetails"] = messages.delivery(user, attribute)
        await _send(call, pool, client, user, "SignUp", attribute, code, metadata)
    if confirmed:
        await ask_after(
            call, triggers.Occasion(pool, "ConfirmSignUp", user.name, client.id), user, metadata
        )
    return told


def check_writable(client: Client, attributes: Mapping[str, str]) -> None:
    """Raises Invalid for what the client's users may not set."""
    for name in attributes:
        if name in schema_attributes.VERIFIED.values() or not client.may_write(name):
            raise faults.not_authorized("A client attempted to write unauthorized attribute")


async def ask_before(
    call: Call,
    occasion: triggers.Occasion,
    attributes: Mapping[str, str],
    validation: Mapping[str, str] | None,
    metadata: Mapping[str, str] | None,
) -> dict[str, Any]:
    """PreSignUp's response; empty without such a trigger. Raises Invalid."""
    request = {"userAttributes": dict(attributes), "validationData": validation}
    request = triggers.with_metadata(request, metadata)
    return await triggers.ask(call, "PreSignUp", occasion, request, dict(_ANSWER)) or {}


async def ask_after(
    call: Call, occasion: triggers.Occasion, user: User, metadata: Mapping[str, str] | None
) -> None:
    """Tell PostConfirmation of a user. Raises Invalid; the user stays confirmed."""
    request = triggers.with_metadata({"userAttributes": triggers.attributes_of(user)}, metadata)
    await triggers.ask(call, "PostConfirmation", occasion, request, {})


def _verified(answer: Mapping[str, Any], attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes that say what the trigger verified, and what nobody has. Raises Invalid."""
    proofs = schema_attributes.VERIFIED
    found = {proofs[name]: "false" for name in proofs if attributes.get(name)}
    for flag, attribute in _VERIFIES.items():
        if answer.get(flag):
            if not attributes.get(attribute):
                raise faults.bad_answer(
                    f"Invalid lambda function output : {flag} needs the attribute {attribute}"
                )
            found[proofs[attribute]] = "true"
    return found


async def _send(
    call: Call,
    pool: Pool,
    client: Client,
    user: User,
    source: str,
    attribute: str,
    code: str,
    metadata: Mapping[str, str] | None,
) -> None:
    template = pool.config.get("VerificationMessageTemplate") or {}
    by_link = template.get("DefaultEmailOption") == "CONFIRM_WITH_LINK" and attribute == "email"
    await messages.send(
        call, Message(pool, user, client.id, source, attribute, code, metadata, by_link)
    )


@OPERATIONS.read("ConfirmSignUp")
def confirm_sign_up(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: CodeMismatchException, ExpiredCodeException and others."""
    return Later(lambda: _confirm(call, request))


async def _confirm(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    def change(step: Call) -> tuple[Pool, Client, User]:
        pool, client, user = of_client(step, request)
        if user is None:
            raise faults.expired_code() if client.hides_users else faults.no_user()
        _check_unconfirmed(user)
        attribute = codes.use(step.tx, user, codes.CONFIRM, request["ConfirmationCode"])
        proved = user.attributes | {schema_attributes.VERIFIED[attribute]: "true"}
        move = bool(request.get("ForceAliasCreation"))
        user = users.set_attributes(step.tx, pool, user, proved, move=move)
        return pool, client, confirmed(step, user)

    pool, client, user = await call.step(change)
    occasion = triggers.Occasion(pool, "ConfirmSignUp", user.name, client.id)
    await ask_after(call, occasion, user, request.get("ClientMetadata"))
    return {}


def by_link(tx: Transaction, query: Mapping[str, str]) -> dict[str, str]:
    """ConfirmSignUp's request that a link in a mail makes. Raises Invalid.

    Whoever has the link need not know the client's secret.
    """
    client = clients.existing(tx, query.get("client_id", ""))
    name = query.get("user_name", "")
    request = {
        "ClientId": client.id,
        "Username": name,
        "ConfirmationCode": query.get("confirmation_code", ""),
    }
    return request | ({"SecretHash": client.secret_hash(name)} if client.secret else {})


def confirmed(call: Call, user: User) -> User:
    """The user, confirmed from now on. Raises Invalid for one that is no new user."""
    _check_unconfirmed(user)
    return users.set_status(call.tx, user, users.CONFIRMED)


def _check_unconfirmed(user: User) -> None:
    if user.status != users.UNCONFIRMED:
        raise faults.not_authorized(f"User cannot be confirmed. Current status is {user.status}")


@OPERATIONS.read("ResendConfirmationCode")
def resend_confirmation_code(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a user that is confirmed."""
    return Later(lambda: _resend(call, request))


async def _resend(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    def make(step: Call) -> tuple[Pool, Client, User, str, str] | dict[str, Any]:
        pool, client, user = of_client(step, request)
        if user is None:
            if client.hides_users:
                return {"CodeDeliveryDetails": pretended(pool, request["Username"])}
            raise faults.no_user()
        if user.status != users.UNCONFIRMED:
            raise faults.parameter("User is already confirmed.")
        attribute = contacts.to_confirm(pool, user)
        if attribute is None:
            raise faults.parameter("Cannot resend codes. Auto verification not turned on.")
        code = codes.new(step.tx, user, codes.CONFIRM, attribute)
        return pool, client, user, attribute, code

    made = await call.step(make)
    if isinstance(made, dict):
        return made
    pool, client, user, attribute, code = made
    metadata = request.get("ClientMetadata")
    await _send(call, pool, client, user, "ResendCode", attribute, code, metadata)
    return {"CodeDeliveryDetails": messages.delivery(user, attribute)}


def pretended(pool: Pool, name: str) -> dict[str, str]:
    """CodeDeliveryDetails for somebody whom there is not, when nobody is to know that."""
    attribute = "phone_number" if name.startswith("+") else "email"
    value = name if "@" in name or name.startswith("+") else f"{name}@example.com"
    medium = "EMAIL" if attribute == "email" else "SMS"
    return {
        "Destination": messages.masked(attribute, value),
        "DeliveryMedium": medium,
        "AttributeName": attribute,
    }
