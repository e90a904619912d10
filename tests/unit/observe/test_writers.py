"""Log lines and metrics on their way to the store."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from eventmill.kernel.clock import Clock
from eventmill.observe.logs import LogWriter
from eventmill.observe.metrics import MetricWriter
from eventmill.store.database import Database


@pytest.mark.parametrize("number", [3, 2_000])
def test_many_at_once_are_written_beside_the_event_loop(tmp_path: Path, number: int) -> None:
    written: list[tuple[int, int]] = []

    def put(tx: Any, *given: Any) -> None:
        written.append((len(given[-1]), threading.get_ident()))

    async def work() -> None:
        database = Database(tmp_path / "db", Clock(), {}, "process")
        logs, metrics = LogWriter(database, put), MetricWriter(database, Clock(), put)
        logs.put("g", "s", [(0, "line")] * number)
        for _ in range(number):
            metrics.add("n", "m", 1.0, "Count", ())
        logs.flush()
        metrics.flush()
        await database.close()

    asyncio.run(work())
    assert [count for count, _ in written] == [number, number]
    here = threading.get_ident()
    assert [thread == here for _, thread in written] == [number == 3] * 2
