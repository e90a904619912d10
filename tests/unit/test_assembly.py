"""What the engine does with its parts, which are only told of here."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from eventmill.assembly import Engine
from eventmill.deliver.inflight import Report, StillMoving


def test_settle_ends_at_its_deadline_although_lines_keep_coming() -> None:
    asked: list[float] = []

    async def settled(seconds: float) -> Report:
        asked.append(seconds)
        await asyncio.sleep(0)
        return Report([], [])

    writer = SimpleNamespace(flush=lambda: None, waiting=True)
    flights = SimpleNamespace(settled=settled)
    parts = SimpleNamespace(logs=writer, metrics=writer, counts=writer, flights=flights)
    with pytest.raises(StillMoving, match="log lines or metrics"):
        asyncio.run(asyncio.wait_for(Engine.settle(cast(Any, parts), 0.05), 5))
    assert 0 < asked[0] <= 0.05 and sorted(asked, reverse=True) == asked
