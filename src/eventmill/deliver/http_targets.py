"""Carries events from rules to API destinations, over HTTP.

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
from eventmill.deliver.authorization import Authorizer
from eventmill.deliver.http_requests import request_of
from eventmill.deliver.outbox import Postpone
from eventmill.deliver.retry_policy import Undeliverable, Unreached, exhausted
from eventmill.kernel.clock import Clock
from eventmill.kernel.http import HttpAnswer, HttpCall, HttpFailed
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import HttpSender
from eventmill.services import events
from eventmill.store import outbox
from eventmill.store.database import Database
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_RETRIED = frozenset({401, 407, 409, 429})


class HttpTargets:
    """The outbox's sender for services.events.HTTP_TARGET is `send`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        http: HttpSender,
        region: str,
        account: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._http = http
        self._authorizer = Authorizer(http, clock)
        self._rates = Rates()
        self._find = partial(bus.find, region=region, account=account)

    async def send(self, row: OutboxRow) -> None:
        """Deliver one event. Raises Postpone to be called again."""
        delivery = self._database.read(lambda tx: self._find(tx, row))
        if delivery is None:
            return
        destination = self._database.read(lambda tx: events.find_destination(tx, row.target))
        try:
            if destination is None:
                raise Undeliverable("NO_RESOURCE", f"{row.target} does not exist.")
            if destination.connection is None or not destination.active:
                raise Undeliverable("NO_PERMISSIONS", f"{row.target} has no authorized connection.")
            due = self._rates.slot(row.id, row.target, destination.rate, self._clock.now())
            if due is not None:
                raise Postpone(due, counted=False)
            wanted = delivery.target.get("HttpParameters") or {}
            call = request_of(destination, wanted, delivery.event, delivery.body())
            await self._call(destination.connection, call)
        except Unreached as error:
            policy = delivery.target.get("RetryPolicy")
            more = exhausted(policy, row, self._clock.now(), error.wait)
            await self._give_up(delivery, error.code, str(error), more)
        except Undeliverable as error:
            await self._give_up(delivery, error.code, str(error), {})
        except events.NotShapable as error:
            await self._give_up(delivery, "INVALID_JSON", str(error), {})

    async def _call(self, connection: events.Connection, call: HttpCall) -> None:
        authorized = await self._authorizer.authorize(connection, call)
        try:
            answer = await self._http.send(authorized)
        except HttpFailed as error:
            code = "TIMEOUT" if error.timed_out else "CONNECTION_FAILURE"
            raise Unreached(code, f"Unable to invoke ApiDestination endpoint: {error}") from None
        if answer.status in (401, 407):
            self._authorizer.forget(connection)
        self._judge(answer)

    def _judge(self, answer: HttpAnswer) -> None:
        status = answer.status
        if 200 <= status < 300:
            return
        reason = (
            "Unable to invoke ApiDestination endpoint: The request failed because the response "
            f"had the status code {status}."
        )
        if status in _RETRIED or status >= 500:
            code = "THROTTLING" if status == 429 else "ERROR_FROM_TARGET"
            raise Unreached(code, reason, _asked_wait(answer, self._clock.now()))
        raise Undeliverable("SDK_CLIENT_ERROR", reason)

    async def _give_up(
        self, delivery: bus.Delivery, code: str, message: str, more: Mapping[str, str]
    ) -> None:
        def end(tx: Transaction) -> None:
            if outbox.settle(tx, delivery.row.id):
                bus.give_up(tx, self._ids, delivery, code, message, more)

        await self._database.write(end)


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
