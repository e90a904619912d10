"""Tokens: JSON web tokens signed with the pool's key. Their times are real, for other processes
judge them.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.cognito import clients, faults, keys, names, pools, users
from eventmill.services.cognito.clients import Client
from eventmill.services.cognito.grants import Grant
from eventmill.services.cognito.overrides import Overrides
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call
from eventmill.store.transaction import Transaction

SCOPE = "aws.cognito.signin.user.admin"
"""Of every token that the API gives: it lets users change themselves."""

_BOOLEANS = ("email_verified", "phone_number_verified")
_NUMBERS = ("updated_at",)


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose access token it is."""

    pool: Pool
    client: Client
    user: User
    origin: str


def issue(
    call: Call,
    client: Client,
    user: User,
    grant: Grant,
    overrides: Overrides,
    nonce: str | None = None,
) -> dict[str, Any]:
    """AuthenticationResult without a refresh token; `nonce` is what an application asked with."""
    now = int(call.ports.real_now())
    common = {
        "sub": user.sub,
        "iss": names.issuer(user.pool),
        "origin_jti": grant.origin,
        "event_id": call.ids.uuid(),
        "auth_time": int(grant.began),
        "iat": now,
    }
    if overrides.groups:
        common["cognito:groups"] = list(overrides.groups)
    access = common | {
        "client_id": client.id,
        "token_use": "access",
        "scope": " ".join(overrides.scopes(grant.scopes.split() or [SCOPE])),
        "exp": now + client.validity("AccessToken"),
        "jti": call.ids.uuid(),
        "username": user.name,
    }
    id_token = (
        {name: _typed(name, value) for name, value in user.attributes.items()}
        | common
        | {
            "cognito:username": user.name,
            "aud": client.id,
            "token_use": "id",
            "exp": now + client.validity("IdToken"),
            "jti": call.ids.uuid(),
        }
    )
    id_token = {
        name: value
        for name, value in id_token.items()
        if name not in user.attributes or client.may_read(name)
    }
    if nonce:
        id_token["nonce"] = nonce
    if overrides.roles:
        id_token["cognito:roles"] = list(overrides.roles)
    if overrides.preferred_role:
        id_token["cognito:preferred_role"] = overrides.preferred_role
    return {
        "AccessToken": _sign(call.tx, user.pool, overrides.access.applied(access)),
        "ExpiresIn": client.validity("AccessToken"),
        "TokenType": "Bearer",
        "IdToken": _sign(call.tx, user.pool, overrides.id.applied(id_token)),
    }


def issue_to_machine(call: Call, client: Client, scopes: list[str], changes: Overrides) -> str:
    """An access token for a client that acts for itself: there is no user."""
    now = int(call.ports.real_now())
    claims = {
        "sub": client.id,
        "token_use": "access",
        "scope": " ".join(changes.scopes(scopes)),
        "auth_time": now,
        "iss": names.issuer(client.pool),
        "exp": now + client.validity("AccessToken"),
        "iat": now,
        "version": 2,
        "jti": call.ids.uuid(),
        "client_id": client.id,
    }
    return _sign(call.tx, client.pool, changes.access.applied(claims))


def signed(tx: Transaction, token: str, scope: str = SCOPE) -> Signed:
    """Whose access token it is; it must have a scope. Raises Invalid (NotAuthorizedException)."""
    import jwt

    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        pool_id = names.issued_by(str(issuer)) or ""
        found = keys.of_pool(tx, pool_id)
        if found is None:
            raise faults.not_authorized("Invalid Access Token")
        claims = jwt.decode(
            token,
            found[1].public_key(),
            algorithms=["RS256"],
            options={"verify_aud": False},
        )
    except jwt.ExpiredSignatureError:
        raise faults.not_authorized("Access Token has expired") from None
    except jwt.PyJWTError:
        raise faults.not_authorized("Invalid Access Token") from None
    if claims.get("token_use") != "access":
        raise faults.not_authorized("Invalid Access Token")
    if scope not in str(claims.get("scope")).split():
        raise faults.not_authorized("Access Token does not have required scopes")
    return _alive(tx, pool_id, claims)


def _alive(tx: Transaction, pool_id: str, claims: Mapping[str, Any]) -> Signed:
    """Raises Invalid when the sign-in was taken back, or its user or client is gone."""
    origin = str(claims.get("origin_jti"))
    row = tx.one("SELECT revoked FROM cognito_grants WHERE origin=?", (origin,))
    if row is None or row[0]:
        raise faults.not_authorized("Access Token has been revoked")
    user = users.by_sub(tx, pool_id, str(claims["sub"]))
    if user is None:
        raise faults.no_user()
    if not user.enabled:
        raise faults.not_authorized("User is disabled.")
    client = clients.existing(tx, str(claims["client_id"]))
    return Signed(pools.existing(tx, pool_id), client, user, origin)


def _sign(tx: Transaction, pool: str, claims: Mapping[str, Any]) -> str:
    import jwt

    found = keys.of_pool(tx, pool)
    assert found is not None
    kid, key = found
    return jwt.encode(dict(claims), key, algorithm="RS256", headers={"kid": kid, "typ": None})


def _typed(name: str, value: str) -> Any:
    if name in _BOOLEANS:
        return value.lower() == "true"
    return int(value) if name in _NUMBERS and value.isdigit() else value
