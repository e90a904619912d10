"""Batches of standard queues under chance; those of FIFO queues are in test_sqs.py."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .bench import QUEUE, Bench, Fails, bench

_OUTCOMES = st.lists(st.sampled_from(["ok", "raise", "part"]), max_size=12)
_RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Handler:
    """Takes what its outcomes say of each batch; a partial failure gives up from the middle on."""

    def __init__(self, outcomes: list[str], *, report: bool) -> None:
        self.done: list[str] = []
        self._outcomes = outcomes
        self._report = report

    def __call__(self, event: dict[str, Any]) -> Any:
        records = event["Records"]
        outcome = self._outcomes.pop() if self._outcomes else "ok"
        if outcome == "raise":
            raise Fails("chance")
        middle = len(records) // 2 if outcome == "part" and self._report else len(records)
        self.done += [record["body"] for record in records[:middle]]
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
    assert Counter(handler.done) == Counter(map(str, range(count)))
