"""Streams: the shards of a mapping, parents before children, each read by its lanes.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from eventmill.deliver import lanes
from eventmill.deliver.consumer import Consumer
from eventmill.deliver.inflight import Motion
from eventmill.deliver.lane import Lane
from eventmill.deliver.parts import Parts
from eventmill.deliver.tasks import Tasks, lasting
from eventmill.services.lambda_ import EventSourceMapping
from eventmill.store.transaction import Transaction


class Shard(Protocol):
    """A shard of a stream."""

    @property
    def shard_id(self) -> str:
        """Its name."""

    @property
    def parents(self) -> Sequence[str]:
        """The shards that it continues: one after a split, two after a merge."""

    @property
    def closed(self) -> bool:
        """Whether no record will follow."""


class StreamRecord(Protocol):
    """A record of a shard."""

    @property
    def sequence(self) -> str:
        """Its place in the shard."""

    @property
    def event(self) -> Mapping[str, Any]:
        """The record as functions get it."""

    @property
    def created(self) -> float:
        """When it arrived, epoch seconds on the moved clock."""

    @property
    def partition_key(self) -> str:
        """Records of the same key stay in order."""


class StreamSource(Protocol):
    """A service with streams."""

    @property
    def identity(self) -> str | None:
        """The member of an event that names its reader's role, where the source has one."""

    def shards(self, tx: Transaction, stream: str) -> Sequence[Shard]:
        """All shards that still hold records or may get some; none for a stream that is gone."""

    def read(
        self, tx: Transaction, stream: str, shard: str, after: str | None, limit: int
    ) -> Sequence[StreamRecord]:
        """Up to `limit` records after a sequence number, or from the shard's beginning."""

    def closed(self, tx: Transaction, stream: str, shard: str) -> bool:
        """Whether no record will follow; also when the shard is gone."""

    def before(self, tx: Transaction, stream: str, shard: str, moment: float) -> str | None:
        """The sequence number behind which lie all records that arrived at `moment` or later.

        Earlier ones may lie there too; None is the shard's beginning.
        """

    def key(self, stream: str) -> str:
        """Announced when the stream has other shards."""

    def shard_key(self, stream: str, shard: str) -> str:
        """Announced when the shard has new records."""


class StreamPoller:
    """The loop of one consumer, with the settings of its mapping."""

    def __init__(
        self, mapping: EventSourceMapping, parts: Parts, consumer: Consumer, source: StreamSource
    ) -> None:
        self._mapping = mapping
        self._parts = parts
        self._consumer = consumer
        self._source = source
        self._tasks = Tasks()
        self._lanes: dict[str, list[Lane]] = {}
        self._finished: set[str] = set()
        self._forget = parts.flights.add(self._probe)

    def start(self) -> None:
        """Begin to read."""
        self._tasks.keep(self._run, self._mapping.uuid)

    async def stop(self, grace: float) -> None:
        """Stop reading, let running batches end and settle within `grace` real seconds."""
        for lane in self._all():
            lane.pace.stop()
        await self._tasks.stop(grace, self._mapping.uuid)
        self._forget()

    def _all(self) -> Iterator[Lane]:
        for group in self._lanes.values():
            yield from group

    async def _run(self) -> None:
        database, mapping = self._parts.database, self._mapping
        with database.signals.listen(self._source.key(mapping.source)) as signal:
            self._finished = database.read(lambda tx: lanes.finished_shards(tx, mapping.uuid))
            while True:
                shards = database.read(lambda tx: self._source.shards(tx, mapping.source))
                known = {shard.shard_id for shard in shards}
                if not known:
                    await self._consumer.tell(f"PROBLEM: Stream not found: {mapping.source}")
                # A closed shard never opens again: this is one of a new stream of the same name.
                opened = {shard.shard_id for shard in shards if not shard.closed}
                if self._finished - known or self._finished & opened:
                    kept = known - (self._finished & opened)
                    await database.write(partial(self._drop, known=kept))
                    self._finished &= kept
                for shard in shards:
                    name = shard.shard_id
                    waits = not known.intersection(shard.parents) <= self._finished
                    if name not in self._lanes and name not in self._finished and not waits:
                        await self._open(name, signal.fire)
                await signal.wait()

    def _drop(self, tx: Transaction, known: set[str]) -> None:
        lanes.forget_shards(tx, self._mapping.uuid, known)

    async def _open(self, shard: str, wake: Callable[[], None]) -> None:
        mapping = self._mapping
        states = await self._parts.database.write(
            lambda tx: lanes.adopt(tx, mapping.uuid, shard, mapping.parallelization)
        )
        self._lanes[shard] = [
            Lane(
                mapping,
                self._parts,
                self._source,
                self._consumer,
                shard,
                number,
                state,
            )
            for number, state in enumerate(states)
        ]
        self._tasks.start(self._read(shard, wake), f"shard {shard} of {mapping.uuid}")

    async def _read(self, shard: str, wake: Callable[[], None]) -> None:
        """Run the lanes of a shard to its end, then let its children begin."""
        results = await asyncio.gather(
            *(lasting(lane.run, f"lane of shard {shard}") for lane in self._lanes[shard])
        )
        if all(results):
            self._finished.add(shard)
            del self._lanes[shard]
            wake()

    def _probe(self, tx: Transaction) -> Iterator[Motion]:
        name = f"records of {self._mapping.source}"
        waiting = False
        runs = self._consumer.runs(tx)
        for lane in self._all():
            due = lane.pace.waits_until
            if due is not None:
                waiting = True
                yield Motion(f"batch of {self._mapping.source}", 1, None if due <= tx.now else due)
            if runs and not lane.pace.blocked and self._unread(tx, lane.shard, lane.cursor):
                yield Motion(name)
        if waiting or not runs:
            # Shards that are not open yet wait for one of these lanes.
            return
        for shard in self._source.shards(tx, self._mapping.source):
            name_of = shard.shard_id
            # An open one of a finished one's name is of a new stream, which `_run` will see.
            begun = name_of in self._lanes or (name_of in self._finished and shard.closed)
            if not begun and self._unread(tx, name_of, None):
                yield Motion(name)

    def _unread(self, tx: Transaction, shard: str, after: str | None) -> bool:
        return bool(self._source.read(tx, self._mapping.source, shard, after, 1))
