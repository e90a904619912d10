"""What requests are forwarded to: functions, and HTTP servers by their address."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.edge.admission import Refused, admitted
from eventmill.edge.balancers.answers import Answer, Headers, failure
from eventmill.edge.balancers.request import HOP_BY_HOP, Pairs, Request
from eventmill.edge.payloads import event_body
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import ConcurrencyExceeded, FunctionSpec, Invocation
from eventmill.kernel.http import HttpCall, HttpFailed
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import HttpSender, Invoker
from eventmill.services.elbv2 import attributes, events, targets
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

_PRINCIPAL = "elasticloadbalancing.amazonaws.com"
_NOT_RETURNED = HOP_BY_HOP | {"content-length"}


class Targets:
    """The targets of all groups."""

    def __init__(
        self, database: Database, ids: Ids, invoker: Invoker, http: HttpSender, account: str
    ) -> None:
        self._database = database
        self._ids = ids
        self._invoker = invoker
        self._http = http
        self._account = account

    async def forward(self, group: Mapping[str, Any], request: Request) -> Answer:
        """The answer of one target; 503 without any, 502 when it gives none that can be used."""
        try:
            found = self._database.read(lambda tx: self._target(tx, group))
        except Refused:
            return failure(502)
        if found is None:
            return failure(503)
        target, spec = found
        if spec is None:
            return await self._address(target, request)
        return await self._function(group, target["Id"], spec, request)

    def _target(
        self, tx: Transaction, group: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], FunctionSpec | None] | None:
        """One of the targets, with what to run where it is a function. Raises Refused."""
        arn = group["TargetGroupArn"]
        serving = targets.serving(tx, arn)
        if not serving:
            return None
        target = random.choice(serving)
        if group["TargetType"] != "lambda":
            return target, None
        return target, admitted(tx, target["Id"], _PRINCIPAL, arn, self._account)

    async def _function(
        self, group: Mapping[str, Any], function: str, spec: FunctionSpec, request: Request
    ) -> Answer:
        multi = attributes.value_of("group", group, attributes.MULTI_VALUE) == "true"
        sent = dict(request.headers)
        payload = orjson.dumps(_event(group, request, sent, multi=multi))
        call = Invocation(
            spec,
            payload,
            self._ids.uuid(),
            function,
            sent.get("x-amzn-trace-id"),
            source=group["TargetGroupArn"],
        )
        try:
            outcome = await self._invoker.invoke(call)
        except (ConcurrencyExceeded, Fault):
            return failure(502)
        answer = None if outcome.failed else events.answer_of(outcome.payload, multi=multi)
        if answer is None:
            return failure(502)
        return answer.status, _returned(answer.headers), answer.body

    async def _address(self, target: Mapping[str, Any], request: Request) -> Answer:
        query = f"?{request.query}" if request.query else ""
        url = f"http://{target['Id']}:{target['Port']}{request.path}{query}"
        headers = [entry for entry in request.headers if entry[0] != "content-length"]
        try:
            answer = await self._http.send(
                HttpCall(request.method, url, headers, request.body, seconds=60.0)
            )
        except HttpFailed as failed:
            return failure(504 if failed.timed_out else 502)
        return answer.status, _returned(answer.headers), answer.body


def _returned(headers: Pairs) -> Headers:
    """What reaches the client of a target's headers."""
    return [
        (name.lower().encode("latin-1", "replace"), value.encode("utf-8", "surrogateescape"))
        for name, value in headers
        if name.lower() not in _NOT_RETURNED
    ]


def _event(
    group: Mapping[str, Any], request: Request, sent: Mapping[str, str], *, multi: bool
) -> dict[str, Any]:
    body = ("", False)
    if request.body:
        body = event_body(sent, request.body)
    pairs = [part.partition("=") for part in request.query.split("&") if part]
    return events.event(
        group["TargetGroupArn"],
        request.method,
        request.path,
        [(name, value) for name, _, value in pairs],
        request.headers,
        body,
        multi=multi,
    )
