"""The ASGI application behind the one port: decides who answers a request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from eventmill.edge.body import Receive, Scope, Send, send_answer
from eventmill.edge.exchange import HEADER_MAP, joined_headers
from eventmill.edge.hosts import HostCheck

_log = logging.getLogger(__name__)

Handler = Callable[[Scope, Mapping[str, str], Receive, Send], Awaitable[None]]


class Front(Protocol):
    """A part that answers some requests, such as the applications' own APIs."""

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Whether the request, HTTP or WebSocket, is this part's."""

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer it."""


def header_map(scope: Scope) -> dict[str, str]:
    """Header names in lower case; values of a repeated one joined by commas."""
    made: dict[str, str] | None = scope.get(HEADER_MAP)
    if made is not None:
        return made
    # A WebSocket's scope is uvicorn's own.
    return joined_headers(scope["headers"])


class App:
    """Asks each front in turn; what none claims is for AWS's API."""

    def __init__(self, hosts: HostCheck, fronts: list[Front], aws: Handler) -> None:
        self._hosts = hosts
        self._fronts = fronts
        self._aws = aws

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection's request."""
        headers = header_map(scope)
        if not self._hosts.allows(headers.get("host", "")):
            await self._refuse_host(scope, headers, send)
            return
        try:
            if not self._is_plain_call(scope, headers):
                for front in self._fronts:
                    if front.claims(scope, headers):
                        await front(scope, headers, receive, send)
                        return
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})
                return
            await self._aws(scope, headers, receive, send)
        except Exception:
            _log.exception("a request failed: %s", scope.get("path"))
            raise

    def _is_plain_call(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """A call of AWS's API, signed in its headers, to the machine's address.

        No front's: what they claim is unsigned, or has a host's name or a path of its own. Nearly
        all calls are plain, and to ask each front costs as much as to read the request.
        """
        signature = headers.get("authorization", "")
        return (
            signature.startswith("AWS4-")
            and "/execute-api/" not in signature
            and not scope["path"].startswith("/_")
            and self._hosts.plain(headers.get("host", ""))
        )

    @staticmethod
    async def _refuse_host(scope: Scope, headers: Mapping[str, str], send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        text = (
            f"Requests for the host {headers.get('host', '(none)')!r} are refused. Use 127.0.0.1 "
            "or localhost, or start with --public-url naming this host.\n"
        )
        await send_answer(
            send, 403, [(b"content-type", b"text/plain; charset=utf-8")], text.encode()
        )
