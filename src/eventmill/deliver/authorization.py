"""What a connection's authorization adds to a request.

An OAuth token is fetched with the first request, kept in memory until shortly before it ends, and
fetched again when the destination refuses it.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-auth.html
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import orjson

from eventmill.deliver.http_requests import SECONDS, named, with_headers, with_query
from eventmill.deliver.retry_policy import Unreached
from eventmill.kernel.clock import Clock
from eventmill.kernel.http import HttpCall, HttpFailed
from eventmill.kernel.ports import HttpSender
from eventmill.services.events import Connection

_LIFETIME = 3_600
"""Seconds that a token lives whose server does not say."""
_EARLY = 60
"""Seconds before its end at which a token is used no more."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class _Token:
    header: str
    ends: float
    modified: float
    """When the connection was changed that it was fetched for."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How HTTP servers are called, the engine's own APIs at `endpoint` among them."""

    http: HttpSender
    authorizer: Authorizer
    endpoint: Callable[[], str]


class Authorizer:
    """Authorizes requests for connections."""

    def __init__(self, http: HttpSender, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._tokens: dict[str, _Token] = {}
        self._fetching: dict[str, asyncio.Lock] = {}

    async def authorize(self, connection: Connection, call: HttpCall) -> HttpCall:
        """The call with the connection's credentials. Raises Unreached without a token."""
        parameters = connection.parameters
        if connection.kind == "BASIC":
            given = parameters["BasicAuthParameters"]
            pair = f"{given['Username']}:{given['Password']}".encode()
            added = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        elif connection.kind == "API_KEY":
            given = parameters["ApiKeyAuthParameters"]
            added = {given["ApiKeyName"]: given["ApiKeyValue"]}
        else:
            added = {"Authorization": await self._token(connection)}
        return replace(call, headers=with_headers(dict(call.headers), added))

    def forget(self, connection: Connection) -> None:
        """The destination refused the token."""
        self._tokens.pop(connection.arn, None)

    async def _token(self, connection: Connection) -> str:
        async with self._fetching.setdefault(connection.arn, asyncio.Lock()):
            token = self._tokens.get(connection.arn)
            fresh = token is not None and token.modified == connection.modified
            if token is None or not fresh or token.ends - _EARLY <= self._clock.now():
                token = self._tokens[connection.arn] = await self._fetch(connection)
        return token.header

    async def _fetch(self, connection: Connection) -> _Token:
        given = connection.parameters["OAuthParameters"]
        more = given.get("OAuthHttpParameters") or {}
        form = {
            "grant_type": "client_credentials",
            "client_id": given["ClientParameters"]["ClientID"],
            "client_secret": given["ClientParameters"]["ClientSecret"],
            **named(more.get("BodyParameters")),
        }
        query = named(more.get("QueryStringParameters"))
        method, url = given["HttpMethod"], given["AuthorizationEndpoint"]
        if method == "GET":
            query = form | query
        call = HttpCall(
            method,
            with_query(url, query),
            with_headers(_FORM, named(more.get("HeaderParameters"))),
            b"" if method == "GET" else urlencode(form).encode(),
            SECONDS,
        )
        try:
            answer = await self._http.send(call)
            granted = orjson.loads(answer.body)
            header = f"{granted.get('token_type') or 'Bearer'} {granted['access_token']}"
            lives = float(granted.get("expires_in") or _LIFETIME)
        except HttpFailed as error:
            raise Unreached("CONNECTION_FAILURE", f"no token from {url}: {error}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unreached(
                "NO_PERMISSIONS", f"no token from {url}: its answer has none ({answer.status})"
            ) from None
        return _Token(header, self._clock.now() + lives, connection.modified)
