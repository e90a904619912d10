"""Counting what transactions do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from eventmill.kernel.clock import Clock
from eventmill.kernel.metrics import Sample
from eventmill.observe.counts import CountWriter
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

SENT = "NumberOfMessagesSent"


def count(tx: Transaction, queue: str, size: int = 1) -> None:
    tx.counted.append(("sqs.sent", queue, size))


def test_what_is_undone_does_not_count(tmp_path: Path) -> None:
    written: list[Sample] = []

    def put(tx: Any, samples: Sequence[Sample]) -> None:
        written.extend(samples)

    def fails(tx: Transaction) -> None:
        count(tx, "undone")
        raise ValueError

    def fails_in_part(tx: Transaction) -> None:
        count(tx, "kept")
        with suppress(ValueError), tx.attempt():
            fails(tx)

    async def work() -> None:
        database, clock = Database(tmp_path / "db", Clock(), {}, "process"), Clock()
        counts = CountWriter(database, clock, put)
        with suppress(ValueError):
            await database.write(fails)
        with suppress(ValueError):
            database.read(fails)
        await asyncio.gather(*(database.write(fails_in_part) for _ in range(3)))
        database.read(lambda tx: count(tx, "kept"))
        await database.scan(lambda tx: count(tx, "kept"))
        assert not written
        counts.flush()
        await database.close()

    asyncio.run(work())
    sent = {(dict(one.dimensions)["QueueName"], one.count) for one in written if one.name == SENT}
    assert sent == {("kept", 5.0)}


def test_a_minute_s_counts_are_written_when_it_ends(tmp_path: Path) -> None:
    """As those of the minute in which they happened, however far time leaps."""
    written: list[tuple[float, float]] = []

    def put(tx: Any, samples: Sequence[Sample]) -> None:
        written.extend((one.at, one.count) for one in samples if one.name == SENT)

    async def work() -> list[float]:
        clock = Clock()
        database = Database(tmp_path / "db", clock, {}, "process")
        counts = CountWriter(database, clock, put)
        clock.advance(61 - clock.now() % 60)
        began = [clock.now()]
        for _ in range(2):
            counts.add(("sqs.sent", "q", 1))
        clock.advance(300)
        began.append(clock.now())
        counts.add(("sqs.sent", "q", 1))
        clock.advance(60)
        await database.close()
        return began

    began = asyncio.run(work())
    assert [times for _, times in written] == [2.0, 1.0]
    assert [at // 60 for at, _ in written] == [moment // 60 for moment in began]
