"""Cognito user pool authorizers: tokens that the pool has signed.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from eventmill.edge.apis.issuers import BadToken, Issuers
from eventmill.edge.apis.rest.expressions import chosen
from eventmill.edge.apis.rest.failures import Failed
from eventmill.edge.apis.rest.model import Authorizer
from eventmill.edge.apis.rest.request import Request
from eventmill.kernel.clock import utc
from eventmill.services import cognito

_TIMES = ("exp", "iat")


class UserPools:
    """Checks tokens with the pools' public keys."""

    def __init__(self, issuers: Issuers) -> None:
        self._issuers = issuers

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
        request.authorizer = {"claims": {key: _text(key, value) for key, value in claims.items()}}

    async def _claims(self, token: str, authorizer: Authorizer) -> dict[str, Any] | None:
        from jwt import PyJWTError, decode

        try:
            named = str(decode(token, options={"verify_signature": False}).get("iss"))
        except PyJWTError:
            return None
        issuers = [cognito.issuer(cognito.pool_of(arn)) for arn in authorizer.pools]
        if named not in issuers:
            return None
        try:
            return await self._issuers.claims(token, named)
        except BadToken:
            return None


def _scoped(claims: Mapping[str, Any], scopes: Sequence[str]) -> bool:
    if not scopes:
        return claims.get("token_use") in (None, "id")
    granted = str(claims.get("scope") or "").split()
    return claims.get("token_use") == "access" and any(scope in granted for scope in scopes)


def _text(name: str, value: Any) -> str:
    """Claims reach the integration as texts; two of the times as `Thu Mar 29 20:43:55 UTC 2018`."""
    if name in _TIMES and isinstance(value, int | float):
        return f"{utc(value):%a %b %d %H:%M:%S UTC %Y}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(str(entry) for entry in value)
    return value if isinstance(value, str) else json.dumps(value)
