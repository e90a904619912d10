"""What requests are forwarded to: functions, and HTTP servers by their address."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.edge.balancers.answers import Answer, failure
from eventmill.edge.balancers.request import HOP_BY_HOP, Request
from eventmill.edge.payloads import event_body
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import ConcurrencyExceeded, Invocation
from eventmill.kernel.http import HttpCall, HttpFailed
from eventmill.kernel.ids import Ids
from eventmill.kernel.policies import of_service
from eventmill.kernel.ports import HttpSender, Invoker
from eventmill.services import lambda_
from eventmill.services.elbv2 import attributes, events, targets
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

PRINCIPAL = "elasticloadbalancing.amazonaws.com"


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
        arn = group["TargetGroupArn"]
        serving = self._database.read(lambda tx: targets.serving(tx, arn))
        if not serving:
            return failure(503)
        target = random.choice(serving)
        if group["TargetType"] == "lambda":
            return await self._function(group, target["Id"], request)
        return await self._address(target, request)

    async def _function(self, group: Mapping[str, Any], function: str, request: Request) -> Answer:
        arn, account = group["TargetGroupArn"], self._account

        def admitted(tx: Transaction) -> bool:
            asker = of_service(PRINCIPAL, source=arn, account=account, now=tx.now)
            return lambda_.may_invoke(tx, function, asker)

        if not self._database.read(admitted):
            return failure(502)
        multi = attributes.value_of("group", group, attributes.MULTI_VALUE) == "true"
        trace = dict(request.headers).get("x-amzn-trace-id")
        payload = orjson.dumps(_event(group, request, multi=multi))
        try:
            spec = self._database.read(lambda tx: lambda_.resolve(tx, function))
            outcome = await self._invoker.invoke(
                Invocation(spec, payload, self._ids.uuid(), function, trace, source=arn)
            )
        except (ConcurrencyExceeded, Fault):
            return failure(502)
        answer = None if outcome.failed else events.answer_of(outcome.payload, multi=multi)
        if answer is None:
            return failure(502)
        headers = [
            (name.lower().encode("latin-1", "replace"), value.encode())
            for name, value in answer.headers
            if name.lower() not in HOP_BY_HOP | {"content-length"}
        ]
        return answer.status, headers, answer.body

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
        kept = [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in answer.headers
            if name.lower() not in HOP_BY_HOP | {"content-length"}
        ]
        return answer.status, kept, answer.body


def _event(group: Mapping[str, Any], request: Request, *, multi: bool) -> dict[str, Any]:
    body = ("", False)
    if request.body:
        body = event_body(dict(request.headers), request.body)
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
