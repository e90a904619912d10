"""The endpoints of a pool's domain: tokens for machines and for users, and what tokens tell.

https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
https://www.rfc-editor.org/rfc/rfc6749
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from eventmill.kernel.errors import Fault
from eventmill.services.cognito import (
    authentication,
    clients,
    grants,
    groups,
    hosted,
    overrides,
    pools,
    resource_servers,
    signing_in,
    tokens,
    triggers,
)
from eventmill.services.cognito.clients import Client
from eventmill.services.cognito.overrides import Overrides
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.problems import OAuthError
from eventmill.services.contract import Call
from eventmill.store.transaction import Transaction

MACHINES = "client_credentials"
_NOBODY = Overrides((), (), None)


def domain_of(tx: Transaction, pool: str) -> str | None:
    """A domain of a pool, or None."""
    row = tx.one("SELECT domain FROM cognito_domains WHERE pool=? ORDER BY domain", (pool,))
    return None if row is None else str(row[0])


def has_domain(tx: Transaction, domain: str) -> bool:
    """Whether a pool has this domain."""
    return tx.one("SELECT 1 FROM cognito_domains WHERE domain=?", (domain,)) is not None


async def token(
    call: Call, domain: str, form: Mapping[str, str], authorization: str
) -> dict[str, Any]:
    """The endpoint's answer; `authorization` is the request's header. Raises OAuthError, and Fault
    when a trigger fails."""
    pool, client = await call.step(lambda step: _client(step.tx, domain, form, authorization))
    grant = form.get("grant_type")
    if grant == MACHINES:
        return await _machine(call, pool, client, form)
    if grant == "refresh_token":
        return await _refreshed(call, pool, client, form)
    if grant == "authorization_code":
        result, scopes = await hosted.exchanged(call, pool, client, form)
        shown = _shown(result, scopes)
        return shown | {"refresh_token": result["RefreshToken"]}
    raise OAuthError("unsupported_grant_type" if grant else "invalid_request")


def _client(
    tx: Transaction, domain: str, form: Mapping[str, str], authorization: str
) -> tuple[Pool, Client]:
    """The client that has shown its secret, if it has one. Raises OAuthError."""
    id, secret = _credentials(authorization)
    id, secret = id or form.get("client_id", ""), secret or form.get("client_secret", "")
    row = tx.one("SELECT pool FROM cognito_domains WHERE domain=?", (domain,))
    client = clients.find(tx, id)
    if row is None or client is None or client.pool != row[0]:
        raise OAuthError("invalid_client")
    if not hmac.compare_digest((client.secret or "").encode(), secret.encode()):
        raise OAuthError("invalid_client")
    return pools.existing(tx, client.pool), client


def _credentials(authorization: str) -> tuple[str, str]:
    """(client id, secret) of a header with Basic authorization, empty for none."""
    kind, _, text = authorization.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        id, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise OAuthError("invalid_client") from None
    return unquote_plus(id), unquote_plus(secret)


async def _machine(
    call: Call, pool: Pool, client: Client, form: Mapping[str, str]
) -> dict[str, Any]:
    """An access token for a program that acts for itself."""
    if MACHINES not in (client.config.get("AllowedOAuthFlows") or ()) or client.secret is None:
        raise OAuthError("unauthorized_client")
    known = await call.step(lambda step: resource_servers.scopes(step.tx, pool.id))
    allowed = [one for one in client.config.get("AllowedOAuthScopes") or () if one in known]
    scopes = (form.get("scope") or "").split() or allowed
    if not scopes or not set(scopes) <= set(allowed):
        raise OAuthError("invalid_scope")
    changes = await _changes(call, pool, client, scopes, form)
    access = await call.step(lambda step: tokens.issue_to_machine(step, client, scopes, changes))
    seconds = client.validity("AccessToken")
    return {"access_token": access, "expires_in": seconds, "token_type": "Bearer"}


async def _changes(
    call: Call, pool: Pool, client: Client, scopes: list[str], form: Mapping[str, str]
) -> Overrides:
    """What PreTokenGeneration changes; only its third version is asked about machines."""
    version = (pool.triggers.get("PreTokenGenerationConfig") or {}).get("LambdaVersion")
    if version != "V3_0":
        return _NOBODY
    configuration = groups.configuration([])
    answer = await triggers.ask(
        call,
        "PreTokenGeneration",
        triggers.Occasion(pool, "ClientCredentials", "", client.id, "3"),
        triggers.with_metadata(
            {"userAttributes": {}, "groupConfiguration": configuration, "scopes": scopes},
            _metadata(form.get("aws_client_metadata")),
        ),
        {"claimsAndScopeOverrideDetails": None},
    )
    return overrides.of_answer({}, answer or {}, version)


def _metadata(text: str | None) -> dict[str, str] | None:
    """What a machine tells the trigger, a JSON object. Raises OAuthError."""
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise OAuthError("invalid_request")
    return {name: str(one) for name, one in value.items()}


async def _refreshed(
    call: Call, pool: Pool, client: Client, form: Mapping[str, str]
) -> dict[str, Any]:
    refresh = form.get("refresh_token")
    if not refresh:
        raise OAuthError("invalid_request")
    way = signing_in.Way(pool, client, "", None, {}, None)
    try:
        grant, user = await call.step(lambda step: authentication.refreshing(step, client, refresh))
    except Fault:
        raise OAuthError("invalid_grant") from None
    answer = await signing_in.renew(call, way.of(user), grant, rotate=False)
    return _shown(answer["AuthenticationResult"], grant.scopes)


def _shown(result: Mapping[str, Any], scopes: str) -> dict[str, Any]:
    """A user's tokens; who asked for scopes, and not for `openid`, gets no ID token."""
    shown = {
        "access_token": result["AccessToken"],
        "expires_in": result["ExpiresIn"],
        "token_type": "Bearer",
    }
    if not scopes or "openid" in scopes.split():
        shown["id_token"] = result["IdToken"]
    return shown


def user_info(tx: Transaction, authorization: str) -> dict[str, str]:
    """What an access token lets its bearer know of the user. Raises Invalid.

    https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
    """
    found = tokens.signed(tx, authorization.partition(" ")[2], "openid")
    return {"username": found.user.name} | {
        name: value for name, value in found.user.shown.items() if found.client.may_read(name)
    }


def revoke(tx: Transaction, domain: str, form: Mapping[str, str], authorization: str) -> None:
    """Take a refresh token back. Raises OAuthError.

    https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html
    """
    _, client = _client(tx, domain, form, authorization)
    grant = grants.find(tx, form.get("token", ""))
    if grant is not None and grant.client == client.id:
        grants.revoke(tx, grant.origin)
