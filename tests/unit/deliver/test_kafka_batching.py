"""Batches of a topic's partitions under chance, with a broker in memory."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventmill.deliver import destinations, kafka_client
from eventmill.kernel.clock import Clock
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

from .bench import LOST, Bench, Fails, bench


class Partition(NamedTuple):
    topic: str
    partition: int


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    timestamp_type: int = 0
    headers: tuple[()] = ()


@dataclass
class Broker:
    """The records of each partition, and how far the group has come."""

    logs: dict[Partition, list[Record]]
    committed: dict[Partition, int] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        return all(self.committed.get(one, 0) == len(log) for one, log in self.logs.items())


class Client:
    """What KafkaPoller asks of aiokafka's consumer."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._next = {one: broker.committed.get(one, 0) for one in broker.logs}

    def assignment(self) -> frozenset[Partition]:
        return frozenset(self._broker.logs)

    async def committed(self, partition: Partition) -> int | None:
        return self._broker.committed.get(partition)

    async def position(self, partition: Partition) -> int:
        return self._next[partition]

    def seek(self, partition: Partition, offset: int) -> None:
        self._next[partition] = offset

    async def commit(self, offsets: dict[Partition, int]) -> None:
        for partition, offset in offsets.items():
            assert offset >= self._broker.committed.get(partition, 0), "never back"
            self._broker.committed[partition] = offset

    async def end_offsets(self, partitions: list[Partition]) -> dict[Partition, int]:
        return {one: len(self._broker.logs[one]) for one in partitions}

    async def getmany(
        self, partition: Partition, timeout_ms: int, max_records: int
    ) -> dict[Partition, list[Record]]:
        at = self._next[partition]
        found = self._broker.logs[partition][at : at + max_records]
        if not found:
            await asyncio.sleep(min(timeout_ms, 5) / 1000)
        self._next[partition] += len(found)
        return {partition: found}


class Chance:
    """Takes, refuses or reports a part of each batch, as its outcomes say."""

    def __init__(self, outcomes: list[str]) -> None:
        self.done: list[tuple[str, int]] = []
        self.most = 0
        self._outcomes = outcomes

    def __call__(self, event: dict[str, Any]) -> Any:
        ((name, records),) = event["records"].items()
        self.most = max(self.most, len(records))
        outcome = self._outcomes.pop() if self._outcomes else "ok"
        if outcome == "raise":
            raise Fails("chance")
        taken = len(records) // 2 if outcome == "part" else len(records)
        self.done += [(name, record["offset"]) for record in records[:taken]]
        failed = [
            {"itemIdentifier": {"partition": name, "offset": record["offset"]}}
            for record in records[taken:]
        ]
        return {"batchItemFailures": failed}


async def finish(b: Bench, broker: Broker) -> None:
    for _ in range(500):
        report = await b.flights.settled(5)
        if broker.finished and not report.later:
            return
        b.clock.advance(61)
        await asyncio.sleep(0.001)
    raise AssertionError(broker.committed)


def served(monkeypatch: pytest.MonkeyPatch, broker: Broker) -> None:
    @asynccontextmanager
    async def consuming(mapping: Any, database: Any) -> AsyncIterator[Client]:
        yield Client(broker)

    monkeypatch.setattr(kafka_client, "consuming", consuming)


def log_of(b: Bench, partition: Partition, ages: list[int]) -> list[Record]:
    """Records of these ages in seconds."""
    now = int(b.clock.now() * 1000)
    return [
        Record(*partition, offset, now - age * 1000, b"k", b"{}") for offset, age in enumerate(ages)
    ]


async def mapped(b: Bench, handler: Any, **more: Any) -> None:
    await b.queue("lost")
    await b.function(handler)
    given = {
        "FunctionName": "f",
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["127.0.0.1:1"]}},
        "Topics": ["t"],
        "StartingPosition": "TRIM_HORIZON",
        "MaximumBatchingWindowInSeconds": 0,
        "DestinationConfig": {"OnFailure": {"Destination": LOST}},
    }
    await b.call("lambda", "CreateEventSourceMapping", **given | more)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    partitions=st.lists(
        st.lists(st.sampled_from((0, 0, 50, 90)), max_size=15), min_size=1, max_size=3
    ),
    size=st.integers(1, 6),
    bisect=st.booleans(),
    report=st.booleans(),
    retries=st.sampled_from((-1, 0, 2)),
    age=st.sampled_from((-1, 60)),
    outcomes=st.lists(st.sampled_from(["ok", "raise", "part"]), max_size=15),
    kill=st.integers(0, 6),
)
def test_every_record_is_taken_in_order_or_given_up_by_the_settings(
    monkeypatch: pytest.MonkeyPatch,
    partitions: list[list[int]],
    size: int,
    bisect: bool,
    report: bool,
    retries: int,
    age: int,
    outcomes: list[str],
    kill: int,
) -> None:
    handler = Chance(outcomes if report else [one for one in outcomes if one != "part"])
    broker = Broker({})
    served(monkeypatch, broker)

    async def scenario(folder: Path) -> list[dict[str, Any]]:
        async with bench(folder) as b:
            for number, ages in enumerate(partitions):
                partition = Partition("t", number)
                broker.logs[partition] = log_of(b, partition, ages)
            await mapped(
                b,
                handler,
                BatchSize=size,
                BisectBatchOnFunctionError=bisect,
                MaximumRetryAttempts=retries,
                MaximumRecordAgeInSeconds=age,
                FunctionResponseTypes=["ReportBatchItemFailures"] if report else [],
            )
            for _ in range(kill):
                await asyncio.sleep(0)
            clock = b.clock
        async with bench(folder, clock, seed=2) as b:
            b.invoker.handler = handler
            await finish(b, broker)
            return [json.loads(body) for body in await b.bodies(LOST)]

    with tempfile.TemporaryDirectory() as folder:
        lost = asyncio.run(scenario(Path(folder)))
    given_up: list[tuple[str, int]] = []
    for record in lost:
        ((name, info),) = record["KafkaBatchInfo"]["recordInfo"].items()
        first, last = int(info["firstRecordOffset"]), int(info["lastRecordOffset"])
        # Ages are the producer's, so what is too old may lie between what is not.
        if age < 0:
            assert last - first + 1 == record["KafkaBatchInfo"]["batchSize"]
            given_up += [(name, offset) for offset in range(first, last + 1)]
        context = record["requestContext"]
        if context["condition"] == "RetryAttemptsExhausted":
            tries = context["approximateInvokeCount"]
            assert retries < tries if retries >= 0 else tries == 11
        else:
            assert age > 0
    expected = {(f"t-{p}", o) for p, log in enumerate(partitions) for o in range(len(log))}
    if age < 0:
        assert set(handler.done) | set(given_up) == expected
        assert set(handler.done).isdisjoint(given_up)
    sizes = sum(record["KafkaBatchInfo"]["batchSize"] for record in lost)
    assert len(set(handler.done)) + sizes >= len(expected)
    assert handler.most <= size
    for name in {name for name, _ in expected}:
        order = [offset for which, offset in handler.done if which == name]
        assert order == sorted(order)
    assert max(Counter(handler.done).values(), default=1) <= 2, "twice only by the restart"


def test_a_record_that_grows_too_old_while_others_are_given_up_is_given_up_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broker = Broker({})
    served(monkeypatch, broker)
    clock, emit = Clock(), outbox.emit

    def slow(tx: Transaction, kind: str, *given: Any, **more: Any) -> int:
        if kind == destinations.KIND:
            clock.advance(10)
        return emit(tx, kind, *given, **more)

    monkeypatch.setattr(outbox, "emit", slow)

    async def scenario() -> list[dict[str, Any]]:
        async with bench(tmp_path, clock) as b:
            partition = Partition("t", 0)
            broker.logs[partition] = log_of(b, partition, [90, 62, 55])
            counted = {"Metrics": ["EventCount"]}
            given = {"MaximumRecordAgeInSeconds": 60, "MetricsConfig": counted}
            await mapped(b, lambda event: None, **given)
            async with asyncio.timeout(10):
                while not broker.finished:
                    await asyncio.sleep(0)
            await b.flights.settled(5)
            assert not b.invoker.events
            assert b.metrics.values["DroppedEventCount"] == [2, 1]
            return [json.loads(body) for body in await b.bodies(LOST)]

    lost = asyncio.run(scenario())
    assert [record["KafkaBatchInfo"]["batchSize"] for record in lost] == [2, 1]
