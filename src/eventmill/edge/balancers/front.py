"""Answers requests to load balancers: picks a rule, does what its action says."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from eventmill.edge.app import header_map
from eventmill.edge.balancers import answers
from eventmill.edge.balancers.answers import Answer, Headers
from eventmill.edge.balancers.catalog import Catalog
from eventmill.edge.balancers.request import Request, forwarded
from eventmill.edge.balancers.targets import Targets
from eventmill.edge.body import ClientGone, Receive, Scope, Send, read_all, send_answer
from eventmill.edge.hosts import HostCheck, hostname
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.services.elbv2.conditions import Asked
from eventmill.services.elbv2.events import LIMIT
from eventmill.store.database import Database

_HOST = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+\.elb\.amazonaws\.com\Z")
_SERVER = (b"server", b"awselb/2.0")
_ADDRESS_LIMIT = 16 * 1024 * 1024


class BalancerFront:
    """All load balancers of the engine."""

    def __init__(
        self, database: Database, clock: Clock, ids: Ids, hosts: HostCheck, targets: Targets
    ) -> None:
        self._catalog = Catalog(database)
        self._clock = clock
        self._ids = ids
        self._hosts = hosts
        self._targets = targets

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """On the engine's own port: hosts of the form of a load balancer's DNS name."""
        return _HOST.match(hostname(headers.get("host", ""))) is not None

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer a request that came to the engine's own port, by the first listener."""
        arn = self._catalog.first_of(hostname(headers.get("host", "")))
        await self.serve(arn, scope, receive, send)

    async def serve(self, arn: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request to the listener of an ARN."""
        if scope["type"] == "websocket":
            await _refuse_upgrade(receive, send)
            return
        headers = header_map(scope)
        try:
            answer = await self._answer(arn, scope, headers, receive)
        except ClientGone:
            return
        await self._send(scope["method"], answer, send)

    async def _answer(
        self, arn: str, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> Answer:
        host, listener = headers.get("host", ""), self._catalog.listener(arn)
        if not self._hosts.allows(host) and not (listener and listener.names(hostname(host))):
            return answers.failure(403)
        if listener is None:
            return answers.failure(503)
        query = scope["query_string"].decode("ascii")
        client = scope.get("client") or ("127.0.0.1", 0)
        asked = Asked(
            scope["method"],
            hostname(host),
            scope["raw_path"].decode("ascii"),
            headers,
            parse_qsl(query, keep_blank_values=True),
            client[0],
        )
        action = listener.chosen(asked)
        if action["Type"] == "fixed-response":
            return answers.fixed(action["FixedResponseConfig"])
        if action["Type"] == "redirect":
            place = answers.Place(
                listener.config["Protocol"].lower(),
                asked.host,
                listener.config["Port"],
                asked.path,
                query,
                listener.ports,
            )
            return answers.redirect(action["RedirectConfig"], place)
        group = self._picked(action)
        if group is None:
            return answers.failure(503)
        try:
            body = await read_all(
                receive, LIMIT if group["TargetType"] == "lambda" else _ADDRESS_LIMIT
            )
        except Fault:
            return answers.failure(413)
        root = self._ids.trace_root(self._clock.real())
        sent = forwarded(scope["sent_headers"], listener.balancer, listener.config, client, root)
        request = Request(asked.method, asked.path, query, sent, body)
        return await self._targets.forward(group, request)

    def _picked(self, action: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """One of the target groups, at random by their weights."""
        groups = action["ForwardConfig"]["TargetGroups"]
        weights = [entry["Weight"] for entry in groups]
        if not any(weights):
            return None
        (entry,) = random.choices(groups, weights)
        return self._catalog.group(entry["TargetGroupArn"])

    async def _send(self, method: str, answer: Answer, send: Send) -> None:
        status, headers, body = answer
        named = {name for name, _ in headers}
        extra: Headers = []
        if b"date" not in named:
            extra.append((b"date", formatdate(self._clock.real(), usegmt=True).encode()))
        if b"server" not in named:
            extra.append(_SERVER)
        await send_answer(send, status, headers + extra, body)


async def _refuse_upgrade(receive: Receive, send: Send) -> None:
    """Functions cannot serve WebSockets."""
    await receive()
    _, headers, body = answers.failure(400)
    await send({"type": "websocket.http.response.start", "status": 400, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
