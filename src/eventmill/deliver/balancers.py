"""Carries health checks of load balancers to their targets and records what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from eventmill.deliver.outbox import Sender
from eventmill.deliver.parts import Parts
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import ConcurrencyExceeded, Invocation
from eventmill.kernel.http import HttpCall, HttpFailed
from eventmill.kernel.policies import of_service
from eventmill.kernel.ports import HttpSender
from eventmill.services import elbv2, lambda_
from eventmill.services.elbv2 import attributes, health, records
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_PRINCIPAL = "elasticloadbalancing.amazonaws.com"
_FAILED = ("Target.FailedHealthChecks", "Health checks failed")
_TIMEOUT = ("Target.Timeout", "Request timed out")
Failure = tuple[str, str] | None


def checker(parts: Parts, http: HttpSender, account: str) -> Sender:
    """The outbox's sender for elbv2.health.CHECK."""

    async def check(row: OutboxRow) -> None:
        target, group = parts.database.read(
            lambda tx: (
                records.find(tx, "target", row.target),
                records.find(tx, "group", row.target.split("#")[0]),
            )
        )
        if target is None or group is None:
            return
        if group["TargetType"] == "lambda":
            failure = await _function(parts, account, group, target["Id"])
        else:
            failure = await _address(http, group, target)
        await parts.database.write(lambda tx: elbv2.health.settle(tx, row.target, failure))

    return check


async def _function(parts: Parts, account: str, group: Mapping[str, Any], function: str) -> Failure:
    arn = group["TargetGroupArn"]

    def admitted(tx: Transaction) -> bool:
        asker = of_service(_PRINCIPAL, source=arn, account=account)
        return lambda_.may_invoke(tx, function, asker)

    if not parts.database.read(admitted):
        return _FAILED
    try:
        spec = parts.database.read(lambda tx: lambda_.resolve(tx, function))
        call = Invocation(spec, health.question(group), parts.ids.uuid(), function, source=arn)
        outcome = await asyncio.wait_for(
            parts.gate.invoke(call), group["HealthCheckTimeoutSeconds"]
        )
    except TimeoutError:
        return _TIMEOUT
    except (ConcurrencyExceeded, Fault):
        return _FAILED
    multi = attributes.value_of("group", group, attributes.MULTI_VALUE) == "true"
    answer = None if outcome.failed else elbv2.events.answer_of(outcome.payload, multi=multi)
    return _FAILED if answer is None else _judged(group, answer.status)


async def _address(
    http: HttpSender, group: Mapping[str, Any], target: Mapping[str, Any]
) -> Failure:
    port = group["HealthCheckPort"]
    port = target["Port"] if port == "traffic-port" else port
    url = f"http://{target['Id']}:{port}{group['HealthCheckPath']}"
    headers = [("user-agent", health.AGENT)]
    try:
        answer = await http.send(
            HttpCall("GET", url, headers, seconds=float(group["HealthCheckTimeoutSeconds"]))
        )
    except HttpFailed as failed:
        return _TIMEOUT if failed.timed_out else _FAILED
    return _judged(group, answer.status)


def _judged(group: Mapping[str, Any], status: int) -> Failure:
    if health.matches(group, status):
        return None
    return (
        "Target.ResponseCodeMismatch",
        f"Health checks failed with these codes: [{status}]",
    )
