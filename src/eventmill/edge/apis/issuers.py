"""Whose tokens are taken: the public keys of issuers, and what their tokens claim.

The keys of the engine's own user pools come from its store. Those of other issuers are fetched when
they are first needed, by OpenID Connect's discovery.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from eventmill.kernel.clock import Clock
from eventmill.kernel.http import HttpCall, HttpFailed
from eventmill.kernel.ports import HttpSender
from eventmill.services import cognito
from eventmill.store.database import Database

if TYPE_CHECKING:
    from jwt import PyJWK

_ALGORITHMS = ["RS256", "RS384", "RS512"]
_KEPT = 7_200.0
"""Seconds for which an issuer's keys are kept."""
_AGAIN = 60.0
"""Seconds after which an unknown key may be asked for: a caller must not cause a call each time."""
_SECONDS = 1.5
_log = logging.getLogger(__name__)


class BadToken(Exception):
    """The token is not taken; says why."""


class Issuers:
    """Keys are kept by issuer. Expiry is told on real time, as issuers do."""

    def __init__(self, database: Database, http: HttpSender, clock: Clock) -> None:
        self._database = database
        self._http = http
        self._clock = clock
        self._keys: dict[str, tuple[float, dict[str, PyJWK]]] = {}
        self._own: dict[str, PyJWK] = {}

    async def claims(self, token: str, issuer: str) -> dict[str, Any]:
        """Those of a token that the issuer has signed and that is good now. Raises BadToken."""
        from jwt import InvalidTokenError, decode, get_unverified_header

        try:
            key = await self._key(issuer, get_unverified_header(token).get("kid"))
            return decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                issuer=issuer,
                options={"require": ["exp", "iss"], "verify_aud": False},
            )
        except InvalidTokenError as error:
            raise BadToken(str(error)) from None

    async def _key(self, issuer: str, number: str | None) -> PyJWK:
        own = self._own_key(issuer, number)
        if own is not None:
            return own
        now = self._clock.now()
        fetched, keys = self._keys.get(issuer, (0.0, {}))
        old = now - fetched
        if old > _KEPT or (number not in keys and old > _AGAIN):
            keys = await self._fetch(issuer)
            self._keys[issuer] = (now, keys)
        if number is None and len(keys) == 1:
            return next(iter(keys.values()))
        if number not in keys:
            raise BadToken("the issuer has no key of that id")
        return keys[number]

    def _own_key(self, issuer: str, number: str | None) -> PyJWK | None:
        """None where the issuer is no pool of the engine's. Raises BadToken for another key."""
        from jwt import PyJWK

        pool = cognito.issued_by(issuer)
        published = None
        if pool is not None:
            published = self._database.read(lambda tx: cognito.published(tx, pool))
        if published is None:
            return None
        entry = next((entry for entry in published if entry["kid"] == number), None)
        if entry is None:
            raise BadToken("the issuer has no key of that id")
        # A key's id is never that of another key.
        if entry["kid"] not in self._own:
            self._own[entry["kid"]] = PyJWK(entry)
        return self._own[entry["kid"]]

    async def _fetch(self, issuer: str) -> dict[str, PyJWK]:
        from jwt import PyJWK, PyJWTError

        about = await self._json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        listed = (await self._json(str(about.get("jwks_uri")))).get("keys") or []
        keys: dict[str, PyJWK] = {}
        for entry in listed:
            try:
                keys[str(entry.get("kid"))] = PyJWK(entry)
            except PyJWTError:
                continue
        return keys

    async def _json(self, url: str) -> Mapping[str, Any]:
        try:
            answer = await self._http.send(HttpCall("GET", url, seconds=_SECONDS))
            value = orjson.loads(answer.body)
            why = "" if answer.status == 200 else f"it answered {answer.status}"
        except (HttpFailed, orjson.JSONDecodeError) as error:
            value, why = None, str(error)
        if why or not isinstance(value, dict):
            _log.warning("no token can be checked with the keys of %s: %s", url, why or "no keys")
            raise BadToken("OIDC discovery endpoint communication error")
        return value
