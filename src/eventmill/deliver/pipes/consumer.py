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
from eventmill.deliver.pipes.events import event_of
from eventmill.deliver.pipes.execution import Execution
from eventmill.kernel.arns import service_of
from eventmill.kernel.clock import iso_millis
from eventmill.kernel.functions import Outcome
from eventmill.patterns import PIPES, RecordFilter
from eventmill.services.lambda_ import EventSourceMapping
from eventmill.services.pipes import BATCH_SIZES, Pipe, set_reason
from eventmill.store.transaction import Transaction


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
        execution = Execution(self._pipe, self._parts, self._reach, work)
        outcome = await execution.run()
        reason = orjson.loads(outcome.payload)["errorMessage"] if outcome.failed else None
        journal, news = execution.journal, reason != self._reason
        if journal or news:

            def write(tx: Transaction) -> None:
                journal.write(tx)
                if news:
                    set_reason(tx, self._pipe.id, reason)

            await self._parts.database.write(write)
            self._reason = reason
        return outcome


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
