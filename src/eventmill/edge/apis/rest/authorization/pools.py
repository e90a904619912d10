"""Cognito user pool authorizers: tokens that the pool has signed.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from eventmill.edge.apis.rest.expressions import chosen
from eventmill.edge.apis.rest.failures import Failed
from eventmill.edge.apis.rest.model import Authorizer
from eventmill.edge.apis.rest.request import Request
from eventmill.kernel.clock import Clock
from eventmill.kernel.http import HttpCall, HttpFailed
from eventmill.kernel.ports import HttpSender

_log = logging.getLogger(__name__)
_KEYS_FOR = 3_600.0
_SECONDS = 5.0


class UserPools:
    """Checks tokens with the pools' public keys, which are fetched when first needed."""

    def __init__(self, http: HttpSender, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._keys: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._fetching = asyncio.Lock()

    async def check(self, request: Request, authorizer: Authorizer, scopes: Sequence[str]) -> None:
        """Raises Failed (401) unless one of the pools has signed the token.

        With `scopes` it must be an access token with one of them.
        """
        source = (
            authorizer.sources[0] if authorizer.sources else "method.request.header.Authorization"
        )
        name = source.rpartition(".")[2]
        token = (chosen(request.sent, name, several=False, exact=False) or "").strip()
        token = token.removeprefix("Bearer ").removeprefix("bearer ").strip()
        claims = await self._claims(token, authorizer) if token else None
        if claims is None or not _scoped(claims, scopes):
            raise Failed("UNAUTHORIZED", "Unauthorized")
        request.authorizer = {"claims": {key: _text(value) for key, value in claims.items()}}

    async def _claims(self, token: str, authorizer: Authorizer) -> dict[str, Any] | None:
        import jwt

        try:
            head = jwt.get_unverified_header(token)
            issuer = str(jwt.decode(token, options={"verify_signature": False}).get("iss"))
            pool = next((arn for arn in authorizer.pools if issuer.endswith(_pool(arn))), None)
            if pool is None or issuer != _issuer(pool):
                return None
            key = (await self._keys_of(issuer)).get(head.get("kid") or "")
            if key is None:
                return None
            # Time is the real one: another clock than ours has written it into the token.
            return dict(
                jwt.decode(
                    token,
                    jwt.PyJWK(key),
                    algorithms=["RS256"],
                    issuer=issuer,
                    options={"verify_aud": False},
                )
            )
        except jwt.PyJWTError:
            return None

    async def _keys_of(self, issuer: str) -> Mapping[str, Any]:
        """The issuer's public keys by id; none, and the log says why, when they cannot be had."""
        async with self._fetching:
            kept = self._keys.get(issuer)
            if kept is not None and kept[0] > self._clock.real():
                return kept[1]
            url = f"{issuer}/.well-known/jwks.json"
            try:
                answer = await self._http.send(HttpCall("GET", url, seconds=_SECONDS))
                found = {key["kid"]: key for key in json.loads(answer.body)["keys"]}
            except (HttpFailed, ValueError, KeyError, TypeError) as error:
                _log.warning("no token of %s can be checked: %s: %s", issuer, url, error)
                return {}
            self._keys[issuer] = (self._clock.real() + _KEYS_FOR, found)
            return found


def _pool(arn: str) -> str:
    return arn.rpartition("/")[2]


def _issuer(arn: str) -> str:
    region = arn.split(":")[3] if arn.count(":") >= 5 else ""
    return f"https://cognito-idp.{region}.amazonaws.com/{_pool(arn)}"


def _scoped(claims: Mapping[str, Any], scopes: Sequence[str]) -> bool:
    if not scopes:
        return claims.get("token_use") in (None, "id")
    granted = str(claims.get("scope") or "").split()
    return claims.get("token_use") == "access" and any(scope in granted for scope in scopes)


def _text(value: Any) -> str:
    """Claims reach the integration as texts."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(str(entry) for entry in value)
    return value if isinstance(value, str) else json.dumps(value)
