"""Provisioned concurrency, with a warmer that only remembers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from eventmill.deliver import tasks
from eventmill.deliver.provisioning import Provisioning
from eventmill.kernel.errors import StoreError
from eventmill.kernel.functions import FunctionSpec
from eventmill.services import lambda_

from .bench import Bench, bench, run


class Warmer:
    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    async def provision(self, targets: Sequence[tuple[FunctionSpec, int]]) -> None:
        self.asked.append([count for _, count in targets])


async def put(b: Bench, count: int) -> str:
    where = {"FunctionName": "f", "Qualifier": "1"}
    await b.call(
        "lambda",
        "PutProvisionedConcurrencyConfig",
        **where,
        ProvisionedConcurrentExecutions=count,
    )
    # A loop that failed goes on a turn later, and holds nothing meanwhile.
    for _ in range(5):
        await b.flights.settled(5)
    return str((await b.call("lambda", "GetProvisionedConcurrencyConfig", **where))["Status"])


@run
async def test_what_was_asked_for_twice_is_ready(folder: Path) -> None:
    async with bench(folder) as b:
        await b.function(lambda event: None)
        await b.call("lambda", "PublishVersion", FunctionName="f")
        warmer = Warmer()
        provisioning = Provisioning(b.database, b.flights, warmer)
        provisioning.start()
        assert [await put(b, count) for count in (2, 2, 1)] == ["READY"] * 3
        assert warmer.asked == [[2], [1]]
        await provisioning.stop()


@run
async def test_it_becomes_ready_although_the_first_note_of_it_fails(folder: Path) -> None:
    noted, failing = lambda_.set_ready, [StoreError("the disk is full")]

    def set_ready(*given: Any) -> None:
        if failing:
            raise failing.pop()
        noted(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lambda_, "set_ready", set_ready)
        patch.setattr(tasks, "PAUSE", 0)
        async with bench(folder) as b:
            await b.function(lambda event: None)
            await b.call("lambda", "PublishVersion", FunctionName="f")
            provisioning = Provisioning(b.database, b.flights, Warmer())
            provisioning.start()
            assert await put(b, 2) == "READY"
            await provisioning.stop()
