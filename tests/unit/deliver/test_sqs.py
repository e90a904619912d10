from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventmill.kernel.clock import Clock
from eventmill.kernel.functions import ConcurrencyExceeded
from eventmill.services import sqs

from .bench import LOST, QUEUE, Bench, Fails, bench, run


def bodies(event: dict[str, Any]) -> list[str]:
    return [record["body"] for record in event["Records"]]


@run
async def test_messages_reach_the_function_and_are_deleted(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue()
        await b.function(lambda event: None)
        await b.map(QUEUE)
        await b.send(*(str(number) for number in range(25)))
        await b.flights.settled(5)
        assert sorted(int(x) for event in b.invoker.events for x in bodies(event)) == list(
            range(25)
        )
        assert all(len(event["Records"]) <= 10 for event in b.invoker.events)
        assert b.counts() == (0, 0, 0)
        record = b.invoker.events[0]["Records"][0]
        assert set(record) == {
            "messageId",
            "receiptHandle",
            "body",
            "attributes",
            "messageAttributes",
            "md5OfBody",
            "eventSource",
            "eventSourceARN",
            "awsRegion",
        }


@run
async def test_a_failed_batch_comes_back_after_the_visibility_timeout(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue(VisibilityTimeout="60")

        def handler(event: dict[str, Any]) -> None:
            if len(b.invoker.events) == 1:
                raise Fails("first")

        await b.function(handler)
        await b.map(QUEUE)
        await b.send("x")
        report = await b.flights.settled(5)
        assert len(b.invoker.events) == 1
        assert report.later and report.later[0].due is not None
        b.clock.advance(61)
        await b.flights.settled(5)
        counts = [
            e["Records"][0]["attributes"]["ApproximateReceiveCount"] for e in b.invoker.events
        ]
        assert counts == ["1", "2"]
        assert b.counts() == (0, 0, 0)


@run
async def test_a_poison_message_ends_in_the_dead_letter_queue(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue("lost")
        redrive = json.dumps({"deadLetterTargetArn": LOST, "maxReceiveCount": 2})
        await b.queue(VisibilityTimeout="30", RedrivePolicy=redrive)

        def handler(event: dict[str, Any]) -> dict[str, Any]:
            failed = [r["messageId"] for r in event["Records"] if r["body"] == "bad"]
            return {"batchItemFailures": [{"itemIdentifier": item} for item in failed]}

        await b.function(handler)
        await b.map(QUEUE, FunctionResponseTypes=["ReportBatchItemFailures"])
        await b.send("good", "bad", "fine")
        for _ in range(3):
            await b.flights.settled(5)
            b.clock.advance(31)
        await b.flights.settled(5)
        assert b.counts() == (0, 0, 0)
        assert await b.bodies(LOST) == ["bad"]
        assert [bodies(event) for event in b.invoker.events][1:] == [["bad"]]


@run
async def test_filtered_messages_are_deleted(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue()
        await b.function(lambda event: None)
        pattern = json.dumps({"body": {"kind": ["a"]}})
        await b.map(QUEUE, FilterCriteria={"Filters": [{"Pattern": pattern}]})
        await b.send('{"kind":"a"}', '{"kind":"b"}', "text")
        await b.flights.settled(5)
        assert [bodies(event) for event in b.invoker.events] == [['{"kind":"a"}']]
        assert b.counts() == (0, 0, 0)


@run
async def test_filtered_messages_do_not_slow_the_others_down(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue()
        await b.function(lambda event: None)
        filters = {"Filters": [{"Pattern": '{"body":["yes"]}'}]}
        await b.map(QUEUE, FilterCriteria=filters)
        await b.send(*["no"] * 300, "yes")
        await b.flights.settled(1)
        assert [bodies(event) for event in b.invoker.events] == [["yes"]]


@run
async def test_a_window_gathers_until_it_ends(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue(VisibilityTimeout="120")
        await b.function(lambda event: None)
        await b.map(QUEUE, BatchSize=100, MaximumBatchingWindowInSeconds=20)
        await b.send("1", "2")
        report = await b.flights.settled(5)
        assert b.invoker.events == []
        assert any("window" in motion.name for motion in report.later)
        await b.send("3")
        await b.flights.settled(5)
        b.clock.advance(21)
        await b.flights.settled(5)
        assert [bodies(event) for event in b.invoker.events] == [["1", "2", "3"]]


@run
async def test_a_full_batch_does_not_wait_for_its_window(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue()
        await b.function(lambda event: None)
        await b.map(QUEUE, BatchSize=20, MaximumBatchingWindowInSeconds=300)
        await b.send(*(str(number) for number in range(40)))
        await b.flights.settled(5)
        assert [len(event["Records"]) for event in b.invoker.events] == [20, 20]


@run
async def test_six_megabytes_end_a_batch(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue()
        await b.function(lambda event: None)
        await b.map(QUEUE)
        await b.send(*("x" * 1_000_000 for _ in range(9)))
        await b.flights.settled(5)
        assert sorted(len(event["Records"]) for event in b.invoker.events) == [3, 6]
        counts = {
            r["attributes"]["ApproximateReceiveCount"]
            for e in b.invoker.events
            for r in e["Records"]
        }
        assert counts == {"1"}


@run
async def test_maximum_concurrency_caps_the_batches(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue()
        b.invoker.blocked = asyncio.Event()
        await b.function(lambda event: None)
        await b.map(QUEUE, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
        await b.send(*"abcdef")
        while b.invoker.running < 2:
            await asyncio.sleep(0)
        b.invoker.blocked.set()
        await b.flights.settled(5)
        assert (b.invoker.most, len(b.invoker.events)) == (2, 6)


@run
async def test_reserved_concurrency_leaves_the_rest_in_the_queue(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue()
        b.invoker.blocked = asyncio.Event()
        await b.function(lambda event: None)
        await b.call(
            "lambda", "PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=1
        )
        await b.map(QUEUE, BatchSize=1)
        await b.send(*"abc")
        while not b.invoker.running:
            await asyncio.sleep(0)
        assert b.counts()[:2] == (2, 1)
        b.invoker.blocked.set()
        await b.flights.settled(5)
        assert (b.invoker.most, len(b.invoker.events)) == (1, 3)


@run
async def test_messages_of_a_stopped_function_rest_in_the_queue(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue()
        await b.function(lambda event: None)
        stopped = {"FunctionName": "f", "ReservedConcurrentExecutions": 0}
        await b.call("lambda", "PutFunctionConcurrency", **stopped)
        await b.map(QUEUE, MaximumBatchingWindowInSeconds=5)
        await b.send("x")
        assert (await b.flights.settled(5)).later == []
        assert (b.invoker.events, b.counts()) == ([], (1, 0, 0))
        await b.call("lambda", "DeleteFunctionConcurrency", FunctionName="f")
        await b.flights.settled(5)
        b.clock.advance(6)
        await b.flights.settled(5)
        (event,) = b.invoker.events
        assert event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1"


@run
async def test_a_throttled_batch_is_kept_and_tried_again(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue()
        await b.function(lambda event: None)
        b.invoker.refuse = [ConcurrencyExceeded("full")]
        await b.map(QUEUE)
        await b.send("x")
        await b.flights.settled(5)
        assert b.invoker.events == []
        b.clock.advance(2)
        await b.flights.settled(5)
        assert b.invoker.events[0]["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1"


@run
async def test_groups_of_a_fifo_queue_stay_in_order(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue("q.fifo", FifoQueue="true", VisibilityTimeout="30")
        failed: list[str] = []

        def handler(event: dict[str, Any]) -> None:
            if "a2" in bodies(event) and not failed:
                failed.append("a2")
                raise Fails("once")

        await b.function(handler)
        await b.map(f"{QUEUE}.fifo", BatchSize=1)
        await b.send("a1", "a2", "a3", queue=f"{QUEUE}.fifo", group="a")
        await b.send("b1", "b2", queue=f"{QUEUE}.fifo", group="b")
        await b.flights.settled(5)
        b.clock.advance(31)
        await b.flights.settled(5)
        seen = [body for event in b.invoker.events for body in bodies(event)]
        assert [body for body in seen if body[0] == "a"] == ["a1", "a2", "a2", "a3"]
        assert [body for body in seen if body[0] == "b"] == ["b1", "b2"]


@run
async def test_a_disabled_mapping_takes_no_more(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue()
        await b.function(lambda event: None)
        uuid = await b.map(QUEUE)
        await b.call("lambda", "UpdateEventSourceMapping", UUID=uuid, Enabled=False)
        await b.flights.settled(5)
        await b.send("x")
        await b.flights.settled(5)
        assert (b.invoker.events, b.counts()[0]) == ([], 1)
        await b.call("lambda", "UpdateEventSourceMapping", UUID=uuid, Enabled=True)
        await b.flights.settled(5)
        assert len(b.invoker.events) == 1


@run
async def test_what_a_dead_start_held_comes_back_uncounted(folder: Path) -> None:
    clock = Clock()
    dead = Bench(folder, clock, seed=2)
    await dead.queue()
    await dead.send("x")
    await dead.database.write(lambda tx: sqs.take(tx, dead.ids, QUEUE, 10, "dead"))
    await dead.database.close()
    async with bench(folder, clock) as b:
        await b.function(lambda event: None)
        await b.map(QUEUE)
        await b.flights.settled(5)
        attributes = b.invoker.events[0]["Records"][0]["attributes"]
        assert attributes["ApproximateReceiveCount"] == "1"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    groups=st.lists(st.sampled_from("abcd"), min_size=1, max_size=30),
    size=st.integers(1, 10),
    outcomes=st.lists(st.sampled_from(["ok", "raise", "part"]), max_size=10),
)
def test_a_fifo_queue_loses_doubles_and_reorders_nothing(
    groups: list[str], size: int, outcomes: list[str]
) -> None:
    """Over any mixture of failures every message succeeds exactly once, in order of its group."""
    done: list[tuple[str, str]] = []

    def handler(event: dict[str, Any]) -> Any:
        records = event["Records"]
        outcome = outcomes.pop() if outcomes else "ok"
        if outcome == "raise":
            raise Fails("chance")
        stop = len(records) // 2 if outcome == "part" else len(records)
        done.extend((r["attributes"]["MessageGroupId"], r["body"]) for r in records[:stop])
        left = [{"itemIdentifier": record["messageId"]} for record in records[stop:]]
        return {"batchItemFailures": left}

    async def scenario(folder: Path) -> None:
        async with bench(folder) as b:
            await b.queue("q.fifo", FifoQueue="true", VisibilityTimeout="30")
            await b.function(handler)
            await b.map(
                f"{QUEUE}.fifo", BatchSize=size, FunctionResponseTypes=["ReportBatchItemFailures"]
            )
            for number, group in enumerate(groups):
                await b.send(str(number), queue=f"{QUEUE}.fifo", group=group)
            while (await b.flights.settled(5)).later:
                b.clock.advance(31)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))
    for group in set(groups):
        expected = [str(number) for number, other in enumerate(groups) if other == group]
        assert [body for other, body in done if other == group] == expected
