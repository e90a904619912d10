"""What all ways of signing in share: who signs in, the triggers on the way, the tokens.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.cognito import (
    faults,
    grants,
    groups,
    overrides,
    sessions,
    tokens,
    triggers,
    users,
)
from eventmill.services.cognito.clients import Client
from eventmill.services.cognito.grants import Grant
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call

NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"

_TRIES = 5
"""Wrong passwords before the next must wait: a second at first, then twice as long each time."""
_LONGEST_WAIT = 900.0


@dataclass(frozen=True, slots=True)
class Way:
    """One call of somebody who signs in.

    `name` is what the user is called in the call; `user` is None when there is no such user.
    `parameters` are AuthParameters or ChallengeResponses, `metadata` is ClientMetadata.
    """

    pool: Pool
    client: Client
    name: str
    user: User | None
    parameters: Mapping[str, str]
    metadata: Mapping[str, str] | None
    answering: bool = False
    """Whether it answers a challenge: only then triggers behind the first get the metadata."""

    def of(self, user: User) -> Way:
        """The same for the user as it is now."""
        return replace(self, user=user)

    def required(self, name: str) -> str:
        """A parameter that must be there. Raises Invalid."""
        value = self.parameters.get(name)
        if not value:
            raise faults.parameter(f"Missing required parameter {name}")
        return value

    def occasion(self, source: str, version: str = "1") -> triggers.Occasion:
        """Of a trigger on this way."""
        name = self.user.name if self.user else self.name
        return triggers.Occasion(self.pool, source, name, self.client.id, version)

    def request(self, more: Mapping[str, Any]) -> dict[str, Any]:
        """A trigger's request on this way."""
        request = {"userAttributes": triggers.attributes_of(self.user), **more}
        return triggers.with_metadata(request, self.metadata if self.answering else None)


def unknown(client: Client) -> Fault:
    """The answer to somebody whom there is not."""
    return faults.wrong_password() if client.hides_users else faults.no_user()


async def before(call: Call, way: Way) -> None:
    """Ask PreAuthentication. Raises Invalid when the trigger says no, or there is no such user,
    unless nobody is to know that."""
    if way.user is None and not way.client.hides_users:
        raise faults.no_user()
    more: dict[str, Any] = {"validationData": dict(way.metadata) if way.metadata else None}
    if way.client.hides_users:
        more["userNotFound"] = way.user is None
    request = {"userAttributes": triggers.attributes_of(way.user), **more}
    await triggers.ask(call, "PreAuthentication", way.occasion("Authentication"), request, {})


def check_password(call: Call, user: User, *, right: bool) -> Fault | None:
    """Count a password that was wrong, and say why the user may not sign in; None when it may.

    The fault is returned, since what is raised would undo the counting.
    """
    if user.locked > call.now:
        return faults.not_authorized("Password attempts exceeded")
    if not right:
        failures = user.failures + 1
        wait = min(_LONGEST_WAIT, 2.0 ** (failures - _TRIES)) if failures >= _TRIES else 0.0
        users.note_failures(call.tx, user, failures, call.now + wait if wait else 0.0)
        return faults.wrong_password()
    if user.failures:
        users.note_failures(call.tx, user, 0, 0.0)
    return barred(call, user)


def barred(call: Call, user: User) -> Fault | None:
    """Why a user who has shown who it is may not go on; None when it may."""
    if not user.enabled:
        return faults.not_authorized("User is disabled.")
    if user.status == users.UNCONFIRMED:
        return faults.unconfirmed()
    if user.status == users.RESET:
        return faults.reset_required()
    if user.status == users.FORCE_CHANGE and (user.temporary or call.now) < call.now:
        return faults.not_authorized(
            "Temporary password has expired and must be reset by an administrator."
        )
    return None


async def after_password(call: Call, way: Way) -> dict[str, Any]:
    """The answer to the right password: tokens, or that a new one is wanted."""
    assert way.user is not None
    if way.user.status == users.FORCE_CHANGE:
        user = way.user
        return await call.step(lambda step: _new_password(step, way, user))
    return await finish(call, way, "Authentication")


def _new_password(call: Call, way: Way, user: User) -> dict[str, Any]:
    lacking = [
        f"userAttributes.{entry['Name']}"
        for entry in way.pool.config["SchemaAttributes"]
        if entry.get("Required") and entry["Name"] not in user.shown
    ]
    return {
        "ChallengeName": NEW_PASSWORD,
        "Session": sessions.begin(call.tx, way.client, user.key, NEW_PASSWORD, {}),
        "ChallengeParameters": {
            "USER_ID_FOR_SRP": user.name,
            "requiredAttributes": json.dumps(lacking),
            "userAttributes": json.dumps(user.attributes),
        },
    }


async def finish(call: Call, way: Way, source: str) -> dict[str, Any]:
    """Ask PostAuthentication and give tokens. Raises Invalid."""
    await after(call, way)
    return {"ChallengeParameters": {}, "AuthenticationResult": await give(call, way, source)}


async def after(call: Call, way: Way) -> None:
    """Tell PostAuthentication. Raises Invalid."""
    request = way.request({"newDeviceUsed": False})
    await triggers.ask(call, "PostAuthentication", way.occasion("Authentication"), request, {})


async def give(
    call: Call, way: Way, source: str, scopes: str = "", nonce: str | None = None
) -> dict[str, Any]:
    """AuthenticationResult of a new sign-in; `scopes` and `nonce` as tokens.py has them."""
    changes = await _changes(call, way, source, scopes)

    def begin(step: Call) -> dict[str, Any]:
        user = _present(step, way)
        grant, refresh = grants.begin(step, way.client, user, scopes)
        made = tokens.issue(step, way.client, user, grant, changes, nonce)
        return made | {"RefreshToken": refresh}

    return await call.step(begin)


async def renew(call: Call, way: Way, grant: Grant, *, rotate: bool) -> dict[str, Any]:
    """Tokens of a sign-in that was before, with a new refresh token if it rotates."""
    changes = await _changes(call, way, "RefreshTokens", grant.scopes)

    def give(step: Call) -> dict[str, Any]:
        made = tokens.issue(step, way.client, _present(step, way), grant, changes)
        return made | {"RefreshToken": grants.rotate(step, grant)} if rotate else made

    return {"ChallengeParameters": {}, "AuthenticationResult": await call.step(give)}


def _present(call: Call, way: Way) -> User:
    """The user as it is now: a trigger may have changed it."""
    assert way.user is not None
    user = users.by_key(call.tx, way.pool.id, way.user.key)
    if user is None:
        raise unknown(way.client)
    return user


async def _changes(call: Call, way: Way, source: str, scopes: str) -> overrides.Overrides:
    """What PreTokenGeneration, or nobody, changes of the tokens."""
    user = await call.step(lambda step: _present(step, way))
    way = way.of(user)
    configuration = await call.step(
        lambda step: groups.configuration(groups.of_user(step.tx, user))
    )
    versioned = way.pool.triggers.get("PreTokenGenerationConfig") or {}
    version = str(versioned.get("LambdaVersion") or "V1_0")
    more: dict[str, Any] = {"groupConfiguration": configuration}
    response: dict[str, Any] = {"claimsOverrideDetails": None}
    if version != "V1_0":
        more["scopes"] = scopes.split() or [tokens.SCOPE]
        response = {"claimsAndScopeOverrideDetails": None}
    occasion = way.occasion(source, version[1])
    answer = await triggers.ask(call, "PreTokenGeneration", occasion, way.request(more), response)
    if answer is None:
        return overrides.of_groups(configuration)
    return overrides.of_answer(configuration, answer, version)
