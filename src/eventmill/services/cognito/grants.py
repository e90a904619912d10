"""Grants: what a sign-in leaves behind, found by its refresh token or by its tokens' `origin_jti`.

A refresh token is good until the moved time that its client says, and only its hash is kept.
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from eventmill.services.cognito import faults
from eventmill.services.cognito.clients import Client
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call
from eventmill.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Grant:
    """One sign-in. `began` is on real time, `expires` on the moved one."""

    origin: str
    pool: str
    client: str
    key: str
    began: float
    expires: float
    revoked: int
    scopes: str
    """Of a sign-in by a pool's page, those of its access tokens."""


def begin(call: Call, client: Client, user: User, scopes: str = "") -> tuple[Grant, str]:
    """A new sign-in and its refresh token; `scopes` as Grant has them."""
    call.tx.execute(
        "DELETE FROM cognito_grants WHERE pool=? AND key=? AND expires<?",
        (user.pool, user.key, call.now),
    )
    origin, token = call.ids.uuid(), secrets.token_urlsafe(96)
    began = float(int(call.ports.real_now()))
    expires = call.now + client.validity("RefreshToken")
    call.tx.execute(
        "INSERT INTO cognito_grants VALUES(?,?,?,?,?,?,?,0,?)",
        (origin, _digest(token), user.pool, client.id, user.key, began, expires, scopes),
    )
    return Grant(origin, user.pool, client.id, user.key, began, expires, 0, scopes), token


def find(tx: Transaction, token: str) -> Grant | None:
    """The sign-in of a refresh token, or None."""
    row = tx.one(
        "SELECT origin, pool, client, key, began, expires, revoked, scopes FROM cognito_grants"
        " WHERE token=?",
        (_digest(token),),
    )
    return None if row is None else Grant(*row)


def of_refresh_token(tx: Transaction, token: str) -> Grant:
    """The sign-in of a refresh token that is good. Raises Invalid."""
    grant = find(tx, token)
    if grant is None:
        raise faults.not_authorized("Invalid Refresh Token")
    if grant.revoked:
        raise faults.not_authorized("Refresh Token has been revoked")
    if grant.expires <= tx.now:
        raise faults.not_authorized("Refresh Token has expired")
    return grant


def rotate(call: Call, grant: Grant) -> str:
    """A new refresh token of the sign-in; the one before is good no longer."""
    token = secrets.token_urlsafe(96)
    call.tx.execute(
        "UPDATE cognito_grants SET token=? WHERE origin=?", (_digest(token), grant.origin)
    )
    return token


def revoke(tx: Transaction, origin: str) -> None:
    """Take back a sign-in with all its tokens."""
    tx.execute("UPDATE cognito_grants SET revoked=1 WHERE origin=?", (origin,))


def revoke_all(tx: Transaction, user: User) -> None:
    """Take back all sign-ins of a user."""
    tx.execute("UPDATE cognito_grants SET revoked=1 WHERE pool=? AND key=?", (user.pool, user.key))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
