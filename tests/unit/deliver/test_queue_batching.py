"""Batches of queues under chance: nothing is lost, nothing doubled, no group overtaken."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .bench import ACCOUNT, QUEUE, Bench, Fails, bench

_FIFO = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q.fifo"
_OUTCOMES = st.lists(st.sampled_from(["ok", "raise", "part"]), max_size=12)
_RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Handler:
    """Takes what its outcomes say of each batch; a partial failure gives up from the middle on."""

    def __init__(self, outcomes: list[str], *, report: bool) -> None:
        self.done: list[tuple[str, str]] = []
        self._outcomes = outcomes
        self._report = report

    def __call__(self, event: dict[str, Any]) -> Any:
        records = event["Records"]
        outcome = self._outcomes.pop() if self._outcomes else "ok"
        if outcome == "raise":
            raise Fails("chance")
        middle = len(records) // 2 if outcome == "part" and self._report else len(records)
        for record in records[:middle]:
            group = record["attributes"].get("MessageGroupId", "")
            self.done.append((group, record["body"]))
        failed = [{"itemIdentifier": record["messageId"]} for record in records[middle:]]
        return {"batchItemFailures": failed} if self._report else None


async def finish(b: Bench) -> None:
    """Until nothing is due any more: each failure comes back after its visibility timeout."""
    while (await b.flights.settled(5)).later:
        b.clock.advance(31)


@_RELAXED
@given(
    count=st.integers(1, 40),
    size=st.integers(1, 10),
    report=st.booleans(),
    outcomes=_OUTCOMES,
)
def test_a_standard_queue_loses_and_doubles_nothing(
    count: int, size: int, report: bool, outcomes: list[str]
) -> None:
    handler = Handler(outcomes, report=report)

    async def scenario(folder: Path) -> None:
        async with bench(folder) as b:
            await b.queue(VisibilityTimeout="30")
            await b.function(handler)
            await b.send(*(str(number) for number in range(count)))
            response = ["ReportBatchItemFailures"] if report else []
            await b.map(QUEUE, BatchSize=size, FunctionResponseTypes=response)
            await finish(b)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))
    assert Counter(body for _, body in handler.done) == Counter(map(str, range(count)))


@_RELAXED
@given(
    groups=st.lists(st.sampled_from("abc"), min_size=1, max_size=30),
    size=st.integers(1, 10),
    report=st.booleans(),
    outcomes=_OUTCOMES,
)
def test_a_fifo_queue_keeps_the_order_of_each_group(
    groups: list[str], size: int, report: bool, outcomes: list[str]
) -> None:
    handler = Handler(outcomes, report=report)

    async def scenario(folder: Path) -> None:
        async with bench(folder) as b:
            attributes = {
                "FifoQueue": "true",
                "ContentBasedDeduplication": "true",
                "VisibilityTimeout": "30",
            }
            await b.call("sqs", "CreateQueue", QueueName="q.fifo", Attributes=attributes)
            await b.function(handler)
            for number, group in enumerate(groups):
                await b.call(
                    "sqs",
                    "SendMessage",
                    QueueUrl="q.fifo",
                    MessageBody=str(number),
                    MessageGroupId=group,
                )
            response = ["ReportBatchItemFailures"] if report else []
            await b.map(_FIFO, BatchSize=size, FunctionResponseTypes=response)
            await finish(b)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))
    for group in set(groups):
        sent = [str(number) for number, other in enumerate(groups) if other == group]
        assert [body for of, body in handler.done if of == group] == sent
