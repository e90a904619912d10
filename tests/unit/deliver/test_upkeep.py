"""Chores go on after one of them failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventmill.deliver import tasks
from eventmill.deliver.upkeep import Chore, Upkeep
from eventmill.store.transaction import Transaction

from .bench import bench, run


@run
async def test_a_chore_that_failed_is_done_again(folder: Path) -> None:
    async with bench(folder) as b:
        tried: list[float] = []

        def work(tx: Transaction) -> float | None:
            tried.append(tx.now)
            if len(tried) == 1:
                raise ValueError("not this time")
            return None

        def waiting(tx: Transaction) -> float | None:
            return tx.now if len(tried) < 2 else None

        upkeep = Upkeep(b.database, b.clock, b.flights)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tasks, "PAUSE", 0.0)
            upkeep.start([Chore("once", work, waiting=waiting)])
            await b.flights.settled(5)
        await upkeep.stop()
        assert len(tried) == 2
