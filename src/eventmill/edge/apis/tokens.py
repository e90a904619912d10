"""JWT authorizers: tokens checked with the keys that their issuer publishes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from eventmill.edge.apis.issuers import BadToken, Issuers
from eventmill.edge.apis.model import Authorizer
from eventmill.edge.apis.responses import Stopped


class Tokens:
    """Checks the tokens that an authorizer takes."""

    def __init__(self, issuers: Issuers) -> None:
        self._issuers = issuers

    async def check(
        self, authorizer: Authorizer, given: str | None, scopes: tuple[str, ...]
    ) -> dict[str, Any]:
        """`{"claims": …, "scopes": …}` of a good token. Raises Stopped with 401 or 403."""
        if not given:
            raise Stopped(401, www_authenticate="Bearer")
        token = given[7:] if given[:7].lower() == "bearer " else given
        try:
            claims = await self._issuers.claims(token, authorizer.issuer)
            _for_audience(claims, authorizer.audience)
        except BadToken as error:
            reason = str(error).replace('"', "'")
            text = f'Bearer scope="{" ".join(scopes)}" ' if scopes else "Bearer "
            text += f'error="invalid_token" error_description="{reason}"'
            raise Stopped(401, www_authenticate=text) from None
        if scopes and not set(scopes) & set(_scopes(claims)):
            text = f'Bearer scope="{" ".join(scopes)}" error="insufficient_scope"'
            raise Stopped(403, www_authenticate=text)
        shown = {name: _text(value) for name, value in claims.items()}
        return {"claims": shown, "scopes": list(scopes) or None}


def _for_audience(claims: Mapping[str, Any], audience: Iterable[str]) -> None:
    """`aud` counts, and `client_id` for a token that has no `aud`. Raises BadToken."""
    named = claims.get("aud", claims.get("client_id"))
    given = set(named if isinstance(named, list) else [named])
    if not given & set(audience):
        raise BadToken("Invalid audience")


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
