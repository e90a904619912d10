"""Who gets the batches that a poller takes: a mapping's function here, a pipe in `pipes/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol

from eventmill.deliver import measured, shapes
from eventmill.deliver.batch import Entry, Loss, discard
from eventmill.deliver.concurrency import Slot
from eventmill.deliver.parts import Parts
from eventmill.kernel import lineage
from eventmill.kernel.errors import NotFound
from eventmill.kernel.functions import FunctionSpec, Invocation, Outcome
from eventmill.services import lambda_
from eventmill.services.lambda_ import EventSourceMapping, Filters
from eventmill.store.transaction import Transaction

CALL_FAILED = "PROBLEM: Function call failed"
"""The result of a batch that was run and not taken."""


@dataclass(frozen=True, slots=True)
class Work:
    """Records as JSON, and what else an event says of them (a tumbling window)."""

    records: Sequence[bytes]
    request_id: str
    more: Mapping[str, Any] = field(default_factory=dict)
    trace: str | None = None
    payload: bytes = b""
    """The whole event, where it is not `{"Records": …}`."""
    newest: float | None = None
    """When the last record of a stream's batch came, moved time."""


class Turn(Protocol):
    """Leave to run one batch; a context manager that gives it back."""

    async def run(self, work: Work) -> Outcome:
        """One attempt. Raises ConcurrencyExceeded, RecursionDetected when there was none."""

    def loops(self, trace: str | None) -> bool:
        """Whether a record with this trace would go round in a loop."""

    def release(self) -> None:
        """Give the leave back. Once; then nothing."""

    def __enter__(self) -> Turn: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Consumer(Protocol):
    """The consumer of one source."""

    @property
    def role(self) -> str:
        """ARN of the role that reads; empty while that is unknown."""

    def runs(self, tx: Transaction) -> bool:
        """Whether it takes batches at present."""

    def keep(self, event: Mapping[str, Any]) -> bool:
        """Whether the record, in the shape in which functions get it, passes the filters."""

    def polled(self, number: int, filtered: int) -> None:
        """Measure so many records as read, `filtered` of which did not pass the filters. Each
        record once, however often it is looked at."""

    async def turn(self) -> Turn:
        """Wait for concurrency. Raises NotFound, FunctionStopped."""

    async def tell(self, result: str) -> None:
        """Note the result of the latest attempt: `OK` or `PROBLEM: …`."""

    def lose(self, tx: Transaction, shard: str, entries: Sequence[Entry], loss: Loss) -> None:
        """Have records of a stream that are given up kept where the user wants them."""

    def dropped(self, number: int) -> None:
        """Measure so many records as given up, once that is written."""

    def count(self, what: str, number: int) -> None:
        """Measure so many events, where that is asked for: `Dropped`, `Deleted` …"""


class FunctionTurn:
    """A slot of the gate, for a mapping's function."""

    def __init__(
        self,
        slot: Slot,
        mapping: EventSourceMapping,
        parts: Parts,
        count: Callable[[str, int], None],
    ) -> None:
        self._slot = slot
        self._mapping = mapping
        self._parts = parts
        self._count = count

    async def run(self, work: Work) -> Outcome:
        """Invoke the function. Raises ConcurrencyExceeded, RecursionDetected."""
        if work.newest is not None:
            age = max(0.0, self._parts.clock.now() - work.newest)
            measured.iterator_age(self._parts.metrics, self._slot.spec, age)
        outcome = await self._slot.invoke(
            Invocation(
                self._slot.spec,
                work.payload or shapes.records(work.records, work.more),
                work.request_id,
                self._mapping.function,
                trace=work.trace,
                source=self._mapping.source,
            )
        )
        self._count("FailedInvoke" if outcome.failed else "Invoked", len(work.records))
        return outcome

    def loops(self, trace: str | None) -> bool:
        """Whether the function ran too often already in the trace's lineage."""
        spec = self._slot.spec
        return not spec.may_recurse and lineage.runs_of(trace, spec.arn) >= lineage.LIMIT

    def release(self) -> None:
        """Give the slot back."""
        self._slot.release()

    def __enter__(self) -> FunctionTurn:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


class FunctionConsumer:
    """The function of an event source mapping."""

    def __init__(self, mapping: EventSourceMapping, parts: Parts) -> None:
        self._mapping = mapping
        self._parts = parts
        self._filters = Filters(mapping.source, mapping.patterns)
        self._result = ""

    @property
    def role(self) -> str:
        """The function's; empty while it is missing."""
        try:
            return self._resolve().role
        except NotFound:
            return ""

    def runs(self, tx: Transaction) -> bool:
        """Whether the function exists and is not stopped."""
        return lambda_.runs(tx, self._mapping.function)

    def keep(self, event: Mapping[str, Any]) -> bool:
        """Whether the record passes the mapping's filters."""
        return self._filters.keep(event)

    def polled(self, number: int, filtered: int) -> None:
        """Measure both."""
        self.count("Polled", number)
        self.count("FilteredOut", filtered)

    def dropped(self, number: int) -> None:
        """Measure what became of them."""
        self.count("Dropped", number)
        if self._mapping.on_failure:
            self.count("OnFailureDestinationDelivered", number)

    def count(self, what: str, number: int) -> None:
        """Measure, when the mapping's MetricsConfig names EventCount."""
        if self._mapping.counted and number:
            measured.events_of(self._parts.metrics, self._mapping.uuid, what, number)

    async def turn(self) -> FunctionTurn:
        """Wait for concurrency. Raises NotFound, FunctionStopped."""
        slot = await self._parts.gate.acquire(self._resolve)
        return FunctionTurn(slot, self._mapping, self._parts, self.count)

    def _resolve(self) -> FunctionSpec:
        return self._parts.database.read(lambda tx: lambda_.resolve(tx, self._mapping.function))

    async def tell(self, result: str) -> None:
        """Set LastProcessingResult."""
        if result != self._result:
            await self._parts.database.write(
                lambda tx: lambda_.set_result(tx, self._mapping.uuid, result)
            )
            self._result = result

    def lose(self, tx: Transaction, shard: str, entries: Sequence[Entry], loss: Loss) -> None:
        """Tell the mapping's OnFailure destination, where it has one."""
        if self._mapping.on_failure and entries:
            discard(tx, self._parts.ids, self._mapping, shard, entries, loss)
