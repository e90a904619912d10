"""Readers see what is committed, whatever became of those before them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from eventmill.kernel.clock import Clock
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


def count(tx: Transaction) -> int:
    row = tx.one("SELECT count(*) FROM t")
    assert row is not None
    return int(row[0])


def broken_off(tx: Transaction) -> None:
    rows = tx.execute("SELECT x FROM t")
    raise ValueError(f"after {next(rows)}")


def test_a_reader_that_failed_half_way_keeps_no_moment(tmp_path: Path) -> None:
    async def run() -> None:
        database = Database(tmp_path / "db", Clock(), {"t": ["CREATE TABLE t(x)"]}, "process")
        await database.write(lambda tx: tx.executemany("INSERT INTO t VALUES(?)", [(1,), (2,)]))
        # The errors are kept, as one in a cycle is until the collector comes.
        with pytest.raises(ValueError) as scanned:
            await database.scan(broken_off)
        with pytest.raises(ValueError) as read:
            database.read(broken_off)
        await database.write(lambda tx: tx.execute("INSERT INTO t VALUES(3)"))
        assert (await database.scan(count), database.read(count)) == (3, 3)
        assert str(scanned.value) == str(read.value) == "after (1,)"
        await database.close()

    asyncio.run(run())


@pytest.mark.parametrize("thread", [False, True])
def test_all_that_a_reader_reads_is_of_one_moment(tmp_path: Path, thread: bool) -> None:
    async def run() -> tuple[int, int]:
        database = Database(tmp_path / "db", Clock(), {"t": ["CREATE TABLE t(x)"]}, "process")
        writing, reading, written = (threading.Event() for _ in range(3))

        def write(tx: Transaction) -> None:
            writing.set()
            assert reading.wait(10)
            tx.execute("INSERT INTO t VALUES(1)")
            tx.after_commit(written.set)

        def read(tx: Transaction) -> tuple[int, int]:
            before = count(tx)
            reading.set()
            assert written.wait(10)
            return before, count(tx)

        work = asyncio.ensure_future(database.write(write, long=True))
        await asyncio.to_thread(writing.wait, 10)
        found = await database.scan(read) if thread else database.read(read)
        await work
        assert database.read(lambda tx: database.read(count) + count(tx)) == 2
        await database.close()
        return found

    assert asyncio.run(run()) == (0, 0)
