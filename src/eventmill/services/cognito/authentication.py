"""Signing in: InitiateAuth, RespondToAuthChallenge and their forms for administrators.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.cognito import (
    clients,
    custom_auth,
    faults,
    grants,
    migration,
    passwords,
    pools,
    schema_attributes,
    sessions,
    signing_in,
    srp,
    users,
)
from eventmill.services.cognito.clients import Client
from eventmill.services.cognito.operations import OPERATIONS
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.signing_in import Way
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call, Later, Result

_OTHER_NAMES = {
    "ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH",
    "REFRESH_TOKEN": "REFRESH_TOKEN_AUTH",
}
_ATTRIBUTE = "userAttributes."


@OPERATIONS.read("InitiateAuth")
def initiate_auth(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: NotAuthorizedException, UserNotFoundException and others."""
    return Later(lambda: _initiate(call, request, admin=False))


@OPERATIONS.read("AdminInitiateAuth")
def admin_initiate_auth(call: Call, request: dict[str, Any]) -> Result:
    """As InitiateAuth, of a pool that is named."""
    return Later(lambda: _initiate(call, request, admin=True))


@OPERATIONS.read("RespondToAuthChallenge")
def respond_to_auth_challenge(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: NotAuthorizedException, CodeMismatchException and others."""
    return Later(lambda: _respond(call, request))


@OPERATIONS.read("AdminRespondToAuthChallenge")
def admin_respond_to_auth_challenge(call: Call, request: dict[str, Any]) -> Result:
    """As RespondToAuthChallenge, of a pool that is named."""
    return Later(lambda: _respond(call, request))


@OPERATIONS.read("GetTokensFromRefreshToken")
def get_tokens_from_refresh_token(call: Call, request: dict[str, Any]) -> Result:
    """Tokens and, where the client rotates them, a new refresh token. Raises Invalid."""
    return Later(lambda: _refresh(call, request))


async def _refresh(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    def look(step: Call) -> tuple[Pool, Client]:
        client = clients.existing(step.tx, request["ClientId"])
        if client.secret is not None and client.secret != request.get("ClientSecret"):
            raise faults.not_authorized(f"Unable to verify secret hash for client {client.id}")
        return pools.existing(step.tx, client.pool), client

    pool, client = await call.step(look)
    metadata = request.get("ClientMetadata")
    way = Way(pool, client, "", None, {}, metadata, answering=True)
    answer = await _renewed(call, way, request["RefreshToken"], rotate=_rotates(client))
    return {"AuthenticationResult": answer["AuthenticationResult"]}


def _rotates(client: Client) -> bool:
    return bool((client.config.get("RefreshTokenRotation") or {}).get("Feature") == "ENABLED")


async def _initiate(call: Call, request: Mapping[str, Any], *, admin: bool) -> dict[str, Any]:
    flow = _OTHER_NAMES.get(request["AuthFlow"], request["AuthFlow"])
    begin = _FLOWS.get(flow)
    if begin is None or (flow == "ADMIN_USER_PASSWORD_AUTH" and not admin):
        raise faults.parameter("Initiate Auth method not supported.")
    way = await call.step(lambda step: _way(step, request, "AuthParameters"))
    if not way.client.allows(flow):
        raise faults.parameter(
            "Auth flow not enabled for this client"
            if admin
            else f"{flow} flow not enabled for this client"
        )
    if flow != "REFRESH_TOKEN_AUTH":
        way.client.check_secret(way.required("USERNAME"), way.parameters.get("SECRET_HASH"))
    return await begin(call, way)


def _way(call: Call, request: Mapping[str, Any], parameters: str) -> Way:
    client = clients.existing(call.tx, request["ClientId"], request.get("UserPoolId"))
    pool = pools.existing(call.tx, client.pool)
    given = request.get(parameters) or {}
    name = str(given.get("USERNAME") or "")
    user = users.find(call.tx, pool, name) if name else None
    answering = parameters == "ChallengeResponses"
    return Way(pool, client, name, user, given, request.get("ClientMetadata"), answering)


async def _by_password(call: Call, way: Way) -> dict[str, Any]:
    return await signing_in.after_password(call, await known(call, way))


async def known(call: Call, way: Way) -> Way:
    """The way of a user whose password is right. Raises Invalid."""
    password = way.required("PASSWORD")
    if way.user is None:
        way = await migration.at_sign_in(call, way, password)
    await signing_in.before(call, way)
    found = way.user
    if found is None:
        raise faults.wrong_password()

    def check(step: Call) -> User | Fault:
        user = users.by_key(step.tx, way.pool.id, found.key)
        if user is None:
            return signing_in.unknown(way.client)
        right = user.has_password(password)
        return signing_in.check_password(step, user, right=right) or user

    checked = await call.step(check)
    if isinstance(checked, Fault):
        raise checked
    return way.of(checked)


async def _by_srp(call: Call, way: Way) -> dict[str, Any]:
    await signing_in.before(call, way)
    return await srp.begin(call, way, {})


async def _verified(call: Call, way: Way, session: str | None) -> dict[str, Any]:
    way, state = await srp.answered(call, way)
    if "history" in state:
        return await custom_auth.password_answered(call, way, state["history"])
    return await signing_in.after_password(call, way)


async def _by_refresh_token(call: Call, way: Way) -> dict[str, Any]:
    if _rotates(way.client):
        raise faults.not_authorized("Refresh token rotation is enabled for this client.")
    return await _renewed(call, way, way.required("REFRESH_TOKEN"), rotate=False)


async def _renewed(call: Call, way: Way, token: str, *, rotate: bool) -> dict[str, Any]:
    grant, user = await call.step(lambda step: refreshing(step, way.client, token))
    if not rotate:
        _check_renewal(way.client, user, way.parameters.get("SECRET_HASH"))
    return await signing_in.renew(call, way.of(user), grant, rotate=rotate)


def refreshing(call: Call, client: Client, token: str) -> tuple[grants.Grant, User]:
    """The sign-in of a client's refresh token, and who signed in. Raises Invalid."""
    grant = grants.of_refresh_token(call.tx, token)
    user = users.by_key(call.tx, grant.pool, grant.key)
    if grant.client != client.id or user is None:
        raise faults.not_authorized("Invalid Refresh Token")
    if not user.enabled:
        raise faults.not_authorized("User is disabled.")
    return grant, user


def _check_renewal(client: Client, user: User, given: str | None) -> None:
    """The hash may be of any name that the user has: the call itself names none."""
    names = [user.name, user.sub, *user.attributes.values()]
    for name in names[:-1]:
        try:
            client.check_secret(name, given)
            return
        except Fault:
            continue
    client.check_secret(names[-1], given)


async def _respond(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    answer = _ANSWERS.get(request["ChallengeName"])
    if answer is None:
        raise faults.parameter(f"The challenge {request['ChallengeName']} is not offered here.")
    way = await call.step(lambda step: _way(step, request, "ChallengeResponses"))
    way.client.check_secret(way.required("USERNAME"), way.parameters.get("SECRET_HASH"))
    return await answer(call, way, request.get("Session"))


async def _new_password(call: Call, way: Way, session: str | None) -> dict[str, Any]:
    way = await renewed_password(call, way, session)
    return await signing_in.finish(call, way, "NewPasswordChallenge")


async def renewed_password(call: Call, way: Way, session: str | None) -> Way:
    """The way of a user who has replaced its temporary password. Raises Invalid."""
    password = way.required("NEW_PASSWORD")
    given = {
        name.removeprefix(_ATTRIBUTE): value
        for name, value in way.parameters.items()
        if name.startswith(_ATTRIBUTE)
    }

    def change(step: Call) -> User:
        key, _ = sessions.take(step.tx, way.client, session, signing_in.NEW_PASSWORD)
        user = users.by_key(step.tx, way.pool.id, key)
        if user is None or way.user is None or way.user.key != key:
            raise faults.not_authorized("Invalid session for the user.")
        passwords.check(password, way.pool.password_policy)
        attributes = user.attributes | given
        schema_attributes.check_new(way.pool.config["SchemaAttributes"], attributes)
        if given:
            users.set_attributes(step.tx, way.pool, user, attributes)
        return users.set_password(step.tx, way.pool, user, password)

    return way.of(await call.step(change))


_FLOWS: dict[str, Callable[[Call, Way], Awaitable[dict[str, Any]]]] = {
    "USER_PASSWORD_AUTH": _by_password,
    "ADMIN_USER_PASSWORD_AUTH": _by_password,
    "USER_SRP_AUTH": _by_srp,
    "CUSTOM_AUTH": custom_auth.begin,
    "REFRESH_TOKEN_AUTH": _by_refresh_token,
}
_ANSWERS: dict[str, Callable[[Call, Way, str | None], Awaitable[dict[str, Any]]]] = {
    signing_in.NEW_PASSWORD: _new_password,
    srp.CHALLENGE: _verified,
    custom_auth.CHALLENGE: custom_auth.answer,
}
