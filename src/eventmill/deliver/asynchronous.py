"""Asynchronous invocation: events are taken when due, tried, repeated, and their end reported.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from eventmill.deliver import destinations, measured, shapes
from eventmill.deliver.destinations import Parcel
from eventmill.deliver.inflight import Motion
from eventmill.deliver.parts import Parts
from eventmill.deliver.settle import (
    EventDecision,
    EventVerdict,
    answer_of,
    event_decision,
    throttled_decision,
)
from eventmill.deliver.tasks import PAUSE, Tasks
from eventmill.kernel.arns import service_of
from eventmill.kernel.errors import NotFound, StoreError
from eventmill.kernel.functions import (
    ConcurrencyExceeded,
    FunctionStopped,
    Invocation,
    Outcome,
    RecursionDetected,
)
from eventmill.services import lambda_
from eventmill.services.lambda_ import Event, Treatment
from eventmill.store.transaction import Transaction

_IN_HAND = 64
"""Events of one function that are in hand at once, so that one function's many events do not
keep another's few from their turn."""

_ERROR_LIMIT = 1_024
"""Characters of ErrorMessage on a dead letter."""


class AsynchronousInvocations:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._tasks = Tasks()
        self._in_hand: dict[str, set[int]] = {}
        parts.flights.add(self._probe)

    def start(self) -> None:
        """Begin to take events."""
        self._tasks.keep(self._run, "asynchronous invocations")

    async def stop(self, grace: float) -> None:
        """Stop taking; running invocations may end within `grace` real seconds."""
        await self._tasks.stop(grace, "asynchronous invocations")

    async def _run(self) -> None:
        database = self._parts.database
        with database.signals.listen(lambda_.EVENTS_KEY) as signal:
            while True:
                for function in database.read(lambda_.functions_due):
                    held = self._in_hand.setdefault(function, set())
                    events = database.read(
                        partial(
                            lambda_.due_events,
                            function=function,
                            limit=_IN_HAND - len(held),
                            skip=held,
                        )
                    )
                    for event in events:
                        held.add(event.id)
                        stack = ExitStack()
                        stack.enter_context(self._parts.flights.hold(f"event of {function}"))
                        stack.callback(signal.fire)
                        stack.callback(held.discard, event.id)
                        self._tasks.start(self._attempt(event, stack), f"event {event.id}")
                await signal.wait(database.read(lambda_.next_due_event))

    async def _attempt(self, event: Event, stack: ExitStack) -> None:
        with stack:
            try:
                await self._tried(event)
            except StoreError:
                # The event is still there; to try it again at once would be no help to the disk.
                await asyncio.sleep(PAUSE)
                raise

    async def _tried(self, event: Event) -> None:
        database = self._parts.database
        treatment = database.read(lambda tx: lambda_.treatment(tx, event.function))
        if self._parts.clock.now() > event.created + treatment.maximum_age:
            await self._end(event, treatment, EventVerdict.EXPIRED, None)
            return
        try:
            slot = await self._parts.gate.acquire(
                lambda: database.read(lambda tx: lambda_.resolve(tx, event.function))
            )
        except FunctionStopped:
            await self._end(event, treatment, EventVerdict.STOPPED, None)
            return
        except NotFound:
            # Deleted after the event was taken in: there is nothing to tell, and nobody.
            await database.write(lambda tx: lambda_.settle_event(tx, event.id))
            return
        invocation = Invocation(
            replace(slot.spec, tenant=event.tenant) if event.tenant else slot.spec,
            event.payload,
            event.request_id,
            event.function,
            event.trace,
            source=event.source,
        )
        try:
            with slot:
                if self._parts.clock.now() > event.created + treatment.maximum_age:
                    # It grew too old while it waited for concurrency.
                    await self._end(event, treatment, EventVerdict.EXPIRED, None)
                    return
                age = self._parts.clock.now() - event.created
                measured.event_age(self._parts.metrics, slot.spec, age)
                outcome = await slot.invoke(invocation)
        except ConcurrencyExceeded:
            await self._throttled(event, treatment)
        except RecursionDetected:
            await self._end(event, treatment, EventVerdict.RECURSIVE, None)
        else:
            await self._settle(event, treatment, outcome)

    async def _throttled(self, event: Event, treatment: Treatment) -> None:
        decision = throttled_decision(event, treatment, self._parts.clock.now())
        if decision.verdict is EventVerdict.RETRY:
            await self._parts.database.write(
                lambda tx: lambda_.postpone_event(tx, event.id, decision.due)
            )
        else:
            await self._end(event, treatment, decision.verdict, None)

    async def _settle(self, event: Event, treatment: Treatment, outcome: Outcome) -> None:
        decision: EventDecision = event_decision(event, treatment, outcome, self._parts.clock.now())
        answer = answer_of(outcome)
        if decision.verdict is EventVerdict.RETRY:
            text = orjson.dumps(answer).decode()
            await self._parts.database.write(
                lambda tx: lambda_.retry_event(tx, event.id, decision.due, text)
            )
        else:
            await self._end(event, treatment, decision.verdict, answer)

    async def _end(
        self,
        event: Event,
        treatment: Treatment,
        verdict: EventVerdict,
        answer: dict[str, Any] | None,
    ) -> None:
        """The event is finished; `answer` is that of an attempt just made."""
        invokes = event.invokes + (answer is not None)
        if answer is None and event.answer is not None:
            answer = orjson.loads(event.answer)

        def finish(tx: Transaction) -> None:
            if not lambda_.settle_event(tx, event.id):
                return
            succeeded = verdict is EventVerdict.SUCCESS
            target = treatment.on_success if succeeded else treatment.on_failure
            if target:
                self._report(tx, event, target, verdict, invokes, answer)
            if not succeeded and treatment.dead_letter:
                destinations.send(tx, treatment.dead_letter, _dead_letter(event, answer))

        await self._parts.database.write(finish)
        if verdict is not EventVerdict.SUCCESS:
            measured.dropped(self._parts.metrics, event.function)

    def _report(
        self,
        tx: Transaction,
        event: Event,
        target: str,
        verdict: EventVerdict,
        invokes: int,
        answer: dict[str, Any] | None,
    ) -> None:
        record = shapes.event_record(
            event.request_id,
            event.function,
            verdict.value,
            invokes,
            event.payload,
            answer,
            tx.now,
        )
        key = ""
        if service_of(target) == "s3":
            name = event.function.split(":")[6]
            key = destinations.object_key(f"aws/lambda/async/{name}", self._parts.ids, tx.now)
        parcel = Parcel(
            destinations.fitting(tx, record, target),
            record["requestContext"]["functionArn"],
            verdict is EventVerdict.SUCCESS,
            key=key,
            trace=event.trace,
        )
        destinations.send(tx, target, parcel)

    def _probe(self, tx: Transaction) -> Iterator[Motion]:
        for function, due, count in lambda_.waiting_events(tx):
            yield Motion(f"event for {function}", count, None if due <= tx.now else due)


def _dead_letter(event: Event, answer: dict[str, Any] | None) -> Parcel:
    payload = (answer or {}).get("responsePayload")
    message = payload.get("errorMessage") if isinstance(payload, dict) else None
    if answer is None:
        message = "Rate Exceeded."
    # 429 when the function never ran: only throttling or a stopped function leads here then.
    code = "429" if answer is None else str(answer["responseContext"]["statusCode"])
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": event.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": code},
        "ErrorMessage": {
            "DataType": "String",
            # A message attribute must not be empty, as an exception's text may be.
            "StringValue": str(message or "Unhandled")[:_ERROR_LIMIT],
        },
    }
    return Parcel(
        event.payload.decode(),
        event.function,
        attributes=attributes,
        trace=event.trace,
        dead=True,
    )
