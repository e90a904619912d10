"""One lane of a shard: gather a batch, invoke, settle, checkpoint; in order, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eventmill.deliver import lanes, shapes, windows
from eventmill.deliver.batch import Batch, Entry, Loss, gather
from eventmill.deliver.consumer import CALL_FAILED, Consumer, Work
from eventmill.deliver.lanes import LaneState, Pending, Window
from eventmill.deliver.outbox import backoff
from eventmill.deliver.pace import Pace
from eventmill.deliver.parts import Parts
from eventmill.deliver.settle import StreamDecision, Verdict, stream_backoff, stream_decision
from eventmill.kernel.errors import NotFound
from eventmill.kernel.functions import ConcurrencyExceeded, FunctionStopped, Outcome
from eventmill.services import lambda_
from eventmill.services.lambda_ import EventSourceMapping
from eventmill.store.transaction import Transaction

if TYPE_CHECKING:
    from eventmill.deliver.streams import StreamRecord, StreamSource


class Lane:
    """See the module."""

    def __init__(
        self,
        mapping: EventSourceMapping,
        parts: Parts,
        source: StreamSource,
        consumer: Consumer,
        shard: str,
        number: int,
        state: LaneState,
    ) -> None:
        self.shard = shard
        self.cursor = state.position
        """The last record that was read, whether or not it is settled."""
        self.pace = Pace(parts.clock, parts.flights, f"batch of {mapping.source}")
        self._mapping = mapping
        self._parts = parts
        self._source = source
        self._consumer = consumer
        self._number = number
        self._state = state
        self._start = _start_of(mapping)
        self._seen = ""
        """The last record that was measured as polled."""

    async def run(self) -> bool:
        """Until stopped (False) or until the shard is closed and read to its end (True)."""
        stream, source = self._mapping.source, self._source
        keys = (source.key(stream), source.shard_key(stream, self.shard), lambda_.FUNCTIONS_KEY)
        with self._parts.database.signals.listen(*keys) as signal:
            self.pace.follow(signal)
            self._begin()
            while not self.pace.stopped and not self._state.finished:
                if self._state.pending:
                    await self._again()
                else:
                    await self._next()
        return self._state.finished

    def _begin(self) -> None:
        """Pass over what arrived before the mapping's starting position."""
        start = self._start
        if self._state.position is None and start:
            self._state.position = self.cursor = self._parts.database.read(
                lambda tx: self._source.before(tx, self._mapping.source, self.shard, start)
            )

    # Taking

    async def _again(self) -> None:
        """Try the first pending batch again, once its time has come."""
        pending = self._state.pending[0]
        await self.pace.wait(self._state.due, blocked=True)
        if self.pace.stopped:
            return
        with self.pace.hold():
            batch = Batch(self._state.position)
            if not await self._gather(batch, until=pending.end):
                return
            self.cursor = max(self.cursor or "", pending.end, key=lanes.order)
            await self._handle(batch, pending)

    async def _next(self) -> None:
        """Gather the next batch; without records wait for some, or for a window to end."""
        clock, batch = self._parts.clock, Batch(self._state.position)
        ends: float | None = None
        while True:
            closed = self._closed()
            with self.pace.hold():
                if not await self._gather(batch, most=self._mapping.batch_size):
                    return
                self.cursor = batch.end
                window_over = await self._window_over(batch)
                if window_over:
                    return
                if batch.entries and ends is None:
                    ends = clock.now() + self._mapping.window
                ready = batch.full or closed or (ends is not None and clock.now() >= ends)
                if batch.entries and ready:
                    await self._handle(batch, Pending(batch.end or "", 0, 0))
                    return
                if not batch.entries:
                    # Nothing for this lane: what was read is done with.
                    self._state.position = batch.end
                    if closed:
                        await self._finish()
                        return
            await self.pace.wait(ends if ends is not None else self._window_end(), blocked=False)

    async def _gather(self, batch: Batch, **bounds: Any) -> bool:
        """Fill the batch, and let others go on in between; False when stopped.

        A long stretch of which nothing is kept is saved, so that a restart need not pass it again.
        """
        while not (batch.full or gather(self._read, batch, **bounds) or self.pace.stopped):
            if not batch.entries and not self._state.pending:
                self._state.position = batch.end
                await self._save()
            else:
                await asyncio.sleep(0)
        return not self.pace.stopped

    def _closed(self) -> bool:
        return self._parts.database.read(
            lambda tx: self._source.closed(tx, self._mapping.source, self.shard)
        )

    def _read(self, after: str | None, limit: int) -> Iterator[Entry]:
        """One by one: those that a batch has no room for are not looked at yet."""
        rows = self._parts.database.read(
            lambda tx: self._source.read(tx, self._mapping.source, self.shard, after, limit)
        )
        more = self._identity() if rows else {}
        for row in rows:
            yield Entry.of(row, more, keep=self._mine(row))

    def _identity(self) -> dict[str, str]:
        """Who reads, for sources whose records say so."""
        if self._source.identity is None:
            return {}
        return {self._source.identity: self._consumer.role}

    def _mine(self, record: StreamRecord) -> bool:
        if record.created < self._start:
            return False
        count = self._mapping.parallelization
        if count > 1 and lanes.lane_of(record.partition_key, count) != self._number:
            return False
        kept = self._consumer.keep(record.event)
        # What a batch had no room for, or a window cut off, is looked at again by the next one.
        if not self._state.pending and lanes.order(record.sequence) > lanes.order(self._seen):
            self._seen = record.sequence
            self._consumer.polled(1, int(not kept))
        return kept

    # Windows

    def _window_end(self) -> float | None:
        window = self._state.window
        return None if window is None else window.start + self._mapping.tumbling_window

    async def _window_over(self, batch: Batch) -> bool:
        """End the open window when its time is over and no more record belongs to it.

        Otherwise cut the batch so that it holds records of one window only.
        """
        seconds = self._mapping.tumbling_window
        if not seconds:
            return False
        window = self._state.window
        start = windows.start_of(batch.entries[0].created, seconds) if batch.entries else None
        if window is not None and start != window.start:
            over = self._parts.clock.now() >= window.start + seconds
            if start is not None or over:
                await self._final(window, early=False)
                return True
        windows.cut(batch, seconds)
        return False

    async def _final(self, window: Window, *, early: bool) -> None:
        members = self._members(window, final=True, early=early)
        outcome = await self._run(Work([], self._parts.ids.uuid(), members))
        if outcome is None:
            return
        window.failures += outcome.failed
        retries = self._mapping.maximum_retries
        if outcome.failed and not 0 <= retries < window.failures:
            await self._save()
            await self.pace.pause(self._parts.clock.now() + stream_backoff(window.failures))
            return
        self._state.window = None
        await self._save()

    def _members(self, window: Window, *, final: bool, early: bool) -> dict[str, Any]:
        return windows.members(
            window, self._mapping.tumbling_window, self.shard, self._mapping.source, final, early
        )

    # Invoking and settling

    async def _handle(self, batch: Batch, pending: Pending) -> None:
        """One attempt on a batch, or its end without one when its records are too old."""
        expired = self._expired(batch)
        if expired or not batch.entries:
            loss = Loss("RecordAgeExceeded", self._parts.ids.uuid(), pending.tries)
            await self._give_up(batch, len(expired), pending, expired, loss)
            return
        more = self._open_window(batch) if self._mapping.tumbling_window else {}
        work = Work(
            [entry.json for entry in batch.entries],
            self._parts.ids.uuid(),
            more,
            newest=batch.entries[-1].created,
        )
        outcome = await self._run(work, self._expires(batch))
        if outcome is None:
            return
        pending.tries += 1
        decision = stream_decision(
            [entry.sequence for entry in batch.entries],
            self._judged(outcome),
            failures=pending.failures,
            retries=self._mapping.maximum_retries,
            bisect=self._mapping.bisect,
            report=self._mapping.report_failures,
        )
        await self._settle(batch, pending, decision, outcome, work.request_id)

    def _judged(self, outcome: Outcome) -> Outcome:
        """Within a window an answer without state is a failure."""
        window = self._state.window
        if window is None or outcome.failed:
            return outcome
        state = windows.state_of(outcome.payload)
        if state is None:
            return replace(outcome, error="Unhandled")
        window.state = state
        return outcome

    def _open_window(self, batch: Batch) -> dict[str, Any]:
        """What the batch's window adds to the event; it is opened by its first batch."""
        if self._state.window is None:
            start = windows.start_of(batch.entries[0].created, self._mapping.tumbling_window)
            self._state.window = Window(start)
        return self._members(self._state.window, final=False, early=False)

    def _expires(self, batch: Batch) -> float | None:
        """When the first record becomes too old; then the batch is looked at anew."""
        age = self._mapping.maximum_age
        return None if age < 0 else batch.entries[0].created + age

    def _expired(self, batch: Batch) -> list[Entry]:
        """The records at the front that are older than the mapping allows."""
        if self._mapping.maximum_age < 0:
            return []
        now, age = self._parts.clock.now(), self._mapping.maximum_age
        count = 0
        while count < len(batch.entries) and batch.entries[count].created + age <= now:
            count += 1
        return batch.entries[:count]

    async def _run(self, work: Work, expires: float | None = None) -> Outcome | None:
        """The outcome; None when there was none until the lane was stopped or `expires` reached.
        Throttles wait and use up nothing but the records' age."""
        tries = 0
        while not self.pace.stopped and (expires is None or self._parts.clock.now() < expires):
            try:
                turn = await self.pace.unless_stopped(self._consumer.turn())
                if turn is None:
                    return None
                with turn:
                    return await turn.run(work)
            except (FunctionStopped, NotFound) as reason:
                await self._consumer.tell(f"PROBLEM: {reason}")
                await self.pace.pause(expires, blocked=False)
            except ConcurrencyExceeded:
                again = self._parts.clock.now() + backoff(tries)
                await self.pace.pause(again if expires is None else min(again, expires))
            tries += 1
        return None

    async def _settle(
        self,
        batch: Batch,
        pending: Pending,
        decision: StreamDecision,
        outcome: Outcome,
        request_id: str,
    ) -> None:
        rest = batch.entries[decision.done :]
        if decision.verdict is Verdict.DONE:
            await self._advance(batch, len(batch.entries), pending)
            await self._consumer.tell("OK")
            if self._state.window is not None and windows.too_large(self._state.window):
                await self._final(self._state.window, early=True)
            return
        await self._consumer.tell(CALL_FAILED)
        if decision.verdict is Verdict.DISCARD:
            answer = shapes.response_context(outcome)
            loss = Loss("RetryAttemptsExhausted", request_id, pending.tries, answer)
            await self._give_up(batch, len(batch.entries), pending, rest, loss)
            return
        await self._retry(batch, pending, decision)

    async def _retry(self, batch: Batch, pending: Pending, decision: StreamDecision) -> None:
        """Keep what is left of the batch, as one or in two, to be tried again."""
        rest = batch.entries[decision.done :]
        again = [Pending(pending.end, decision.failures, pending.tries)]
        if decision.verdict is Verdict.SPLIT:
            half = rest[decision.split - 1].sequence
            again.insert(0, Pending(half, decision.failures, pending.tries))
        if decision.done:
            self._state.position = batch.entries[decision.done - 1].sequence
        self._state.pending = again + self._state.pending[1:]
        immediate = decision.verdict is Verdict.SPLIT or decision.failures == pending.failures
        delay = 0.0 if immediate else stream_backoff(decision.failures)
        self._state.due = self._parts.clock.now() + delay
        await self._save()

    async def _give_up(
        self, batch: Batch, done: int, pending: Pending, entries: Sequence[Entry], loss: Loss
    ) -> None:
        """Checkpoint after `done` records; in the same change `entries` are kept as lost."""
        state = self._state
        before = state.position, state.pending
        try:
            await self._advance(
                batch,
                done,
                pending,
                lambda tx: self._consumer.lose(tx, self.shard, entries, loss),
            )
        except Exception:
            # Behind them nobody would be told of them any more.
            state.position, state.pending = before
            self.cursor = state.position
            raise
        self._consumer.dropped(len(entries))

    async def _advance(
        self,
        batch: Batch,
        done: int,
        pending: Pending,
        also: Callable[[Transaction], None] | None = None,
    ) -> None:
        """Checkpoint after `done` records; the rest of the batch, if any, is tried next."""
        ended = done == len(batch.entries)
        last = batch.entries[done - 1].sequence if done else self._state.position
        self._state.position = pending.end or batch.end if ended else last
        others = self._state.pending[1:]
        rest = [] if ended else [Pending(pending.end, pending.failures, pending.tries)]
        self._state.pending = rest + others
        self._state.due = self._parts.clock.now()
        await self._save(also)

    async def _finish(self) -> None:
        if self._state.window is not None:
            await self._final(self._state.window, early=False)
            return
        self._state.finished = True
        await self._save()

    async def _save(self, also: Callable[[Transaction], None] | None = None) -> None:
        mapping, state = self._mapping, self._state

        def save(tx: Transaction) -> None:
            lanes.save(tx, mapping.uuid, self.shard, self._number, mapping.parallelization, state)
            if also is not None:
                also(tx)

        # Not to be cut off by a stop: the memory has moved on already.
        await asyncio.shield(self._parts.database.write(save))


def _start_of(mapping: EventSourceMapping) -> float:
    """When the first record arrived that is the mapping's, epoch seconds."""
    start = {"LATEST": mapping.created, "AT_TIMESTAMP": mapping.starting_timestamp or 0.0}
    return start.get(mapping.starting_position, 0.0)
