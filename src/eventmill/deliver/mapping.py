"""The pollers: one for each enabled event source mapping and each running pipe of the database.

They are started, stopped and replaced when a mapping or a pipe is announced as changed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from eventmill.deliver import lanes
from eventmill.deliver.authorization import Reach
from eventmill.deliver.consumer import Consumer, FunctionConsumer
from eventmill.deliver.inflight import Motion
from eventmill.deliver.kafka import KafkaPoller
from eventmill.deliver.parts import Parts
from eventmill.deliver.pipes import PipeConsumer, reading_of
from eventmill.deliver.sqs import QueuePoller
from eventmill.deliver.streams import StreamPoller, StreamSource
from eventmill.deliver.tasks import Tasks
from eventmill.kernel.arns import service_of
from eventmill.kernel.errors import NotFound
from eventmill.kernel.functions import FunctionSpec
from eventmill.services import lambda_, pipes, sqs
from eventmill.services.lambda_ import EventSourceMapping
from eventmill.services.pipes import Pipe
from eventmill.store.transaction import Transaction

_GRACE = 900.0
"""Real seconds that a changed mapping's running batches may take: the longest of timeouts."""

_log = logging.getLogger(__name__)


class Poller(Protocol):
    """The loop of one mapping."""

    def start(self) -> None:
        """Begin."""

    async def stop(self, grace: float) -> None:
        """Take no more, and let what runs end within `grace` real seconds."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be polled; `mapping` holds the settings of the pipe where it is one."""

    mapping: EventSourceMapping
    pipe: Pipe | None = None


class Pollers:
    """See the module."""

    def __init__(
        self, parts: Parts, streams: Mapping[str, StreamSource], reach: Reach | None
    ) -> None:
        """`streams` by the service in a stream's ARN; without `reach` there are no pipes."""
        self._parts = parts
        self._streams = streams
        self._reach = reach
        self._pollers: dict[str, tuple[Wanted, Poller]] = {}
        self._retiring: set[str] = set()
        self._tasks = Tasks()
        parts.flights.add(self._probe)

    async def start(self) -> None:
        """Give back what earlier starts held, then poll."""
        holder = self._parts.holder
        await self._parts.database.write(lambda tx: sqs.release_holder_except(tx, holder))
        self._tasks.keep(self._run, "pollers")
        self._tasks.keep(self._watch_functions, "concurrency")

    async def stop(self, grace: float) -> None:
        """Stop all pollers; running batches may end within `grace` real seconds."""
        pollers = [poller for _, poller in self._pollers.values()]
        await self._tasks.stop(0, "pollers", "concurrency")
        await asyncio.gather(*(poller.stop(grace) for poller in pollers))
        self._pollers.clear()

    async def _run(self) -> None:
        database = self._parts.database
        with database.signals.listen(lambda_.MAPPINGS_KEY, pipes.KEY) as signal:
            while True:
                wanted = database.read(self._wanted)
                for uuid, (entry, poller) in tuple(self._pollers.items()):
                    if wanted.get(uuid) != entry and uuid not in self._retiring:
                        self._retiring.add(uuid)
                        self._tasks.start(self._retire(uuid, poller, signal.fire), uuid)
                await database.write(self._forget)
                for uuid, entry in wanted.items():
                    if uuid not in self._pollers:
                        self._start(entry)
                await signal.wait()

    def _wanted(self, tx: Transaction) -> dict[str, Wanted]:
        wanted = {mapping.uuid: Wanted(mapping) for mapping in lambda_.mappings(tx)}
        if self._reach is not None:
            wanted |= {pipe.id: Wanted(reading_of(pipe), pipe) for pipe in pipes.running(tx)}
        return wanted

    async def _retire(self, uuid: str, poller: Poller, wake: Callable[[], None]) -> None:
        """The new poller of a changed mapping starts when the old one has settled: two at once
        would break the order of records."""
        try:
            await poller.stop(_GRACE)
        finally:
            del self._pollers[uuid]
            self._retiring.discard(uuid)
            wake()

    def _forget(self, tx: Transaction) -> None:
        known = lambda_.mapping_uuids(tx)
        lanes.forget_mappings(tx, known if self._reach is None else known | pipes.ids(tx))

    def _consumer(self, wanted: Wanted) -> Consumer:
        if wanted.pipe is None or self._reach is None:
            return FunctionConsumer(wanted.mapping, self._parts)
        return PipeConsumer(wanted.pipe, wanted.mapping, self._parts, self._reach)

    def _start(self, wanted: Wanted) -> None:
        mapping = wanted.mapping
        service = service_of(mapping.source)
        poller: Poller
        consumer = self._consumer(wanted)
        if service == "sqs":
            poller = QueuePoller(mapping, self._parts, consumer)
        elif mapping.topic:
            poller = KafkaPoller(mapping, self._parts, consumer)
        elif service in self._streams:
            poller = StreamPoller(mapping, self._parts, consumer, self._streams[service])
        else:
            _log.error("no source for %s: mapping %s does nothing", mapping.source, mapping.uuid)
            return
        self._pollers[mapping.uuid] = (wanted, poller)
        poller.start()

    async def _watch_functions(self) -> None:
        """Reserved concurrency may have changed for those who wait for it."""
        with self._parts.database.signals.listen(lambda_.FUNCTIONS_KEY) as signal:
            while True:
                await signal.wait()
                self._parts.gate.refresh(self._function)

    def _function(self, arn: str) -> FunctionSpec | None:
        try:
            return self._parts.database.read(lambda tx: lambda_.resolve(tx, arn))
        except NotFound:
            return None

    def _probe(self, tx: Transaction) -> Iterator[Motion]:
        wanted = self._wanted(tx)
        running = {uuid: entry for uuid, (entry, _) in self._pollers.items()}
        for uuid in wanted.keys() | running.keys():
            mapping = (wanted.get(uuid) or running[uuid]).mapping
            service = service_of(mapping.source)
            known = mapping.topic or service == "sqs" or service in self._streams
            # One that was changed back and forth is replaced although it is as wanted again.
            changing = uuid in self._retiring or wanted.get(uuid) != running.get(uuid)
            if known and changing:
                yield Motion(f"event source mapping {uuid} changing")
