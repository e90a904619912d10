"""The write-ahead log's length."""

from __future__ import annotations

import asyncio
from pathlib import Path

from eventmill.kernel.clock import Clock
from eventmill.store.database import Database


def test_commits_overwrite_a_log_of_its_full_length(tmp_path: Path) -> None:
    log = tmp_path / "db-wal"

    async def run() -> tuple[int, int, int]:
        database = Database(tmp_path / "db", Clock(), {"t": ["CREATE TABLE t(x)"]})
        before = log.stat().st_size
        for number in range(1_100):
            await database.write(lambda tx, n=number: tx.execute("INSERT INTO t VALUES(?)", (n,)))
        after = log.stat().st_size
        row = database.read(lambda tx: tx.one("SELECT count(*) FROM t"))
        await database.close()
        assert row is not None
        return before, after, row[0]

    before, after, count = asyncio.run(run())
    assert before == after > 4_000_000
    assert count == 1_100


def test_a_log_that_a_crash_left_is_read_and_lengthened(tmp_path: Path) -> None:
    async def write() -> None:
        database = Database(tmp_path / "db", Clock(), {"t": ["CREATE TABLE t(x)"]}, "process")
        await database.write(lambda tx: tx.execute("INSERT INTO t VALUES(1)"))
        # The files as a crash leaves them, with the row in the log alone.
        for name in ("db", "db-wal"):
            (tmp_path / f"left-{name}").write_bytes((tmp_path / name).read_bytes())
        await database.close()

    async def read() -> int:
        database = Database(tmp_path / "left-db", Clock(), {"t": ["CREATE TABLE t(x)"]})
        row = database.read(lambda tx: tx.one("SELECT count(*) FROM t"))
        await database.close()
        assert row is not None
        return int(row[0])

    asyncio.run(write())
    assert asyncio.run(read()) == 1
