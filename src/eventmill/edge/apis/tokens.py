"""JWT authorizers: tokens checked with the keys that their issuer publishes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from eventmill.edge.apis.model import Authorizer
from eventmill.edge.apis.responses import Stopped
from eventmill.kernel.clock import Clock
from eventmill.kernel.http import HttpCall, HttpFailed
from eventmill.kernel.ports import HttpSender

if TYPE_CHECKING:
    from jwt import PyJWK

_ALGORITHMS = ["RS256", "RS384", "RS512"]
_KEPT = 7_200.0
"""Seconds for which an issuer's keys are kept."""
_AGAIN = 60.0
"""Seconds after which an unknown key may be asked for: a caller must not cause a call each time."""


class Tokens:
    """Checks tokens; keys are kept by issuer. Expiry is told on real time, as issuers do."""

    def __init__(self, http: HttpSender, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._keys: dict[str, tuple[float, dict[str, PyJWK]]] = {}

    async def check(
        self, authorizer: Authorizer, given: str | None, scopes: tuple[str, ...]
    ) -> dict[str, Any]:
        """`{"claims": …, "scopes": …}` of a good token. Raises Stopped with 401 or 403."""
        from jwt import InvalidTokenError, decode, get_unverified_header

        if not given:
            raise Stopped(401, www_authenticate="Bearer")
        token = given[7:] if given[:7].lower() == "bearer " else given
        try:
            key = await self._key(authorizer.issuer, get_unverified_header(token).get("kid"))
            claims: dict[str, Any] = decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                issuer=authorizer.issuer,
                options={"require": ["exp", "iss"], "verify_aud": False},
            )
            _for_audience(claims, authorizer.audience)
        except (InvalidTokenError, _Refused) as error:
            reason = str(error).replace('"', "'")
            text = f'Bearer scope="{" ".join(scopes)}" ' if scopes else "Bearer "
            text += f'error="invalid_token" error_description="{reason}"'
            raise Stopped(401, www_authenticate=text) from None
        if scopes and not set(scopes) & set(_scopes(claims)):
            text = f'Bearer scope="{" ".join(scopes)}" error="insufficient_scope"'
            raise Stopped(403, www_authenticate=text)
        shown = {name: _text(value) for name, value in claims.items()}
        return {"claims": shown, "scopes": list(scopes) or None}

    async def _key(self, issuer: str, number: str | None) -> PyJWK:
        now = self._clock.now()
        fetched, keys = self._keys.get(issuer, (0.0, {}))
        old = now - fetched
        if old > _KEPT or (number not in keys and old > _AGAIN):
            keys = await self._fetch(issuer)
            self._keys[issuer] = (now, keys)
        if number is None and len(keys) == 1:
            return next(iter(keys.values()))
        if number not in keys:
            raise _Refused("the issuer has no key of that id")
        return keys[number]

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
            answer = await self._http.send(HttpCall("GET", url, seconds=1.5))
            value = orjson.loads(answer.body)
        except (HttpFailed, orjson.JSONDecodeError):
            raise _Refused("OIDC discovery endpoint communication error") from None
        if answer.status != 200 or not isinstance(value, dict):
            raise _Refused("OIDC discovery endpoint communication error")
        return value


class _Refused(Exception):
    """The token is not taken; says why."""


def _for_audience(claims: Mapping[str, Any], audience: Iterable[str]) -> None:
    """`aud` counts, and `client_id` for a token that has no `aud`. Raises _Refused."""
    named = claims.get("aud", claims.get("client_id"))
    given = set(named if isinstance(named, list) else [named])
    if not given & set(audience):
        raise _Refused("Invalid audience")


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    held = claims.get("scope", claims.get("scp")) or []
    return held.split() if isinstance(held, str) else list(held)


def _text(value: Any) -> str:
    """Claims reach the function as texts; a list as `[a b]`."""
    if isinstance(value, list):
        return f"[{' '.join(_text(item) for item in value)}]"
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return str(value).lower() if isinstance(value, bool) else str(value)
