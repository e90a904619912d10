"""A pipe as the consumer of its source: filter, enrichment, target.

A batch that an enrichment or the target does not take is tried again as its source's own settings
say: by the visibility timeout of a queue, by the retries and the dead-letter queue of a stream.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import orjson

from eventmill.deliver import destinations, shapes
from eventmill.deliver.authorization import Reach
from eventmill.deliver.batch import Entry
from eventmill.deliver.consumer import Loss, Work
from eventmill.deliver.destinations import Parcel
from eventmill.deliver.parts import Parts
from eventmill.deliver.pipes import steps
from eventmill.deliver.pipes.events import event_of, shaped
from eventmill.deliver.pipes.steps import Item, StepFailed
from eventmill.deliver.retry_policy import Unreached
from eventmill.kernel.arns import service_of
from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import Outcome, RecursionDetected
from eventmill.kernel.http import HttpAnswer
from eventmill.patterns import PIPES, RecordFilter
from eventmill.patterns.templates import NotShapable
from eventmill.services.lambda_ import EventSourceMapping
from eventmill.services.pipes import BATCH_SIZES, Pipe, kind_of, set_reason
from eventmill.store.transaction import Transaction

_DONE = Outcome(b"", None, "")
_NOTHING: tuple[Any, ...] = (None, "", {}, [])


def reading_of(pipe: Pipe) -> EventSourceMapping:
    """The pipe's source parameters as the settings of a mapping, which the loops go by."""
    given = pipe.source_settings
    filters = pipe.parameters("Source").get("FilterCriteria") or {}
    return EventSourceMapping(
        uuid=pipe.id,
        source=pipe.source,
        function="",
        created=pipe.created,
        batch_size=given.get("BatchSize") or BATCH_SIZES[service_of(pipe.source)],
        window=given.get("MaximumBatchingWindowInSeconds") or 0,
        patterns=tuple(entry["Pattern"] for entry in filters.get("Filters") or ()),
        report_failures=True,
        maximum_concurrency=None,
        pollers=None,
        starting_position=given.get("StartingPosition") or "",
        starting_timestamp=given.get("StartingPositionTimestamp"),
        parallelization=given.get("ParallelizationFactor") or 1,
        maximum_age=given.get("MaximumRecordAgeInSeconds", -1),
        maximum_retries=given.get("MaximumRetryAttempts", -1),
        bisect=given.get("OnPartialBatchItemFailure") == "AUTOMATIC_BISECT",
        tumbling_window=0,
        on_failure=(given.get("DeadLetterConfig") or {}).get("Arn"),
    )


class PipeConsumer:
    """See the module."""

    def __init__(self, pipe: Pipe, reading: EventSourceMapping, parts: Parts, reach: Reach) -> None:
        self._pipe = pipe
        self._reading = reading
        self._parts = parts
        self._reach = reach
        service = service_of(pipe.source)
        key = {"sqs": "body", "kinesis": "data"}.get(service)
        self._filter = RecordFilter(
            reading.patterns, key, encoded=service == "kinesis", profile=PIPES
        )
        self._reason: str | None = ""
        """The latest that was noted; what an earlier start noted is not known."""

    @property
    def role(self) -> str:
        """The pipe's."""
        return self._pipe.role

    def runs(self, tx: Transaction) -> bool:
        """A pipe that is started takes batches, and fails with them if it must."""
        return True

    def keep(self, event: Mapping[str, Any]) -> bool:
        """Whether the record passes the pipe's filters."""
        return self._filter.passes(event_of(event))

    async def turn(self) -> PipeTurn:
        """At once: concurrency is bought by the functions that a pipe calls."""
        return PipeTurn(self)

    async def tell(self, result: str) -> None:
        """What fails is told where it fails, in the pipe's StateReason."""

    def lose(self, tx: Transaction, shard: str, entries: Sequence[Entry], loss: Loss) -> None:
        """Tell the pipe's dead-letter queue which records are given up."""
        queue = self._reading.on_failure
        if not queue or not entries:
            return
        info = shapes.batch_info(
            self._pipe.source,
            shard,
            [entry.sequence for entry in entries],
            entries[0].created,
            entries[-1].created,
        )
        context = {"partnerResourceArn": self._pipe.arn, "condition": loss.condition}
        record = {"context": context, "version": "1.0", "timestamp": iso_millis(tx.now), **info}
        body = orjson.dumps(record).decode()
        destinations.send(tx, queue, Parcel(body, self._pipe.arn))

    async def run(self, work: Work) -> Outcome:
        """One attempt on a batch. Raises ConcurrencyExceeded when there was none."""
        try:
            payload = await self._through(work)
        except (StepFailed, Fault, NotShapable, Unreached, RecursionDetected) as failed:
            await self._note(str(failed))
            error = {"errorType": type(failed).__name__, "errorMessage": str(failed)}
            return Outcome(orjson.dumps(error), "Unhandled", "")
        await self._note(None)
        return Outcome(payload, None, "") if payload else _DONE

    async def _note(self, reason: str | None) -> None:
        if reason != self._reason:
            self._reason = reason
            await self._parts.database.write(lambda tx: set_reason(tx, self._pipe.id, reason))

    async def _through(self, work: Work) -> bytes:
        """What the last step answered, where it may tell of failures among the records."""
        events: list[Any] = [event_of(orjson.loads(record)) for record in work.records]
        if self._pipe.enrichment:
            answer = await self._enriched(events, work.trace)
            if failures(answer):
                return orjson.dumps(answer)
            if answer in _NOTHING:
                # Nothing is left for the target, which is a success.
                return b""
            events = answer if isinstance(answer, list) else [answer]
        template = self._pipe.parameters("Target").get("InputTemplate") or ""
        items = [Item(event, self._shaped(template, event)) for event in events]
        return await self._deliver(items, work.trace)

    def _shaped(self, template: str, event: Any) -> Any:
        return shaped(self._pipe, template, event, iso_millis(self._parts.clock.now()))

    async def _enriched(self, events: list[Any], trace: str | None) -> Any:
        """What the enrichment makes of the events: of all at once, or of each."""
        pipe = self._pipe
        template = pipe.parameters("Enrichment").get("InputTemplate") or ""
        inputs = [self._shaped(template, event) for event in events]
        if kind_of(pipe.enrichment) == "lambda":
            payload = orjson.dumps(inputs)
            outcome = await steps.invoke(self._parts, pipe, pipe.enrichment, payload, trace)
            return _parsed(outcome.payload)
        answers = []
        for event, given in zip(events, inputs, strict=True):
            answer = await self._call(pipe.enrichment, "Enrichment", Item(event, given))
            answers.append(_parsed(answer.body))
        return [answer for answer in answers if answer not in _NOTHING]

    async def _call(self, arn: str, part: str, item: Item) -> HttpAnswer:
        wanted = self._pipe.parameters(part).get("HttpParameters") or {}
        return await steps.call(self._parts, self._reach, arn, wanted, item)

    async def _deliver(self, items: list[Item], trace: str | None) -> bytes:
        pipe, kind = self._pipe, kind_of(self._pipe.target)
        waits = pipe.target_settings.get("InvocationType", "REQUEST_RESPONSE") == "REQUEST_RESPONSE"
        if kind == "lambda" and waits:
            payload = orjson.dumps([item.shaped for item in items])
            outcome = await steps.invoke(self._parts, pipe, pipe.target, payload, trace)
            answer = _parsed(outcome.payload)
            return outcome.payload if failures(answer) else b""
        if kind in ("api-destination", "execute-api"):
            for item in items:
                await self._call(pipe.target, "Target", item)
            return b""
        put = steps.PUTS[kind]
        await self._parts.database.write(lambda tx: put(tx, self._parts, pipe, items, trace))
        return b""


class PipeTurn:
    """One batch's way through a pipe."""

    def __init__(self, consumer: PipeConsumer) -> None:
        self._consumer = consumer

    async def run(self, work: Work) -> Outcome:
        """One attempt. Raises ConcurrencyExceeded when there was none."""
        return await self._consumer.run(work)

    def loops(self, trace: str | None) -> bool:
        """AWS finds no loops through pipes."""
        return False

    def release(self) -> None:
        """There is nothing to give back."""

    def __enter__(self) -> PipeTurn:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def failures(answer: Any) -> bool:
    """Whether an answer reports records that failed."""
    return isinstance(answer, dict) and bool(answer.get("batchItemFailures"))


def _parsed(payload: bytes) -> Any:
    try:
        return orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return payload.decode(errors="replace")
