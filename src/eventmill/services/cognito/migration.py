"""UserMigration: a trigger that knows users of another directory, whom the pool takes over.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.cognito import faults, new_users, schema_attributes, triggers, users
from eventmill.services.cognito.clients import Client
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.signing_in import Way
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call

_TRIGGER = "UserMigration"
_RESPONSE = (
    *("userAttributes", "forceAliasCreation", "enableSMSMFA", "finalUserStatus"),
    *("messageAction", "desiredDeliveryMediums"),
)


async def at_sign_in(call: Call, way: Way, password: str) -> Way:
    """The same way with the user, where the trigger knows it. Raises Invalid."""
    request = {
        "password": password,
        "validationData": dict(way.metadata) if way.metadata else None,
        "userAttributes": None,
    }
    try:
        user = await _migrated(
            call, way.pool, way.client, way.name, "Authentication", request, password
        )
    except Fault:
        if way.client.hides_users:
            raise faults.wrong_password() from None
        raise
    return way if user is None else way.of(user)


async def at_forgotten_password(
    call: Call, pool: Pool, client: Client, name: str, metadata: Mapping[str, str] | None
) -> User | None:
    """The user, where the trigger knows it; it has no password yet. Raises Invalid."""
    request: dict[str, Any] = {"password": None, "validationData": None, "userAttributes": None}
    request = triggers.with_metadata(request, metadata)
    return await _migrated(call, pool, client, name, "ForgotPassword", request, None)


async def _migrated(
    call: Call,
    pool: Pool,
    client: Client,
    name: str,
    source: str,
    request: Mapping[str, Any],
    password: str | None,
) -> User | None:
    """None where the pool has no such trigger. Raises Invalid where it does not know the user."""
    if not triggers.has(pool, _TRIGGER):
        return None
    occasion = triggers.Occasion(pool, source, name, client.id)
    try:
        answer = await triggers.ask(call, _TRIGGER, occasion, request, dict.fromkeys(_RESPONSE))
    except Fault:
        answer = None
    given = (answer or {}).get("userAttributes")
    if answer is None or not isinstance(given, dict) or not given:
        raise faults.not_migrated(client.id)
    return await call.step(lambda step: _take_over(step, pool, name, given, answer, password))


def _take_over(
    call: Call,
    pool: Pool,
    name: str,
    given: Mapping[str, Any],
    answer: Mapping[str, Any],
    password: str | None,
) -> User:
    attributes = {key: str(value) for key, value in given.items() if key not in ("username", "sub")}
    schema_attributes.check(pool.config["SchemaAttributes"], attributes)
    # Who signs in with an alias is called otherwise.
    name = str(given.get("username") or name)
    status = str(answer.get("finalUserStatus") or users.CONFIRMED)
    user = new_users.create(
        call, pool, name, attributes, status, move_aliases=bool(answer.get("forceAliasCreation"))
    )
    if password is not None and status == users.CONFIRMED:
        # The pool's policy is not asked: it was the user's password elsewhere.
        user = users.set_password(call.tx, pool, user, password)
    return user
