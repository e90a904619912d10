"""Signing in on the page of a pool's domain: who asks for it, and what its application gets.

https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
https://www.rfc-editor.org/rfc/rfc7636
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from eventmill.services.cognito import (
    authentication,
    clients,
    pools,
    resource_servers,
    sessions,
    signing_in,
    tokens,
    users,
)
from eventmill.services.cognito.clients import Client
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.problems import OAuthError
from eventmill.services.contract import Call
from eventmill.store.transaction import Transaction

SOURCE = "HostedAuth"
_CODE = "AUTHORIZATION_CODE"
_FLOWS = {"code": "code", "token": "implicit"}
_STANDARD = frozenset({"openid", "email", "phone", "profile", tokens.SCOPE})


@dataclass(frozen=True, slots=True)
class Asked:
    """What an application asked for when it sent its user to the page."""

    pool: Pool
    client: Client
    kind: str
    redirect: str
    scopes: str
    state: str | None
    nonce: str | None
    challenge: str | None


def asked(call: Call, domain: str, query: Mapping[str, str]) -> Asked:
    """Raises OAuthError for what the pool's client does not allow."""
    client = _client(call.tx, domain, query)
    config, kind = client.config, query.get("response_type", "code")
    redirect = query.get("redirect_uri") or config.get("DefaultRedirectURI") or ""
    if redirect not in (config.get("CallbackURLs") or ()):
        raise OAuthError("redirect_mismatch")
    allowed = config.get("AllowedOAuthFlows") or ()
    if not config.get("AllowedOAuthFlowsUserPoolClient") or _FLOWS.get(kind) not in allowed:
        raise OAuthError("unauthorized_client")
    if query.get("code_challenge_method", "S256") != "S256":
        raise OAuthError("invalid_request")
    known = _STANDARD | resource_servers.scopes(call.tx, client.pool)
    held = [one for one in config.get("AllowedOAuthScopes") or () if one in known]
    scopes = (query.get("scope") or "").split() or held
    if not set(scopes) <= set(held):
        raise OAuthError("invalid_scope")
    return Asked(
        pools.existing(call.tx, client.pool),
        client,
        kind,
        redirect,
        " ".join(scopes),
        query.get("state"),
        query.get("nonce"),
        query.get("code_challenge"),
    )


def _client(tx: Transaction, domain: str, query: Mapping[str, str]) -> Client:
    """The client that a page is opened for. Raises OAuthError."""
    row = tx.one("SELECT pool FROM cognito_domains WHERE domain=?", (domain,))
    client = clients.find(tx, query.get("client_id", ""))
    if row is None or client is None or client.pool != row[0]:
        raise OAuthError("invalid_client")
    return client


@dataclass(frozen=True, slots=True)
class NewPassword:
    """The user must choose a password before it goes on; `session` is given back with it."""

    session: str


async def sign_in(call: Call, wanted: Asked, form: Mapping[str, str]) -> str | NewPassword:
    """Where the browser goes with what the application asked for.

    `form` has `username` and `password`, or `new_password` and `session`. Raises Invalid.
    """
    parameters = {
        "USERNAME": form.get("username", ""),
        "PASSWORD": form.get("password", ""),
        "NEW_PASSWORD": form.get("new_password", ""),
    }
    user = await call.step(lambda step: users.find(step.tx, wanted.pool, parameters["USERNAME"]))
    name = parameters["USERNAME"]
    way = signing_in.Way(wanted.pool, wanted.client, name, user, parameters, None)
    if form.get("session"):
        way = await authentication.renewed_password(call, way, form["session"])
    else:
        way = await authentication.known(call, way)
        if way.user is not None and way.user.status == users.FORCE_CHANGE:
            answer = await signing_in.after_password(call, way)
            return NewPassword(answer["Session"])
    await signing_in.after(call, way)
    return await (_code(call, way, wanted) if wanted.kind == "code" else _tokens(call, way, wanted))


async def _code(call: Call, way: signing_in.Way, wanted: Asked) -> str:
    assert way.user is not None
    key = way.user.key
    state = {
        "redirect": wanted.redirect,
        "scopes": wanted.scopes,
        "nonce": wanted.nonce,
        "challenge": wanted.challenge,
    }
    code = await call.step(lambda step: sessions.begin(step.tx, wanted.client, key, _CODE, state))
    return _back(wanted, "?", {"code": code})


async def _tokens(call: Call, way: signing_in.Way, wanted: Asked) -> str:
    result = await signing_in.give(call, way, SOURCE, wanted.scopes, wanted.nonce)
    told = {"access_token": result["AccessToken"], "expires_in": result["ExpiresIn"]}
    if "openid" in wanted.scopes.split():
        told["id_token"] = result["IdToken"]
    return _back(wanted, "#", told | {"token_type": "Bearer"})


def _back(wanted: Asked, mark: str, told: Mapping[str, Any]) -> str:
    state = {} if wanted.state is None else {"state": wanted.state}
    mark = "&" if mark == "?" and "?" in wanted.redirect else mark
    return f"{wanted.redirect}{mark}{urlencode({**told, **state})}"


async def exchanged(
    call: Call, pool: Pool, client: Client, form: Mapping[str, str]
) -> tuple[dict[str, Any], str]:
    """(AuthenticationResult, scopes) of a code that the page gave. Raises OAuthError, Fault."""
    given, verifier = form.get("code"), form.get("code_verifier")

    def take(step: Call) -> tuple[users.User, dict[str, Any]]:
        state = sessions.find(step.tx, client, given or "", _CODE)
        user = None if state is None else users.by_key(step.tx, pool.id, state[0])
        if state is None or user is None:
            raise OAuthError("invalid_grant")
        sessions.end(step.tx, given or "")
        return user, state[1]

    user, state = await call.step(take)
    if form.get("redirect_uri") != state["redirect"] or not _proved(state["challenge"], verifier):
        raise OAuthError("invalid_grant")
    way = signing_in.Way(pool, client, user.name, user, {}, None)
    result = await signing_in.give(call, way, SOURCE, state["scopes"], state["nonce"])
    return result, state["scopes"]


def _proved(challenge: str | None, verifier: str | None) -> bool:
    """Whether who brings the code is who asked for it, where it left a challenge."""
    if not challenge:
        return True
    digest = hashlib.sha256((verifier or "").encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(made, challenge.encode())


def leaving(tx: Transaction, domain: str, query: Mapping[str, str]) -> str:
    """Where the browser goes when a user signs out. Raises OAuthError."""
    client = _client(tx, domain, query)
    if query.get("logout_uri") in (client.config.get("LogoutURLs") or ()):
        return query["logout_uri"]
    if query.get("redirect_uri") in (client.config.get("CallbackURLs") or ()):
        return f"login?{urlencode(query)}"
    raise OAuthError("redirect_mismatch")
