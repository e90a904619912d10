"""Finds the HTTP or WebSocket API that a request is for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from eventmill.edge.apis import responses
from eventmill.edge.apis.catalog import Catalog
from eventmill.edge.apis.domains import Domains
from eventmill.edge.apis.httpapi import HttpApis, Place
from eventmill.edge.apis.management import Management
from eventmill.edge.apis.model import Api, Stage
from eventmill.edge.apis.sockets import Sockets
from eventmill.edge.body import ClientGone, Receive, Scope, Send, send_answer
from eventmill.edge.hosts import hostname

PREFIX = "/_aws/execute-api/"
_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.")
_CONNECTIONS = "/@connections/"


class ApiFront:
    """By path below the prefix, by host `<api>.execute-api.…`, or by a custom domain name."""

    def __init__(
        self,
        catalog: Catalog,
        domains: Domains,
        apis: HttpApis,
        sockets: Sockets,
        management: Management,
    ) -> None:
        self._catalog = catalog
        self._domains = domains
        self._apis = apis
        self._sockets = sockets
        self._management = management

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Whether the address is one of an API, or of a connection's management.

        A handler puts the latter together from its event, as `https://{domainName}/{stage}`.
        """
        path, host = str(scope["path"]), headers.get("host", "")
        return (
            path.startswith(PREFIX)
            or (_CONNECTIONS in path and "/execute-api/" in headers.get("authorization", ""))
            or _HOST.match(host) is not None
            or self._domains.knows(host)
        )

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one request, or serve one WebSocket to its end."""
        raw = scope["raw_path"].decode("ascii")
        if scope["type"] == "http" and _CONNECTIONS in raw:
            await self._management(scope, headers, receive, send)
            return
        place = self._place(raw, headers)
        if scope["type"] == "websocket":
            await self._sockets.serve(place.stage if place else None, scope, headers, receive, send)
            return
        try:
            status, shown, body = (
                responses.error(404)
                if place is None or place.stage.websocket
                else await self._apis.answer(place, scope, headers, receive)
            )
        except ClientGone:
            return
        await send_answer(send, status, shown, body)

    def _place(self, raw: str, headers: Mapping[str, str]) -> Place | None:
        """Where an address leads; None when it leads nowhere."""
        host = headers.get("host", "")
        if raw.startswith(PREFIX):
            number, slash, rest = raw[len(PREFIX) :].partition("/")
            return _below(self._catalog.api(number), f"/{rest}" if slash else "/", host)
        found = _HOST.match(host)
        if found is not None:
            return _below(self._catalog.api(found.group(1)), raw, host)
        return self._mapped(raw, headers)

    def _mapped(self, raw: str, headers: Mapping[str, str]) -> Place | None:
        """Behind a custom domain name: its rules and mappings."""
        leads = self._domains.leads(headers, raw)
        api = self._catalog.api(leads.mapping.api) if leads is not None else None
        stage = api.stages.get(leads.mapping.stage) if leads is not None and api else None
        if leads is None or stage is None:
            return None
        return Place(stage, leads.path, raw, hostname(headers.get("host", "")))


def _below(api: Api | None, raw: str, host: str) -> Place | None:
    """A named stage is the path's first segment; the rest is for `$default`."""
    if api is None:
        return None
    first, slash, rest = raw[1:].partition("/")
    stage: Stage | None = api.stages.get(first)
    if stage is not None:
        return Place(stage, f"/{rest}" if slash else "/", raw, host)
    default = api.stages.get("$default")
    return None if default is None else Place(default, raw, raw, host)
