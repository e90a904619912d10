"""When a write is committed, and with whom."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import StoreError
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


def run(folder: Path, work: Any) -> Any:
    async def inside() -> Any:
        database = Database(folder / "db", Clock(), {"t": ["CREATE TABLE t(x UNIQUE)"]}, "process")
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(inside())


def rows(database: Database) -> list[int]:
    return [row[0] for row in database.read(lambda tx: tx.all("SELECT x FROM t ORDER BY x"))]


def insert(number: int) -> Any:
    return lambda tx: tx.execute("INSERT INTO t VALUES(?)", (number,)) and number


def test_a_lone_write_is_committed_without_a_turn_of_the_loop(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        write = database.write(insert(1))
        with pytest.raises(StopIteration):
            write.send(None)
        assert rows(database) == [1]

    run(tmp_path, work)


def test_writes_of_one_turn_share_a_commit_and_fail_alone(tmp_path: Path) -> None:
    async def work(database: Database) -> list[Any]:
        def counted(number: int) -> Coroutine[Any, Any, Any]:
            def closure(tx: Transaction) -> int:
                seen = tx.one("SELECT count(*) FROM t")
                tx.execute("INSERT INTO t VALUES(?)", (number,))
                assert seen is not None
                return int(seen[0])

            return database.write(closure)

        found = await asyncio.gather(
            *(counted(number) for number in (1, 2, 2, 3)), return_exceptions=True
        )
        assert rows(database) == [1, 2, 3]
        return found

    first, second, third, fourth = run(tmp_path, work)
    assert (first, second, fourth) == (0, 1, 2)
    assert isinstance(third, Exception)


def test_a_long_write_leaves_the_loop_free_and_later_ones_keep_their_order(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        going = threading.Event()

        def long(tx: Transaction) -> int:
            assert going.wait(10)
            tx.execute("INSERT INTO t VALUES(1)")
            return threading.get_ident()

        first = asyncio.ensure_future(database.write(long, long=True))
        second = asyncio.ensure_future(database.write(insert(2)))
        await asyncio.sleep(0)
        assert rows(database) == []
        going.set()
        assert await first != threading.get_ident()
        assert await second == 2
        assert rows(database) == [1, 2]

    run(tmp_path, work)


def test_what_was_posted_is_written_before_the_end(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        for number in range(600):
            database.post(insert(number))

    run(tmp_path, work)

    async def look(database: Database) -> list[int]:
        return rows(database)

    assert run(tmp_path, look) == list(range(600))


def disk_error(tx: Transaction) -> None:
    """What SQLite does by itself when the disk fails in the midst of a transaction."""
    tx.execute("ROLLBACK")
    raise OSError("disk I/O error")


def test_an_error_that_ends_the_transaction_fails_all_of_it(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        # The first of a turn has a commit of its own.
        writes = (insert(0), insert(1), disk_error, insert(2))
        found = await asyncio.gather(*map(database.write, writes), return_exceptions=True)
        assert [type(one) for one in found] == [int, *[StoreError] * 3]
        assert rows(database) == [0]
        with pytest.raises(StoreError):
            await database.write(disk_error)
        assert await database.write(insert(3)) == 3
        assert rows(database) == [0, 3]

    run(tmp_path, work)


@pytest.mark.parametrize("long", [False, True])
def test_a_commit_is_answered_whatever_fails_after_it(
    tmp_path: Path, long: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(database: Database) -> None:
        def fail() -> None:
            raise PermissionError("a file that may not be deleted")

        def closure(tx: Transaction) -> int:
            tx.after_commit(fail)
            tx.execute("INSERT INTO t VALUES(1)")
            return 1

        assert await asyncio.wait_for(database.write(closure, long=long), 5) == 1
        assert await asyncio.wait_for(database.write(insert(2), long=long), 5) == 2
        assert rows(database) == [1, 2]

    run(tmp_path, work)
    assert "may not be deleted" in caplog.text


def test_what_is_to_be_undone_is_undone_when_a_change_does_not_come_about(tmp_path: Path) -> None:
    undone: list[int] = []

    def noting(number: int, then: Any) -> Any:
        def closure(tx: Transaction) -> Any:
            tx.unless_committed(lambda: undone.append(number))
            return then(tx)

        return closure

    async def work(database: Database) -> None:
        await database.write(noting(1, insert(1)))
        with pytest.raises(sqlite3.IntegrityError):
            await database.write(noting(2, insert(1)))
        assert undone == [2]
        steps = (insert(2), noting(3, insert(3)), noting(4, insert(1)), noting(5, disk_error))
        await asyncio.gather(*map(database.write, steps), return_exceptions=True)
        assert undone == [2, 4, 3, 5]

        def in_part(tx: Transaction) -> None:
            with pytest.raises(sqlite3.IntegrityError), tx.attempt():
                noting(6, insert(1))(tx)
            noting(7, insert(7))(tx)

        await database.write(in_part)
        assert undone == [2, 4, 3, 5, 6]

    run(tmp_path, work)
