"""Numbers that are never given twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from eventmill.kernel.clock import Clock
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


def numbers(path: Path, *steps: int) -> list[int]:
    """One start of a database: each step takes so many numbers in one closure; 0 fails in one."""

    async def run() -> list[int]:
        database = Database(path, Clock(), {}, "process")
        found: list[int] = []

        def fail(tx: Transaction) -> None:
            tx.number("n")
            raise ValueError("undone")

        for step in steps:
            if step:
                found += await database.write(lambda tx, n=step: [tx.number("n") for _ in range(n)])
            else:
                with pytest.raises(ValueError):
                    await database.write(fail)
        await database.close()
        return found

    return asyncio.run(run())


def test_numbers_ascend_by_one_within_a_start(tmp_path: Path) -> None:
    assert numbers(tmp_path / "db", 3, 2) == [1, 2, 3, 4, 5]


def test_a_new_start_never_repeats_a_number(tmp_path: Path) -> None:
    first = numbers(tmp_path / "db", 1_500)
    assert min(numbers(tmp_path / "db", 1)) > max(first)


def test_a_reservation_that_was_undone_is_made_again(tmp_path: Path) -> None:
    first = numbers(tmp_path / "db", 0, 2)
    assert min(numbers(tmp_path / "db", 1)) > max(first)


def test_sequences_count_apart(tmp_path: Path) -> None:
    async def run() -> tuple[int, int]:
        database = Database(tmp_path / "db", Clock(), {}, "process")
        found = await database.write(lambda tx: (tx.number("a"), tx.number("b")))
        await database.close()
        return found

    assert asyncio.run(run()) == (1, 1)
