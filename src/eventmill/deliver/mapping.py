"""The pollers: one for each enabled event source mapping, as the database has them.

They are started, stopped and replaced when a mapping is announced as changed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from eventmill.deliver import lanes
from eventmill.deliver.consumer import FunctionConsumer
from eventmill.deliver.inflight import Motion
from eventmill.deliver.parts import Parts
from eventmill.deliver.sqs import QueuePoller
from eventmill.deliver.streams import StreamPoller, StreamSource
from eventmill.deliver.tasks import Tasks
from eventmill.kernel.arns import service_of
from eventmill.kernel.errors import NotFound
from eventmill.kernel.functions import FunctionSpec
from eventmill.services import lambda_, sqs
from eventmill.services.lambda_ import EventSourceMapping
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


class Pollers:
    """See the module."""

    def __init__(self, parts: Parts, streams: Mapping[str, StreamSource]) -> None:
        """`streams` by the service in a stream's ARN."""
        self._parts = parts
        self._streams = streams
        self._pollers: dict[str, tuple[EventSourceMapping, Poller]] = {}
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
        with database.signals.listen(lambda_.MAPPINGS_KEY) as signal:
            while True:
                wanted = {entry.uuid: entry for entry in database.read(lambda_.mappings)}
                for uuid, (mapping, poller) in tuple(self._pollers.items()):
                    if wanted.get(uuid) != mapping and uuid not in self._retiring:
                        self._retiring.add(uuid)
                        self._tasks.start(self._retire(uuid, poller, signal.fire), uuid)
                await database.write(self._forget)
                for uuid, mapping in wanted.items():
                    if uuid not in self._pollers:
                        self._start(mapping)
                await signal.wait()

    async def _retire(self, uuid: str, poller: Poller, wake: Callable[[], None]) -> None:
        """The new poller of a changed mapping starts when the old one has settled: two at once
        would break the order of records."""
        try:
            await poller.stop(_GRACE)
        finally:
            del self._pollers[uuid]
            self._retiring.discard(uuid)
            wake()

    @staticmethod
    def _forget(tx: Transaction) -> None:
        lanes.forget_mappings(tx, lambda_.mapping_uuids(tx))

    def _start(self, mapping: EventSourceMapping) -> None:
        service = service_of(mapping.source)
        poller: Poller
        consumer = FunctionConsumer(mapping, self._parts)
        if service == "sqs":
            poller = QueuePoller(mapping, self._parts, consumer)
        elif service in self._streams:
            poller = StreamPoller(mapping, self._parts, consumer, self._streams[service])
        else:
            _log.error("no source for %s: mapping %s does nothing", mapping.source, mapping.uuid)
            return
        self._pollers[mapping.uuid] = (mapping, poller)
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
        wanted = {entry.uuid: entry for entry in lambda_.mappings(tx)}
        running = {uuid: mapping for uuid, (mapping, _) in self._pollers.items()}
        for uuid in wanted.keys() | running.keys():
            entry = wanted.get(uuid) or running[uuid]
            known = service_of(entry.source) == "sqs" or service_of(entry.source) in self._streams
            if known and wanted.get(uuid) != running.get(uuid):
                yield Motion(f"event source mapping {uuid} changing")
