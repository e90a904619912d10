"""Batches of streams under chance: what becomes of every record, and in which order.

The same over the API's own streams is in journeys/test_stream_batching.py.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventmill.deliver import lanes

from .bench import LOST, STREAM, Bench, Fails, Shard, bench

_OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abcdef")),
        st.tuples(st.just("put"), st.sampled_from("abcdef")),
        st.tuples(st.just("wait"), st.sampled_from((0, 1, 31, 61, 301))),
        st.tuples(st.just("roll"), st.just("")),
        st.tuples(st.just("restart"), st.just("")),
    ),
    min_size=1,
    max_size=40,
)


class Chance:
    """Takes, refuses or reports a part of each batch, as its outcomes say."""

    def __init__(self, outcomes: list[str]) -> None:
        self.done: list[dict[str, Any]] = []
        self._outcomes = outcomes

    def __call__(self, event: dict[str, Any]) -> Any:
        records = event["Records"]
        outcome = self._outcomes.pop() if self._outcomes else "ok"
        if outcome == "raise":
            raise Fails("chance")
        taken = len(records) // 2 if outcome == "part" else len(records)
        self.done += records[:taken]
        # Lambda begins again at the lowest, whatever else is named.
        failed = [{"itemIdentifier": record["seq"]} for record in reversed(records[taken:])]
        return {"batchItemFailures": failed}


class Story:
    """What was put into the stream, and the shards of it."""

    def __init__(self, factor: int) -> None:
        self.put: list[tuple[str, str, str]] = []
        """(shard, key, value)"""
        self.shards = [Shard("shard-1")]
        self._factor = factor

    async def write(self, b: Bench, key: str) -> None:
        shard = self.shards[-1].shard_id
        self.put.append((shard, key, str(len(self.put))))
        await b.put((key, self.put[-1][2]), shard=shard)

    async def roll(self, b: Bench) -> None:
        """The open shard closes and a child goes on."""
        last = self.shards[-1]
        child = Shard(f"shard-{len(self.shards) + 1}", (last.shard_id,))
        self.shards = [*self.shards[:-1], Shard(last.shard_id, last.parents, closed=True), child]
        b.stream.all = self.shards
        await b.database.write(lambda tx: tx.announce("test.stream"))

    def given_up(self, record: dict[str, Any]) -> list[str]:
        """The values that a destination's record speaks of: those of one lane of one shard."""
        info = record["DDBStreamBatchInfo"]
        first, last = int(info["startSequenceNumber"]), int(info["endSequenceNumber"])
        # The bench numbers all records of the stream from 1 on.
        lane = self._lane(self.put[first - 1])
        values = [
            row[2]
            for row in self.put[first - 1 : last]
            if row[0] == info["shardId"] and self._lane(row) == lane
        ]
        assert len(values) == info["batchSize"]
        return values

    def _lane(self, row: tuple[str, str, str]) -> int:
        return lanes.lane_of(row[1], self._factor)


async def finish(b: Bench) -> None:
    """Until nothing is due any more."""
    while (await b.flights.settled(5)).later:
        b.clock.advance(61)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    operations=_OPERATIONS,
    size=st.integers(1, 7),
    window=st.sampled_from((0, 0, 20)),
    factor=st.integers(1, 4),
    bisect=st.booleans(),
    report=st.booleans(),
    retries=st.sampled_from((-1, 0, 1, 3)),
    age=st.sampled_from((-1, 60, 300)),
    outcomes=st.lists(st.sampled_from(["ok", "raise", "part"]), max_size=25),
)
def test_every_record_is_taken_once_in_order_or_given_up_by_the_settings(
    operations: list[tuple[str, Any]],
    size: int,
    window: int,
    factor: int,
    bisect: bool,
    report: bool,
    retries: int,
    age: int,
    outcomes: list[str],
) -> None:
    handler = Chance(outcomes if report else [one for one in outcomes if one != "part"])
    story = Story(factor)

    async def scenario(folder: Path) -> list[dict[str, Any]]:
        started = bench(folder)
        b = await started.__aenter__()
        try:
            await b.queue("lost")
            await b.function(handler)
            await b.map(
                STREAM,
                StartingPosition="TRIM_HORIZON",
                BatchSize=size,
                MaximumBatchingWindowInSeconds=window,
                ParallelizationFactor=factor,
                BisectBatchOnFunctionError=bisect,
                MaximumRetryAttempts=retries,
                MaximumRecordAgeInSeconds=age,
                FunctionResponseTypes=["ReportBatchItemFailures"] if report else [],
                DestinationConfig={"OnFailure": {"Destination": LOST}},
            )
            for number, (verb, what) in enumerate(operations):
                if verb == "put":
                    await story.write(b, what)
                elif verb == "roll":
                    await story.roll(b)
                elif verb == "wait":
                    await b.flights.settled(5)
                    b.clock.advance(what)
                else:
                    clock = b.clock
                    await started.__aexit__(None, None, None)
                    started = bench(folder, clock, seed=number + 2)
                    b = await started.__aenter__()
                    b.invoker.handler, b.stream.all = handler, story.shards
                    await b.database.write(lambda tx: tx.announce("test.stream"))
            await finish(b)
            return [json.loads(body) for body in await b.bodies(LOST)]
        finally:
            await started.__aexit__(None, None, None)

    with tempfile.TemporaryDirectory() as folder:
        lost = asyncio.run(scenario(Path(folder)))
    given_up = [value for record in lost for value in story.given_up(record)]
    done = [record["value"] for record in handler.done]
    assert Counter(done + given_up) == Counter(value for _, _, value in story.put)
    for key in {key for _, key, _ in story.put}:
        order = [int(record["value"]) for record in handler.done if record["key"] == key]
        assert order == sorted(order)
    for record in lost:
        context = record["requestContext"]
        if context["condition"] == "RecordAgeExceeded":
            assert age > 0
        else:
            assert 0 <= retries < context["approximateInvokeCount"]
            assert bisect or report or context["approximateInvokeCount"] == retries + 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    operations=st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.sampled_from("abcdef")),
            st.tuples(st.just("put"), st.sampled_from("abcdef")),
            st.tuples(st.just("wait"), st.sampled_from((0, 1, 31))),
            st.tuples(st.just("lanes"), st.integers(1, 5)),
        ),
        min_size=1,
        max_size=30,
    ),
    size=st.integers(1, 5),
    bisect=st.booleans(),
    outcomes=st.lists(st.sampled_from(["ok", "raise", "part"]), max_size=20),
)
def test_other_numbers_of_lanes_lose_nothing_and_keep_the_order_of_keys(
    operations: list[tuple[str, Any]], size: int, bisect: bool, outcomes: list[str]
) -> None:
    """Some records may come twice then."""
    handler, story = Chance(outcomes), Story(1)

    async def scenario(folder: Path) -> None:
        async with bench(folder) as b:
            await b.function(handler)
            uuid = await b.map(
                STREAM,
                StartingPosition="TRIM_HORIZON",
                BatchSize=size,
                BisectBatchOnFunctionError=bisect,
                FunctionResponseTypes=["ReportBatchItemFailures"],
            )
            for verb, what in operations:
                if verb == "put":
                    await story.write(b, what)
                elif verb == "wait":
                    await b.flights.settled(5)
                    b.clock.advance(what)
                else:
                    given = {"UUID": uuid, "ParallelizationFactor": what}
                    await b.call("lambda", "UpdateEventSourceMapping", **given)
            await finish(b)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))
    for key in {key for _, key, _ in story.put}:
        arrived = [record["value"] for record in handler.done if record["key"] == key]
        expected = [value for _, other, value in story.put if other == key]
        assert list(dict.fromkeys(arrived)) == expected
