"""Kafka: one consumer group member for each mapping, and each partition's batches in order.

A partition's batch is invoked with until it succeeds or is given up, and only then its offsets are
committed; so a poison record stops no other partition.
https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-process.html
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from eventmill.deliver import kafka_client, shapes
from eventmill.deliver.batch import Loss, tell
from eventmill.deliver.consumer import CALL_FAILED, Consumer, Work
from eventmill.deliver.inflight import Motion
from eventmill.deliver.outbox import backoff
from eventmill.deliver.parts import Parts
from eventmill.deliver.settle import StreamDecision, Verdict, stream_backoff, stream_decision
from eventmill.deliver.tasks import Tasks
from eventmill.kernel.errors import NotFound
from eventmill.kernel.functions import ConcurrencyExceeded, FunctionStopped, Outcome
from eventmill.services.lambda_ import EventSourceMapping
from eventmill.store.transaction import Transaction

_REBALANCE = 1.0
"""Real seconds until the next look whether the group has a partition for this member."""

_WAIT_MS = 5_000
"""Milliseconds of one wait for records; the broker answers as soon as it has one."""

_RETRIES_BEFORE_DESTINATION = 10
"""AWS's bound on endless retries where there is a destination for what fails."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that passed the filters; `created` in epoch seconds."""

    offset: int
    created: float
    json: bytes


@dataclass(frozen=True, slots=True)
class Pending:
    """Records that are still to be handled, up to the offset `end`, with their failures so far."""

    entries: Sequence[Entry]
    end: int
    failures: int = 0
    tries: int = 0


class KafkaPoller:
    """The loop of one mapping."""

    def __init__(self, mapping: EventSourceMapping, parts: Parts, consumer: Consumer) -> None:
        self._mapping = mapping
        self._parts = parts
        self._consumer = consumer
        self._tasks = Tasks()
        self._waits: dict[str, float] = {}
        self._holds: dict[str, ExitStack] = {}
        self._seen: dict[Any, int] = {}
        """By partition the last offset that was measured as polled."""
        self._stopped = False
        self._forget = parts.flights.add(self._probe)

    def start(self) -> None:
        """Begin to consume."""
        self._tasks.keep(self._run, self._mapping.uuid)

    async def stop(self, grace: float) -> None:
        """Take no more and let invocations end within `grace` real seconds.

        A batch that is cut off, or waits for its next try, comes again: nothing of it is committed.
        """
        self._stopped = True
        await self._tasks.stop(grace, *(() if self._holds else (self._mapping.uuid,)))
        self._forget()

    async def _run(self) -> None:
        """Consume; when the broker cannot be reached or refuses, say so and try again."""
        tries = 0
        while not self._stopped:
            try:
                async with kafka_client.consuming(self._mapping, self._parts.database) as client:
                    tries = 0
                    await self._consume(client)
            except kafka_client.Unreachable as problem:
                await self._consumer.tell(f"PROBLEM: {problem}")
                await self._parts.clock.sleep_until(self._parts.clock.now() + backoff(tries))
                tries += 1

    async def _consume(self, client: Any) -> None:
        """Read the partitions that the group gives this member, each in a task of its own."""
        while not self._stopped:
            assigned = client.assignment()
            if not assigned:
                await asyncio.sleep(_REBALANCE)
                continue
            await kafka_client.begin(client, assigned, self._mapping)
            self._seen.clear()
            async with asyncio.TaskGroup() as group:
                for partition in assigned:
                    group.create_task(self._read(client, partition, assigned))

    async def _read(self, client: Any, partition: Any, assigned: frozenset[Any]) -> None:
        while not self._stopped and client.assignment() == assigned:
            records = await kafka_client.records(client, partition, _WAIT_MS, 1)
            if not records:
                await kafka_client.reach(client, partition)
                continue
            with self._hold(partition):
                pending = await self._gather(client, partition, records)
            await self._handle(client, partition, pending)

    @property
    def _name(self) -> str:
        return f"batch of {self._mapping.source}"

    async def _gather(self, client: Any, partition: Any, records: list[Any]) -> Pending:
        """Fill a batch until its size, its bytes or its window is reached."""
        loop, mapping = asyncio.get_running_loop(), self._mapping
        ends = loop.time() + mapping.window
        entries: list[Entry] = []
        room, end = shapes.PAYLOAD_LIMIT - shapes.ENVELOPE, records[0].offset
        while True:
            for record in records:
                event = shapes.kafka_record(record)
                kept = self._consumer.keep(event)
                # What a batch had no room for is fetched again for the next one.
                if record.offset > self._seen.get(partition, -1):
                    self._seen[partition] = record.offset
                    self._consumer.polled(1, int(not kept))
                if kept:
                    text = orjson.dumps(event)
                    if entries and len(text) + 1 > room:
                        client.seek(partition, record.offset)
                        return Pending(entries, end)
                    room -= len(text) + 1
                    entries.append(Entry(record.offset, record.timestamp / 1000, text))
                end = record.offset + 1
            missing = mapping.batch_size - len(entries)
            if missing <= 0:
                return Pending(entries, end)
            # What has been fetched already belongs to the batch, even to one without a window.
            wait = max(0, math.ceil((ends - loop.time()) * 1000))
            records = await kafka_client.records(client, partition, wait, missing)
            if not records and loop.time() >= ends:
                return Pending(entries, end)

    async def _handle(self, client: Any, partition: Any, batch: Pending) -> None:
        """Invoke until every part of the batch is done or given up, in order."""
        pending = [batch]
        while pending and not self._stopped:
            part = pending[0]
            with self._hold(partition):
                again, delay = await self._attempt(partition, part)
                pending[:1] = again
                done = again[0].entries[0].offset if again else part.end
                await kafka_client.commit(client, partition, done)
            if delay and not self._stopped:
                await self._pause(partition, delay)

    async def _attempt(self, partition: Any, part: Pending) -> tuple[list[Pending], float]:
        """What is left of the part after one attempt, and how long it waits."""
        # One moment for both: a record that grew too old meanwhile would be in neither.
        now = self._parts.clock.now()
        expired = [one for one in part.entries if self._too_old(one, now)]
        entries = [one for one in part.entries if not self._too_old(one, now)]
        if expired:
            loss = Loss("RecordAgeExceeded", self._parts.ids.uuid(), part.tries)
            await self._lose(partition, expired, loss)
        if not entries:
            return [], 0.0
        request_id = self._parts.ids.uuid()
        outcome = await self._invoke(partition, entries, request_id)
        if outcome is None:
            return [Pending(entries, part.end, part.failures, part.tries)], 0.0
        decision = self._decide(partition, entries, outcome, part.failures)
        if decision.verdict is Verdict.DONE:
            await self._consumer.tell("OK")
            return [], 0.0
        await self._consumer.tell(CALL_FAILED)
        rest, tries = entries[decision.done :], part.tries + 1
        if decision.verdict is Verdict.DISCARD:
            answer = shapes.response_context(outcome)
            loss = Loss("RetryAttemptsExhausted", request_id, tries, answer)
            await self._lose(partition, rest, loss)
            return [], 0.0
        if decision.verdict is Verdict.SPLIT:
            half = decision.split
            parts = (rest[:half], rest[half].offset), (rest[half:], part.end)
            return [Pending(one, end, decision.failures, tries) for one, end in parts], 0.0
        same = decision.failures == part.failures
        left = Pending(rest, part.end, decision.failures, tries)
        return [left], 0.0 if same else stream_backoff(decision.failures)

    def _decide(
        self, partition: Any, entries: Sequence[Entry], outcome: Outcome, failures: int
    ) -> StreamDecision:
        mapping, retries = self._mapping, self._mapping.maximum_retries
        if retries < 0 and mapping.on_failure:
            retries = _RETRIES_BEFORE_DESTINATION
        name = shapes.kafka_partition(partition)
        return stream_decision(
            [f"{name}:{one.offset}" for one in entries],
            outcome,
            failures=failures,
            retries=retries,
            bisect=mapping.bisect,
            report=mapping.report_failures,
        )

    def _too_old(self, entry: Entry, now: float) -> bool:
        age = self._mapping.maximum_age
        return age >= 0 and entry.created < now - age

    async def _invoke(
        self, partition: Any, entries: Sequence[Entry], request_id: str
    ) -> Outcome | None:
        """The outcome; None when a record grew too old before there was one. Throttles and a
        missing function wait, and use up nothing but age."""
        records = [one.json for one in entries]
        work = Work(records, request_id, payload=self._event(partition, entries))
        tries = 0
        while not any(self._too_old(one, self._parts.clock.now()) for one in entries):
            try:
                with await self._consumer.turn() as turn:
                    return await turn.run(work)
            except (FunctionStopped, NotFound) as reason:
                await self._consumer.tell(f"PROBLEM: {reason}")
                await self._pause(partition, backoff(tries))
            except ConcurrencyExceeded:
                await self._pause(partition, backoff(tries))
            tries += 1
        return None

    def _event(self, partition: Any, entries: Sequence[Entry]) -> bytes:
        return shapes.kafka_event(
            self._mapping.cluster,
            self._mapping.servers,
            shapes.kafka_partition(partition),
            [one.json for one in entries],
        )

    async def _lose(self, partition: Any, entries: Sequence[Entry], loss: Loss) -> None:
        """Give records up: tell the mapping's OnFailure destination of them, and count them."""
        mapping, ids = self._mapping, self._parts.ids
        if mapping.on_failure:
            name, payload = shapes.kafka_partition(partition), self._event(partition, entries)
            first, last = entries[0], entries[-1]
            info = shapes.kafka_batch_info(
                mapping.cluster,
                mapping.servers,
                name,
                (first.offset, last.offset),
                (first.created, last.created),
                len(entries),
                len(payload),
            )
            await self._parts.database.write(
                lambda tx: tell(tx, ids, mapping, name, info, loss, lambda: payload)
            )
        self._consumer.dropped(len(entries))

    @contextmanager
    def _hold(self, partition: Any) -> Iterator[None]:
        """A batch of the partition is in hand."""
        name = shapes.kafka_partition(partition)
        with ExitStack() as held:
            held.enter_context(self._parts.flights.hold(self._name))
            self._holds[name] = held
            try:
                yield
            finally:
                self._holds.pop(name, None)

    async def _pause(self, partition: Any, seconds: float) -> None:
        """Only time moves the batch on meanwhile: it is let go of and taken in hand again."""
        due, name = self._parts.clock.now() + seconds, shapes.kafka_partition(partition)
        held = self._holds.pop(name, None)
        if held is not None:
            held.close()
        self._waits[name] = due
        try:
            await self._parts.clock.sleep_until(due)
        finally:
            del self._waits[name]
            if held is not None:
                held.enter_context(self._parts.flights.hold(self._name))
                self._holds[name] = held

    def _probe(self, tx: Transaction) -> Iterator[Motion]:
        for due in self._waits.values():
            yield Motion(self._name, 1, None if due <= tx.now else due)
