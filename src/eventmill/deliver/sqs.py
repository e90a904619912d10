"""Queues: messages are taken when visible, batched, invoked with, and deleted or left.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

import orjson

from eventmill.deliver import shapes
from eventmill.deliver.consumer import Consumer, Turn, Work
from eventmill.deliver.inflight import Motion
from eventmill.deliver.outbox import backoff
from eventmill.deliver.parts import Parts
from eventmill.deliver.scaling import Ramp, growth_of
from eventmill.deliver.settle import queue_failures
from eventmill.deliver.tasks import Tasks
from eventmill.kernel.errors import Fault, NotFound
from eventmill.kernel.functions import (
    ConcurrencyExceeded,
    FunctionStopped,
    Outcome,
    RecursionDetected,
)
from eventmill.services import lambda_, sqs
from eventmill.services.lambda_ import EventSourceMapping
from eventmill.services.sqs import Message
from eventmill.store.signals import Signal
from eventmill.store.transaction import Transaction

_TAKE = 500
"""Messages of one take, which is one change of the store: larger ones would hold up others."""

_LEAP = 1.0
"""Seconds by which a window ends late only when time was moved."""

_RECHECK = 1.0
"""Seconds until the next look at a queue that had a visible message but gave none."""


@dataclass(frozen=True, slots=True)
class Held:
    """A message in hand and its record as JSON."""

    message: Message
    record: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """Messages that pass the filters, how many there were before, and whether the bytes that an
    invocation has room for did not suffice for more."""

    kept: list[Held]
    received: int
    full: bool


class QueuePoller:
    """The loop of one consumer, with the settings of its mapping."""

    def __init__(self, mapping: EventSourceMapping, parts: Parts, consumer: Consumer) -> None:
        self._mapping = mapping
        self._parts = parts
        self._consumer = consumer
        self._ramp = Ramp(growth_of(mapping))
        self._tasks = Tasks()
        self._running = 0
        self._gathered: list[Held] = []
        self._window_ends: float | None = None
        self._forget = parts.flights.add(self._probe)

    def start(self) -> None:
        """Begin to poll."""
        self._tasks.keep(self._run, self._mapping.uuid)

    async def stop(self, grace: float) -> None:
        """Stop taking, let running batches end within `grace` real seconds, give back the rest."""
        await self._tasks.stop(grace, self._mapping.uuid)
        if self._gathered:
            await self._give_back(self._gathered, self._parts.clock.now())
        self._forget()

    async def _run(self) -> None:
        key = sqs.changed_key(self._mapping.source)
        with self._parts.database.signals.listen(key, lambda_.FUNCTIONS_KEY) as signal:
            while True:
                now = self._parts.clock.now()
                due = self._parts.database.read(self._next_visible)
                if due is None or due > now:
                    if not self._running:
                        self._ramp.rest()
                    await signal.wait(due)
                elif self._running >= self._ramp.allowed(now):
                    await signal.wait(self._ramp.grows(now))
                else:
                    await self._round(signal)

    def _held_for(self, tx: Transaction) -> float:
        return sqs.visibility_timeout(tx, self._mapping.source)

    def _next_visible(self, tx: Transaction) -> float | None:
        return sqs.next_visible(tx, self._mapping.source)

    async def _round(self, signal: Signal) -> None:
        """Take one batch and start its invocation."""
        with ExitStack() as stack:
            stack.enter_context(self._hold())
            try:
                if self._mapping.window and self._runs():
                    await self._gather(signal, stack)
                turn = await self._consumer.turn()
            except (NotFound, FunctionStopped) as reason:
                await self._consumer.tell(f"PROBLEM: {reason}")
                await self._release_gathered()
                stack.close()
                await signal.wait()
                return
            batch = self._gathered
            stack.callback(turn.release)
            if not self._mapping.window:
                taken = await self._taken(self._mapping.batch_size, shapes.PAYLOAD_LIMIT)
                batch = taken.kept
                if taken.received and not batch:
                    return
            self._gathered = []
            if batch:
                self._running += 1
                work = self._work(batch, turn, stack.pop_all(), signal.fire)
                self._tasks.start(work, f"batch of {self._mapping.uuid}")
                return
        await signal.wait(self._parts.clock.now() + _RECHECK)

    def _hold(self) -> AbstractContextManager[None]:
        return self._parts.flights.hold(f"batch of {self._mapping.source}")

    def _runs(self) -> bool:
        return self._parts.database.read(self._consumer.runs)

    async def _release_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        if gathered:
            await self._give_back(gathered, self._parts.clock.now())

    async def _gather(self, signal: Signal, stack: ExitStack) -> None:
        """Fill the batch until its size, its bytes or its window is reached."""
        clock, database = self._parts.clock, self._parts.database
        room = shapes.PAYLOAD_LIMIT
        ends: float | None = None
        while len(self._gathered) < self._mapping.batch_size:
            if ends is not None and clock.now() >= ends:
                await self._hold_on(clock.now() - ends)
                return
            limit = min(_TAKE, self._mapping.batch_size - len(self._gathered))
            taken = await self._taken(limit, room)
            self._gathered.extend(taken.kept)
            room -= sum(len(held.record) + 1 for held in taken.kept)
            if taken.full or not (taken.received or self._gathered):
                return
            if not self._gathered:
                continue
            ends = ends or clock.now() + self._mapping.window
            due = database.read(self._next_visible)
            if due is not None and due <= clock.now():
                continue
            # Until the window ends this batch moves only with time: let go of the hold.
            stack.close()
            self._window_ends = ends
            try:
                await signal.wait(ends if due is None else min(due, ends))
            finally:
                stack.enter_context(self._hold())
                self._window_ends = None

    async def _hold_on(self, late: float) -> None:
        """A test's time may leap from before a window's end to behind the visibility of what was
        gathered, which at the window's end was held still."""
        left = self._parts.database.read(self._held_for) - self._mapping.window
        if late < _LEAP or left <= 0:
            return
        handles = [held.message.handle for held in self._gathered]
        until = self._parts.clock.now() + left
        await self._parts.database.write(
            lambda tx: sqs.hold(tx, self._mapping.source, handles, until)
        )

    async def _taken(self, limit: int, room: int) -> Taken:
        """`_take`, but a stop in its midst gives back what it took."""
        work = asyncio.ensure_future(self._take(limit, room))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await self._give_back((await work).kept, self._parts.clock.now())
            raise

    async def _take(self, limit: int, room: int) -> Taken:
        source = self._mapping.source

        def take(tx: Transaction) -> list[Message]:
            return sqs.take(tx, self._parts.ids, source, limit, self._parts.holder)

        try:
            messages = await self._parts.database.write(take)
        except Fault as fault:
            await self._consumer.tell(f"PROBLEM: {fault.message}")
            return Taken([], 0, full=False)
        kept: list[Held] = []
        filtered: list[str] = []
        for message in messages:
            record = shapes.queue_record(message, source)
            if self._consumer.keep(record):
                kept.append(Held(message, orjson.dumps(record)))
            else:
                filtered.append(message.handle)
        if filtered:
            await self._parts.database.write(lambda tx: sqs.delete_held(tx, source, filtered))
        fits = _fitting(kept, room - shapes.ENVELOPE, least=0 if self._gathered else 1)
        if fits < len(kept):
            await self._give_back(kept[fits:], self._parts.clock.now())
        self._consumer.polled(fits + len(filtered), len(filtered))
        return Taken(kept[:fits], len(messages), full=fits < len(kept))

    async def _give_back(self, batch: Sequence[Held], visible: float) -> None:
        handles = [held.message.handle for held in batch]
        await self._parts.database.write(
            lambda tx: sqs.give_back(tx, self._mapping.source, handles, visible, uncount=True)
        )

    async def _work(
        self, batch: list[Held], turn: Turn, hold: ExitStack, wake: Callable[[], None]
    ) -> None:
        try:
            with hold:
                looping, batch = _parted(batch, turn)
                if looping:
                    await self._settle(looping, None)
                if batch:
                    outcome = await self._run_batch(batch, turn, hold)
                    await self._settle(batch, outcome)
        finally:
            self._running -= 1
            wake()

    async def _settle(self, batch: list[Held], outcome: Outcome | None) -> None:
        """Delete what succeeded; None is no attempt at all."""
        handles = {held.message.message_id: held.message.handle for held in batch}
        if outcome is None:
            failed = frozenset(handles)
        else:
            failed = queue_failures(list(handles), outcome, report=self._mapping.report_failures)
            if outcome.failed and not self._mapping.report_failures:
                self._ramp.rest()
        done = [handle for message, handle in handles.items() if message not in failed]
        left = [handle for message, handle in handles.items() if message in failed]

        def settle(tx: Transaction) -> None:
            if done:
                sqs.delete_held(tx, self._mapping.source, done)
            if left:
                sqs.give_back(tx, self._mapping.source, left, None)

        await self._parts.database.write(settle)
        self._consumer.count("Deleted", len(done))

    async def _run_batch(self, batch: list[Held], turn: Turn, hold: ExitStack) -> Outcome | None:
        """The outcome, or None when no environment was free for as long as the batch is held."""
        clock = self._parts.clock
        began, gives_up = clock.now(), None
        work = Work(
            [held.record for held in batch],
            self._parts.ids.uuid(),
            trace=batch[0].message.attributes.get("AWSTraceHeader"),
        )
        tries = 0
        while True:
            try:
                return await turn.run(work)
            except RecursionDetected:
                return None
            except ConcurrencyExceeded:
                again = clock.now() + backoff(tries)
                gives_up = gives_up or began + self._parts.database.read(self._held_for)
                if again >= gives_up:
                    return None
                tries += 1
                # Only time moves this batch on; the store has the end of its visibility.
                # Closing the hold gives the turn back too.
                hold.close()
                try:
                    await clock.sleep_until(again)
                finally:
                    hold.enter_context(self._hold())
                try:
                    turn = await self._consumer.turn()
                except (NotFound, FunctionStopped):
                    return None
                hold.enter_context(turn)

    def _probe(self, tx: Transaction) -> Iterator[Motion]:
        name = f"messages of {self._mapping.source}"
        if self._window_ends is not None:
            due = None if self._window_ends <= tx.now else self._window_ends
            yield Motion(f"batch window of {self._mapping.source}", len(self._gathered), due)
        due = self._next_visible(tx)
        if due is not None and self._consumer.runs(tx):
            yield Motion(name, 1, None if due <= tx.now else due)


def _parted(batch: list[Held], turn: Turn) -> tuple[list[Held], list[Held]]:
    """The messages that would go round in a loop, which stay for the redrive, and the others."""
    looping = [held for held in batch if turn.loops(held.message.attributes.get("AWSTraceHeader"))]
    return looping, [held for held in batch if held not in looping] if looping else batch


def _fitting(batch: Sequence[Held], room: int, *, least: int) -> int:
    """How many from the front fit into `room` bytes; `least` of them however large they are."""
    for index, held in enumerate(batch):
        room -= len(held.record) + 1
        if room < 0 and index >= least:
            return index
    return len(batch)
