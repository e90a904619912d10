"""Answers requests to load balancers: picks a rule, does what its action says."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from eventmill.edge.app import header_map
from eventmill.edge.balancers import answers
from eventmill.edge.balancers.answers import Answer, Headers
from eventmill.edge.balancers.request import Request, forwarded
from eventmill.edge.balancers.targets import Targets
from eventmill.edge.body import ClientGone, Receive, Scope, Send, read_all, send_answer
from eventmill.edge.hosts import HostCheck, hostname
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.services.elbv2 import balancers, records, rules
from eventmill.services.elbv2.conditions import Asked, matches
from eventmill.services.elbv2.events import LIMIT
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

_HOST = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+\.elb\.amazonaws\.com\Z")
_SERVER = (b"server", b"awselb/2.0")
_ADDRESS_LIMIT = 16 * 1024 * 1024


class BalancerFront:
    """All load balancers of the engine."""

    def __init__(
        self, database: Database, clock: Clock, ids: Ids, hosts: HostCheck, targets: Targets
    ) -> None:
        self._database = database
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
        name = hostname(headers.get("host", ""))
        arn = self._database.read(lambda tx: _first_listener(tx, name))
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
        host = headers.get("host", "")
        if not self._hosts.allows(host) and not self._named(arn, hostname(host)):
            return answers.failure(403)
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

        found = self._database.read(lambda tx: _chosen(tx, arn, asked))
        if found is None:
            return answers.failure(503)
        listener, balancer, action, ports, group = found
        if action["Type"] == "fixed-response":
            return answers.fixed(action["FixedResponseConfig"])
        if action["Type"] == "redirect":
            protocol = listener["Protocol"].lower()
            place = answers.Place(protocol, asked.host, listener["Port"], asked.path, query, ports)
            return answers.redirect(action["RedirectConfig"], place)
        if group is None:
            return answers.failure(503)
        try:
            body = await read_all(
                receive, LIMIT if group["TargetType"] == "lambda" else _ADDRESS_LIMIT
            )
        except Fault:
            return answers.failure(413)
        root = self._ids.trace_root(self._clock.real())
        sent = forwarded(scope["sent_headers"], balancer, listener, client, root)
        request = Request(asked.method, asked.path, query, sent, body)
        return await self._targets.forward(group, request)

    def _named(self, arn: str, name: str) -> bool:
        """Whether a rule of the listener speaks of the host, so that its owner means it."""
        held = self._database.read(lambda tx: records.every(tx, "rule", arn)).values()
        fields = (c for rule in held for c in rule["Conditions"] if c["Field"] == "host-header")
        return any(matches([field], Asked("", name, "", {}, (), "127.0.0.1")) for field in fields)

    async def _send(self, method: str, answer: Answer, send: Send) -> None:
        status, headers, body = answer
        named = {name for name, _ in headers}
        extra: Headers = []
        if b"date" not in named:
            extra.append((b"date", formatdate(self._clock.real(), usegmt=True).encode()))
        if b"server" not in named:
            extra.append(_SERVER)
        if status not in (204, 304):
            extra.append((b"content-length", str(len(body)).encode()))
        await send_answer(send, status, headers + extra, body)


class _Chosen(NamedTuple):
    """The listener, its load balancer and what its rules say.

    `ports` is for redirects: this load balancer's ports and those bound for them. `group` is for
    what is forwarded: one of the target groups, None where no request may go to any.
    """

    listener: dict[str, Any]
    balancer: dict[str, Any]
    action: Mapping[str, Any]
    ports: Mapping[int, int]
    group: dict[str, Any] | None


def _chosen(tx: Transaction, arn: str, asked: Asked) -> _Chosen | None:
    """None when there is no listener of the ARN."""
    listener = records.find(tx, "listener", arn)
    if listener is None:
        return None
    balancer = records.get(tx, "balancer", listener["LoadBalancerArn"])
    action = rules.chosen(tx, listener, asked)
    ports: dict[int, int] = {}
    group = None
    if action["Type"] == "redirect":
        siblings = records.every(tx, "listener", listener["LoadBalancerArn"]).values()
        ports = {held["Port"]: held["Bound"] for held in siblings}
    elif action["Type"] == "forward":
        group = _picked(tx, action)
    return _Chosen(listener, balancer, action, ports, group)


def _picked(tx: Transaction, action: Mapping[str, Any]) -> dict[str, Any] | None:
    """One of the target groups, at random by their weights."""
    groups = action["ForwardConfig"]["TargetGroups"]
    weights = [entry["Weight"] for entry in groups]
    if not any(weights):
        return None
    (entry,) = random.choices(groups, weights)
    return records.find(tx, "group", entry["TargetGroupArn"])


def _first_listener(tx: Transaction, name: str) -> str:
    balancer = balancers.by_dns(tx, name)
    if balancer is None:
        return ""
    return next(iter(records.every(tx, "listener", balancer["LoadBalancerArn"])), "")


async def _refuse_upgrade(receive: Receive, send: Send) -> None:
    """Functions cannot serve WebSockets."""
    await receive()
    _, headers, body = answers.failure(400)
    await send({"type": "websocket.http.response.start", "status": 400, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
