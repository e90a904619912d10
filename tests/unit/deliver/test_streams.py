from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eventmill.deliver import tasks
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import StoreError
from eventmill.store import outbox

from .bench import LOST, STREAM, Fails, Shard, bench, run

FROM_START = {"StartingPosition": "TRIM_HORIZON"}


def values(event: dict[str, Any]) -> list[str]:
    return [record["value"] for record in event["Records"]]


@run
async def test_records_arrive_in_order_and_batched(folder: Path) -> None:
    async with bench(folder) as b:
        await b.function(lambda event: None)
        await b.put(*(("k", str(number)) for number in range(250)))
        await b.map(STREAM, **FROM_START)
        await b.flights.settled(5)
        assert [len(event["Records"]) for event in b.invoker.events] == [100, 100, 50]
        assert [v for event in b.invoker.events for v in values(event)] == [
            str(number) for number in range(250)
        ]
        await b.put(("k", "later"))
        await b.flights.settled(5)
        assert values(b.invoker.events[-1]) == ["later"]


@run
async def test_latest_skips_what_was_there(folder: Path) -> None:
    async with bench(folder) as b:
        await b.function(lambda event: None)
        await b.put(("k", "old"))
        await b.map(STREAM, StartingPosition="LATEST")
        await b.put(("k", "new"))
        await b.flights.settled(5)
        assert [values(event) for event in b.invoker.events] == [["new"]]


@run
async def test_a_long_stretch_that_filters_drop_is_passed_once(folder: Path) -> None:
    wanted = {"Filters": [{"Pattern": json.dumps({"value": ["last"]})}]}
    async with bench(folder) as b:
        await b.function(lambda event: None)
        await b.put(*(("k", "dull") for _ in range(2_500)), ("k", "last"))
        await b.map(STREAM, **FROM_START, FilterCriteria=wanted)
        await b.flights.settled(10)
        assert [values(event) for event in b.invoker.events] == [["last"]]
        await b.put(*(("k", "dull") for _ in range(1_500)))
        await b.flights.settled(10)
    async with bench(folder) as b:
        await b.flights.settled(5)
        position = b.database.read(lambda tx: tx.one("SELECT position FROM deliver_lanes"))
        assert position is not None and int(position[0]) > 2_501
        assert b.invoker.events == []


@run
async def test_a_batch_is_tried_again_then_discarded(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue("lost")

        def handler(event: dict[str, Any]) -> None:
            if "bad" in values(event):
                raise Fails("bad")

        await b.function(handler)
        target = {"OnFailure": {"Destination": LOST}}
        await b.map(STREAM, **FROM_START, MaximumRetryAttempts=2, DestinationConfig=target)
        await b.put(("k", "bad"), ("k", "2"))
        await b.flights.settled(5)
        await b.put(("k", "after"))
        report = await b.flights.settled(5)
        assert report.later
        for _ in range(3):
            b.clock.advance(61)
            await b.flights.settled(5)
        seen = [values(event) for event in b.invoker.events]
        assert seen == [["bad", "2"]] * 3 + [["after"]]
        (body,) = await b.bodies(LOST)
        record = json.loads(body)
        assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
        assert record["requestContext"]["approximateInvokeCount"] == 3
        assert record["responseContext"]["functionError"] == "Unhandled"
        info = record["DDBStreamBatchInfo"]
        assert (info["batchSize"], info["startSequenceNumber"]) == (2, "1")
        assert (info["endSequenceNumber"], info["shardId"]) == ("2", "shard-1")


@run
async def test_bisecting_isolates_the_poison_without_using_attempts(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue("lost")

        def handler(event: dict[str, Any]) -> None:
            if "bad" in values(event):
                raise Fails("bad")

        await b.function(handler)
        await b.map(
            STREAM,
            **FROM_START,
            MaximumRetryAttempts=0,
            BisectBatchOnFunctionError=True,
            DestinationConfig={"OnFailure": {"Destination": LOST}},
        )
        await b.put(("k", "1"), ("k", "2"), ("k", "bad"), ("k", "4"))
        await b.flights.settled(5)
        assert [values(event) for event in b.invoker.events] == [
            ["1", "2", "bad", "4"],
            ["1", "2"],
            ["bad", "4"],
            ["bad"],
            ["4"],
        ]
        assert len(await b.bodies(LOST)) == 1


@run
async def test_a_partial_failure_is_the_checkpoint(folder: Path) -> None:
    async with bench(folder) as b:

        def handler(event: dict[str, Any]) -> dict[str, Any]:
            failed = [r["seq"] for r in event["Records"] if r["value"] in ("3", "4")]
            if len(b.invoker.events) > 1:
                failed = []
            return {"batchItemFailures": [{"itemIdentifier": item} for item in failed]}

        await b.function(handler)
        await b.map(STREAM, **FROM_START, FunctionResponseTypes=["ReportBatchItemFailures"])
        await b.put(*(("k", value) for value in "12345"))
        await b.flights.settled(5)
        b.clock.advance(5)
        await b.flights.settled(5)
        assert [values(event) for event in b.invoker.events] == [list("12345"), list("345")]


@run
async def test_records_too_old_are_discarded_without_a_try(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue("lost")
        await b.function(lambda event: None)
        await b.put(("k", "old"))
        b.clock.advance(100)
        await b.put(("k", "new"))
        await b.map(
            STREAM,
            **FROM_START,
            MaximumRecordAgeInSeconds=60,
            DestinationConfig={"OnFailure": {"Destination": LOST}},
        )
        await b.flights.settled(5)
        assert [values(event) for event in b.invoker.events] == [["new"]]
        (body,) = await b.bodies(LOST)
        record = json.loads(body)
        assert record["requestContext"]["condition"] == "RecordAgeExceeded"
        assert "responseContext" not in record


@run
async def test_a_poison_key_holds_up_its_own_lane_alone(folder: Path) -> None:
    async with bench(folder) as b:

        def handler(event: dict[str, Any]) -> None:
            if any(record["key"] == "poison" for record in event["Records"]):
                raise Fails("poison")

        await b.function(handler)
        await b.map(STREAM, **FROM_START, ParallelizationFactor=10, BatchSize=1)
        await b.put(("poison", "x"), *((f"k{number}", str(number)) for number in range(30)))
        await b.flights.settled(5)
        done = {v for event in b.invoker.events for v in values(event)} - {"x"}
        assert len(done) > 20


@run
async def test_a_shard_of_the_name_of_a_finished_one_is_read_anew(folder: Path) -> None:
    async with bench(folder) as b:
        await b.function(lambda event: None)
        await b.put(("k", "old"))
        b.stream.all = [Shard("shard-1", closed=True)]
        await b.map(STREAM, **FROM_START)
        await b.flights.settled(5)
        b.stream.all = [Shard("shard-1")]
        await b.put(("k", "new"))
        await b.flights.settled(5)
        # From its beginning, which holds the old record too here.
        assert [values(event) for event in b.invoker.events] == [["old"], ["old", "new"]]


@run
async def test_children_wait_for_their_parent(folder: Path) -> None:
    async with bench(folder) as b:
        b.stream.all = [
            Shard("p", closed=True),
            Shard("c", parents=("p",)),
            Shard("o", parents=("gone",)),
        ]
        fails = [True, True]

        def handler(event: dict[str, Any]) -> None:
            if "parent" in values(event) and fails:
                fails.pop()
                raise Fails("again")

        await b.function(handler)
        await b.put(("k", "child"), shard="c")
        await b.put(("k", "parent"), shard="p")
        await b.put(("k", "orphan"), shard="o")
        await b.map(STREAM, **FROM_START)
        for _ in range(4):
            await b.flights.settled(5)
            b.clock.advance(2)
        await b.flights.settled(5)
        seen = [v for event in b.invoker.events for v in values(event)]
        assert seen.index("child") > max(i for i, v in enumerate(seen) if v == "parent")
        assert seen.count("parent") == 3 and "orphan" in seen


@run
async def test_tumbling_windows_carry_state_and_end(folder: Path) -> None:
    async with bench(folder) as b:

        def handler(event: dict[str, Any]) -> dict[str, Any]:
            count = event["state"].get("count", 0) + len(event["Records"])
            return {"state": {"count": count}}

        await b.function(handler)
        await b.map(STREAM, **FROM_START, TumblingWindowInSeconds=60)
        b.clock.advance(60 - b.clock.now() % 60 + 1)
        await b.put(("k", "1"), ("k", "2"))
        await b.flights.settled(5)
        await b.put(("k", "3"))
        report = await b.flights.settled(5)
        assert report.later
        b.clock.advance(60)
        await b.flights.settled(5)
        assert [
            (len(e["Records"]), e["state"], e["isFinalInvokeForWindow"]) for e in b.invoker.events
        ] == [(2, {}, False), (1, {"count": 2}, False), (0, {"count": 3}, True)]
        await b.put(("k", "4"))
        await b.flights.settled(5)
        assert b.invoker.events[-1]["state"] == {}


@run
async def test_a_restart_goes_on_at_the_checkpoint_and_keeps_retries(folder: Path) -> None:
    clock = Clock()
    fails = [True]

    def handler(event: dict[str, Any]) -> None:
        if "2" in values(event) and fails:
            raise Fails("down")

    async with bench(folder, clock) as b:
        await b.function(handler)
        await b.map(STREAM, **FROM_START, BatchSize=1)
        await b.put(("k", "1"), ("k", "2"), ("k", "3"))
        await b.flights.settled(5)
        assert [values(event) for event in b.invoker.events] == [["1"], ["2"]]
    fails.clear()
    async with bench(folder, clock, seed=3) as b:
        b.invoker.handler = handler
        clock.advance(120)
        await b.flights.settled(5)
        assert [values(event) for event in b.invoker.events] == [["2"], ["3"]]


@run
async def test_a_lane_without_concurrency_can_be_disabled(folder: Path) -> None:
    async with bench(folder) as b:
        await b.function(lambda event: None)
        reserved = {"FunctionName": "f", "ReservedConcurrentExecutions": 0}
        await b.call("lambda", "PutFunctionConcurrency", **reserved)
        uuid = await b.map(STREAM, **FROM_START)
        await b.put(("k", "v"))
        assert (await b.flights.settled(5)).later == []
        assert b.invoker.events == []
        await b.call("lambda", "UpdateEventSourceMapping", UUID=uuid, Enabled=False)
        await b.flights.settled(5)
        await b.call("lambda", "DeleteFunctionConcurrency", FunctionName="f")
        await b.call("lambda", "UpdateEventSourceMapping", UUID=uuid, Enabled=True)
        await b.flights.settled(5)
        assert [values(event) for event in b.invoker.events] == [["v"]]


@run
async def test_filtered_records_are_passed_over(folder: Path) -> None:
    async with bench(folder) as b:
        await b.function(lambda event: None)
        pattern = json.dumps({"value": ["yes"]})
        await b.map(STREAM, **FROM_START, FilterCriteria={"Filters": [{"Pattern": pattern}]})
        await b.put(("k", "no"), ("k", "yes"), ("k", "no"))
        await b.flights.settled(5)
        assert [values(event) for event in b.invoker.events] == [["yes"]]


@run
async def test_a_discarded_batch_is_told_of_although_its_first_write_fails(folder: Path) -> None:
    emit, tries = outbox.emit, iter((1, 2))

    def fails_first(*given: Any, **more: Any) -> int:
        if next(tries) == 1:
            raise StoreError("the disk is full")
        return emit(*given, **more)

    def handler(event: dict[str, Any]) -> None:
        if values(event) == ["bad"]:
            raise Fails("bad")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "emit", fails_first)
        patch.setattr(tasks, "PAUSE", 0)
        async with bench(folder) as b:
            await b.queue("lost")
            await b.function(handler)
            target = {"OnFailure": {"Destination": LOST}}
            given = {"MaximumRetryAttempts": 0, "BatchSize": 1, "DestinationConfig": target}
            counted = {"MetricsConfig": {"Metrics": ["EventCount"]}}
            await b.map(STREAM, **FROM_START, **given, **counted)
            await b.put(("k", "bad"), ("k", "after"))
            await b.flights.settled(5)
            assert [values(event) for event in b.invoker.events] == [["bad"], ["bad"], ["after"]]
            (record,) = [json.loads(body) for body in await b.bodies(LOST)]
            assert record["DDBStreamBatchInfo"]["batchSize"] == 1
            assert b.metrics.values["DroppedEventCount"] == [1]


@run
async def test_a_mapping_changed_back_and_forth_is_not_settled_before_it_reads_on(
    folder: Path,
) -> None:
    async with bench(folder) as b:
        await b.function(lambda event: None)
        uuid = await b.map(STREAM, **FROM_START)
        await b.flights.settled(5)
        await b.call("lambda", "UpdateEventSourceMapping", UUID=uuid, ParallelizationFactor=2)
        await b.put(("k", "1"))
        await b.call("lambda", "UpdateEventSourceMapping", UUID=uuid, ParallelizationFactor=1)
        await b.flights.settled(5)
        assert [values(event) for event in b.invoker.events] == [["1"]]
