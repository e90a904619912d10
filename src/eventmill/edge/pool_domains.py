"""The domains of user pools: the sign-in page, and the endpoints that applications call.

Below `/_aws/auth/<domain>`, and below the domain's own name as Host.
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-userpools-server-contract-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

from eventmill.edge.body import ClientGone, Receive, Scope, Send, read_all, send_answer
from eventmill.edge.dispatch import Dispatcher, Origin
from eventmill.edge.sign_in_page import page
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.services import cognito
from eventmill.services.contract import Call
from eventmill.store.database import Database

_BELOW = re.compile(r"/_aws/auth/([A-Za-z0-9.-]+)(/[A-Za-z0-9/]+)\Z")
_HOST = re.compile(r"([a-z0-9-]+)\.auth\.[a-z0-9-]+\.amazoncognito\.com(:[0-9]+)?\Z")
_FORM_LIMIT = 65_536
_ANY_PAGE = (b"access-control-allow-origin", b"*")
_FRESH = (b"cache-control", b"no-store")

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]


class PoolDomains:
    """See the module."""

    def __init__(self, database: Database, dispatcher: Dispatcher, ids: Ids) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._ids = ids
        self._endpoints: dict[tuple[str, str], Callable[[_Request], Awaitable[Answer]]] = {
            ("GET", "/oauth2/authorize"): self._authorized,
            ("GET", "/login"): self._page,
            ("POST", "/login"): self._signed_in,
            ("GET", "/logout"): self._left,
            ("POST", "/oauth2/token"): self._token,
            ("POST", "/oauth2/revoke"): self._revoked,
            ("GET", "/oauth2/userInfo"): self._told,
            ("POST", "/oauth2/userInfo"): self._told,
        }

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """One of the endpoints of a domain, or a preflight of one."""
        if scope["type"] != "http":
            return False
        _, path = _place(scope, headers)
        return any(path == known for _, known in self._endpoints)

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one request."""
        domain, path = _place(scope, headers)
        if scope["method"] == "OPTIONS":
            wanted = headers.get("access-control-request-headers", "").encode("latin-1")
            allowed: Headers = [_ANY_PAGE, (b"access-control-allow-headers", wanted)]
            await send_answer(send, 200, [*allowed, (b"content-length", b"0")], b"")
            return
        endpoint = self._endpoints.get((scope["method"], path))
        if endpoint is None:
            await send_answer(send, 405, [(b"content-length", b"0")], b"")
            return
        query = _pairs(scope["query_string"])
        try:
            form = _pairs(await read_all(receive, _FORM_LIMIT))
        except ClientGone:
            return
        except Fault as fault:
            await send_answer(send, fault.default_status, [(b"content-length", b"0")], b"")
            return
        origin = Origin(self._ids.uuid(), endpoint=self._dispatcher.endpoint)
        call = self._database.read(lambda tx: self._dispatcher.call(tx, origin))
        bearer = headers.get("authorization", "")
        try:
            answer = await endpoint(_Request(call, domain, query, form, bearer))
        except cognito.OAuthError as error:
            answer = _json(400, {"error": str(error)})
        except Fault as fault:
            shown = {"error": "invalid_request", "error_description": fault.message}
            answer = _json(400, shown)
        status, shown_headers, body = answer
        length = (b"content-length", str(len(body)).encode())
        await send_answer(send, status, [*shown_headers, _FRESH, length], body)

    async def _authorized(self, request: _Request) -> Answer:
        """On to the page, whose form is sent to where it lies."""
        await request.call.step(lambda step: cognito.asked(step, request.domain, request.query))
        return _to(f"../login?{urlencode(request.query)}")

    async def _page(self, request: _Request) -> Answer:
        """The form, for an application that may send its users here."""
        await request.call.step(lambda step: cognito.asked(step, request.domain, request.query))
        return _html(page())

    async def _signed_in(self, request: _Request) -> Answer:
        """Back to the application, or the form again with what is wrong."""
        form = request.form
        wanted = await request.call.step(
            lambda step: cognito.asked(step, request.domain, request.query)
        )
        try:
            done = await cognito.sign_in(request.call, wanted, form)
        except Fault as fault:
            again = page(fault.message, form.get("username", ""), form.get("session", ""))
            return _html(again)
        if isinstance(done, cognito.NewPassword):
            return _html(page("", form.get("username", ""), done.session))
        return _to(done)

    async def _left(self, request: _Request) -> Answer:
        """Nobody stays signed in on the page, so there is only the way back."""
        address = await request.call.step(
            lambda step: cognito.leaving(step.tx, request.domain, request.query)
        )
        return _to(address)

    async def _token(self, request: _Request) -> Answer:
        told = await cognito.token(request.call, request.domain, request.form, request.bearer)
        return _json(200, told)

    async def _revoked(self, request: _Request) -> Answer:
        await request.call.step(
            lambda step: cognito.revoke(step.tx, request.domain, request.form, request.bearer)
        )
        return 200, [_ANY_PAGE], b""

    async def _told(self, request: _Request) -> Answer:
        try:
            told = await request.call.step(lambda step: cognito.user_info(step.tx, request.bearer))
        except Fault as fault:
            shown = {"error": "invalid_token", "error_description": fault.message}
            return _json(401, shown)
        return _json(200, told)


class _Request:
    """What an endpoint is given."""

    def __init__(
        self,
        call: Call,
        domain: str,
        query: Mapping[str, str],
        form: Mapping[str, str],
        bearer: str,
    ) -> None:
        self.call = call
        self.domain = domain
        self.query = query
        self.form = form
        self.bearer = bearer


def _pairs(text: bytes) -> dict[str, str]:
    return dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True))


def _place(scope: Scope, headers: Mapping[str, str]) -> tuple[str, str]:
    """(domain, path below it); empty for a request to another address."""
    found = _BELOW.match(scope["path"])
    if found is not None:
        return found.group(1), found.group(2)
    named = _HOST.match(headers.get("host", ""))
    return (named.group(1), str(scope["path"])) if named else ("", "")


def _json(status: int, value: Mapping[str, Any]) -> Answer:
    return status, [(b"content-type", b"application/json"), _ANY_PAGE], orjson.dumps(value)


def _html(text: str) -> Answer:
    shown = [
        (b"content-type", b"text/html; charset=utf-8"),
        # A page of another origin must not lay this one below its own.
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    ]
    return 200, shown, text.encode()


def _to(address: str) -> Answer:
    return 302, [(b"location", address.encode())], b""
