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
from eventmill.deliver.batch import Entry, Loss
from eventmill.deliver.consumer import CALL_FAILED, Work
from eventmill.deliver.destinations import Parcel
from eventmill.deliver.parts import Parts
from eventmill.deliver.pipes.events import event_of
from eventmill.deliver.pipes.execution import Execution
from eventmill.deliver.pipes.journal import Journal
from eventmill.kernel.clock import iso_millis
from eventmill.kernel.functions import Outcome
from eventmill.patterns import PIPES, RecordFilter
from eventmill.services import lambda_
from eventmill.services.lambda_ import EventSourceMapping
from eventmill.services.pipes import BATCH_SIZES, SELF_MANAGED, Pipe, kind_of, set_reason
from eventmill.store.transaction import Transaction

_ACCESS = {
    "BasicAuth": "BASIC_AUTH",
    "SaslScram512Auth": "SASL_SCRAM_512_AUTH",
    "SaslScram256Auth": "SASL_SCRAM_256_AUTH",
    "ClientCertificateTlsAuth": "CLIENT_CERTIFICATE_TLS_AUTH",
    "ServerRootCaCertificate": "SERVER_ROOT_CA_CERTIFICATE",
}
"""How a pipe and how a mapping name a secret of Kafka's."""


def reading_of(pipe: Pipe) -> EventSourceMapping:
    """The pipe's source parameters as the settings of a mapping, which the loops go by."""
    given = pipe.source_settings
    filters = pipe.parameters("Source").get("FilterCriteria") or {}
    return EventSourceMapping(
        uuid=pipe.id,
        source=pipe.source,
        function="",
        created=pipe.created,
        batch_size=given.get("BatchSize") or BATCH_SIZES[kind_of(pipe.source)],
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
        **(_kafka(pipe, given) if given.get("TopicName") else {}),
    )


def _kafka(pipe: Pipe, given: Mapping[str, Any]) -> dict[str, Any]:
    managed = kind_of(pipe.source) == "kafka"
    servers = [pipe.source.removeprefix(SELF_MANAGED), *given.get("AdditionalBootstrapServers", ())]
    access = dict(given.get("Credentials") or {})
    if given.get("ServerRootCaCertificate"):
        access["ServerRootCaCertificate"] = given["ServerRootCaCertificate"]
    return {
        "topic": given["TopicName"],
        "servers": tuple(lambda_.cluster_servers() if managed else servers),
        "cluster": pipe.source if managed else "",
        "group": given.get("ConsumerGroupID") or pipe.id,
        "access": tuple((_ACCESS[name], uri) for name, uri in access.items()),
    }


class PipeConsumer:
    """See the module."""

    def __init__(self, pipe: Pipe, reading: EventSourceMapping, parts: Parts, reach: Reach) -> None:
        self._pipe = pipe
        self._reading = reading
        self._parts = parts
        self._reach = reach
        kind = kind_of(pipe.source)
        key = {"sqs": "body", "kinesis": "data", "kafka": "value", "smk": "value"}.get(kind)
        self._filter = RecordFilter(reading.patterns, key, encoded=kind != "sqs", profile=PIPES)
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

    def polled(self, number: int, filtered: int) -> None:
        """Pipes count nothing."""

    async def turn(self) -> PipeTurn:
        """At once: concurrency is bought by the functions that a pipe calls."""
        return PipeTurn(self)

    async def tell(self, result: str) -> None:
        """A problem of the source's is the pipe's StateReason, as are those of a batch."""
        # Why a batch was not taken is known where it was run.
        if result not in ("OK", CALL_FAILED):
            await self._note(result.removeprefix("PROBLEM: "), None)

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

    def dropped(self, number: int) -> None:
        """Pipes count nothing."""

    def count(self, what: str, number: int) -> None:
        """Pipes count nothing."""

    async def run(self, work: Work) -> Outcome:
        """One attempt on a batch. Raises ConcurrencyExceeded when there was none."""
        execution = Execution(self._pipe, self._parts, self._reach, work)
        outcome = await execution.run()
        reason = orjson.loads(outcome.payload)["errorMessage"] if outcome.failed else None
        await self._note(reason, execution.journal)
        return outcome

    async def _note(self, reason: str | None, journal: Journal | None) -> None:
        news = reason != self._reason
        if not (news or journal):
            return

        def write(tx: Transaction) -> None:
            if journal is not None:
                journal.write(tx)
            if news:
                set_reason(tx, self._pipe.id, reason)

        await self._parts.database.write(write)
        self._reason = reason


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
