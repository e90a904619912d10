"""Carries events from rules to API destinations, and to APIs of the engine, over HTTP.

A destination is called no more often than its rate allows. 401, 407, 409, 429 and 5xx answers, and
none at all, are tried again by the target's retry policy; any other failure ends in the dead-letter
queue at once.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

import email.utils
from collections.abc import Mapping
from functools import partial

from eventmill.deliver import bus
from eventmill.deliver.authorization import Reach
from eventmill.deliver.http_requests import api_request, request_of
from eventmill.deliver.outbox import Postpone
from eventmill.deliver.parts import Parts
from eventmill.deliver.retry_policy import Undeliverable, Unreached, exhausted
from eventmill.kernel.arns import service_of
from eventmill.kernel.http import HttpAnswer, HttpCall, HttpFailed
from eventmill.services import events
from eventmill.store import outbox
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_RETRIED = frozenset({401, 407, 409, 429})


class HttpTargets:
    """The outbox's sender for services.events.HTTP_TARGET is `send`."""

    def __init__(self, parts: Parts, reach: Reach, region: str, account: str) -> None:
        self._parts = parts
        self._reach = reach
        self._rates = Rates()
        self._find = partial(bus.find, region=region, account=account)

    async def send(self, row: OutboxRow) -> None:
        """Deliver one event. Raises Postpone to be called again."""
        delivery = self._parts.database.read(lambda tx: self._find(tx, row))
        if delivery is None:
            return
        try:
            if service_of(row.target) == "execute-api":
                await self._call_api(delivery)
            else:
                await self._call_destination(delivery)
        except Unreached as error:
            policy = delivery.target.get("RetryPolicy")
            more = exhausted(policy, row, self._parts.clock.now(), error.wait)
            await self._give_up(delivery, error.code, str(error), more)
        except Undeliverable as error:
            await self._give_up(delivery, error.code, str(error), {})
        except events.NotShapable as error:
            await self._give_up(delivery, "INVALID_JSON", str(error), {})
        else:
            self._parts.counts.add(delivery.count)

    async def _call_api(self, delivery: bus.Delivery) -> None:
        wanted = delivery.target.get("HttpParameters") or {}
        endpoint = self._reach.endpoint()
        call = api_request(endpoint, delivery.arn, wanted, delivery.event, delivery.body())
        self._judge(delivery.arn, await self._sent(delivery.arn, call))

    async def _call_destination(self, delivery: bus.Delivery) -> None:
        arn, authorizer = delivery.arn, self._reach.authorizer
        destination = self._parts.database.read(lambda tx: events.find_destination(tx, arn))
        if destination is None:
            raise Undeliverable("NO_RESOURCE", f"{arn} does not exist.")
        if destination.connection is None or not destination.active:
            raise Undeliverable("NO_PERMISSIONS", f"{arn} has no authorized connection.")
        now = self._parts.clock.now()
        due = self._rates.slot(delivery.row.id, arn, destination.rate, now)
        if due is not None:
            raise Postpone(due, counted=False)
        wanted = delivery.target.get("HttpParameters") or {}
        call = request_of(destination, wanted, delivery.event, delivery.body())
        answer = await self._sent(arn, await authorizer.authorize(destination.connection, call))
        if answer.status in (401, 407):
            authorizer.forget(destination.connection)
        self._judge(arn, answer)

    async def _sent(self, arn: str, call: HttpCall) -> HttpAnswer:
        try:
            return await self._reach.http.send(call)
        except HttpFailed as error:
            code = "TIMEOUT" if error.timed_out else "CONNECTION_FAILURE"
            raise Unreached(code, f"Unable to invoke {arn}: {error}") from None

    def _judge(self, arn: str, answer: HttpAnswer) -> None:
        status = answer.status
        if 200 <= status < 300:
            return
        reason = f"Unable to invoke {arn}: its response had the status code {status}."
        if status in _RETRIED or status >= 500:
            code = "THROTTLING" if status == 429 else "ERROR_FROM_TARGET"
            raise Unreached(code, reason, _asked_wait(answer, self._parts.clock.now()))
        raise Undeliverable("SDK_CLIENT_ERROR", reason)

    async def _give_up(
        self, delivery: bus.Delivery, code: str, message: str, more: Mapping[str, str]
    ) -> None:
        def end(tx: Transaction) -> None:
            if outbox.settle(tx, delivery.row.id):
                bus.give_up(tx, self._parts.ids, delivery, code, message, more)

        await self._parts.database.write(end)


class Rates:
    """How often each destination may be called: a burst of one second's calls, then evenly."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._reserved: set[int] = set()

    def slot(self, row: int, target: str, rate: int, now: float) -> float | None:
        """None when the row may go now; else the time that is kept free for it."""
        if row in self._reserved:
            self._reserved.discard(row)
            return None
        step = 1.0 / rate
        after = max(self._next.get(target, now), now)
        self._next[target] = after + step
        # A second's calls may go at once: the slot lies that much before its even place.
        due = after - (1.0 - step)
        if due <= now:
            return None
        self._reserved.add(row)
        return due


def _asked_wait(answer: HttpAnswer, now: float) -> float:
    """Seconds that a Retry-After header asks for."""
    for name, value in answer.headers:
        if name.lower() == "retry-after":
            if value.strip().isdigit():
                return float(value)
            moment = email.utils.parsedate_tz(value)
            return max(0.0, email.utils.mktime_tz(moment) - now) if moment else 0.0
    return 0.0
