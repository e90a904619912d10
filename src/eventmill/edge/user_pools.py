"""What user pools publish below their id: the keys of their tokens, and links in their mails.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from eventmill.edge.body import Receive, Scope, Send, send_answer
from eventmill.edge.dispatch import Dispatcher, Origin
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.services import cognito
from eventmill.store.database import Database

_PATH = re.compile(
    r"/([a-z0-9-]+_[0-9A-Za-z]+)"
    r"/(\.well-known/jwks\.json|\.well-known/openid-configuration|confirmUser)\Z"
)
_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_ANY_PAGE = (b"access-control-allow-origin", b"*")
_CONFIRMED = "Your registration has been confirmed!\n"


class UserPoolFront:
    """See the module."""

    def __init__(self, database: Database, dispatcher: Dispatcher, ids: Ids) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._ids = ids

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """A GET of one of the paths."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        return _PATH.match(scope["path"]) is not None

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one of them."""
        found = _PATH.match(scope["path"])
        assert found is not None
        pool, kind = found.groups()
        keys = self._database.read(lambda tx: cognito.published(tx, pool))
        if keys is None:
            message = orjson.dumps({"message": f"User pool {pool} does not exist."})
            await send_answer(send, 400, [_JSON, _length(message)], message)
        elif kind == "confirmUser":
            await self._confirm(dict(parse_qsl(scope["query_string"].decode("latin-1"))), send)
        else:
            shown = {"keys": keys} if kind.endswith("jwks.json") else self._about(pool)
            body = orjson.dumps(shown)
            await send_answer(send, 200, [_JSON, _ANY_PAGE, _length(body)], body)

    def _about(self, pool: str) -> dict[str, Any]:
        """OpenID Connect's description of the pool, as far as there is something behind it."""
        domain = self._database.read(lambda tx: cognito.domain_of(tx, pool))
        base = f"{self._dispatcher.endpoint}/_aws/auth/{domain}"
        endpoints = {
            "authorization_endpoint": f"{base}/oauth2/authorize",
            "end_session_endpoint": f"{base}/logout",
            "response_types_supported": ["code", "token"],
            "revocation_endpoint": f"{base}/oauth2/revoke",
            "token_endpoint": f"{base}/oauth2/token",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "userinfo_endpoint": f"{base}/oauth2/userInfo",
        }
        return {
            **(endpoints if domain else {}),
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": cognito.issuer(pool),
            "jwks_uri": f"{self._dispatcher.endpoint}/{pool}/.well-known/jwks.json",
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
        }

    async def _confirm(self, query: Mapping[str, str], send: Send) -> None:
        """A link that somebody was sent in the place of a code."""
        status, text = 200, _CONFIRMED
        try:
            request = self._database.read(lambda tx: cognito.by_link(tx, query))
            origin = Origin(self._ids.uuid(), endpoint=self._dispatcher.endpoint)
            await self._dispatcher.by_name("cognito-idp", "ConfirmSignUp", request, origin)
        except Fault as fault:
            status, text = 400, f"{fault.message}\n"
        body = text.encode()
        await send_answer(send, status, [_TEXT, _length(body)], body)


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()
