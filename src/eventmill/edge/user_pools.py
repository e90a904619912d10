"""What user pools publish: the keys of their tokens, links in their mails, and the token endpoint
of their domains.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from eventmill.edge.body import Receive, Scope, Send, read_all, send_answer
from eventmill.edge.dispatch import Dispatcher, Origin
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.services import cognito
from eventmill.store.database import Database

_TOKEN = re.compile(r"/_aws/auth/([A-Za-z0-9.-]+)/oauth2/token\Z")
_HOST = re.compile(r"([a-z0-9-]+)\.auth\.[a-z0-9-]+\.amazoncognito\.com(:[0-9]+)?\Z")
_FORM_LIMIT = 65_536
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
        """A GET of one of the paths, or a POST to the token endpoint of a pool's domain."""
        if scope["type"] != "http":
            return False
        if scope["method"] == "POST":
            return bool(_domain(scope, headers))
        return scope["method"] == "GET" and _PATH.match(scope["path"]) is not None

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one of them."""
        if scope["method"] == "POST":
            await self._token(_domain(scope, headers), headers, receive, send)
            return
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

    async def _token(
        self, domain: str, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        form = dict(parse_qsl((await read_all(receive, _FORM_LIMIT)).decode("latin-1")))
        origin = Origin(self._ids.uuid(), endpoint=self._dispatcher.endpoint)
        call = self._database.read(lambda tx: self._dispatcher.call(tx, origin))
        status, shown = 200, {}
        try:
            shown = await cognito.token(call, domain, form, headers.get("authorization", ""))
        except cognito.OAuthError as error:
            status, shown = 400, {"error": str(error)}
        except Fault as fault:
            status = 400
            shown = {"error": "invalid_request", "error_description": fault.message}
        body = orjson.dumps(shown)
        shown_headers = [_JSON, _ANY_PAGE, (b"cache-control", b"no-store"), _length(body)]
        await send_answer(send, status, shown_headers, body)

    def _about(self, pool: str) -> dict[str, Any]:
        """OpenID Connect's description of the pool, as far as there is something behind it."""
        return {
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


def _domain(scope: Scope, headers: Mapping[str, str]) -> str:
    """The domain whose token endpoint a request is for; empty for another request."""
    found = _TOKEN.match(scope["path"])
    if found is None and scope["path"] == "/oauth2/token":
        found = _HOST.match(headers.get("host", ""))
    return found.group(1) if found else ""


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()
