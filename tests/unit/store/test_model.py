"""The store against a model: whatever is written together, fails, finds no room or is cut off, what
was acknowledged is there, what failed is not, and readers see nothing half done."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from eventmill.kernel.clock import Clock
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

T = TypeVar("T")
SCHEMA = """
CREATE TABLE kept(key INTEGER PRIMARY KEY, value INTEGER, padding BLOB);
CREATE TABLE sides(name TEXT PRIMARY KEY, value INTEGER);
INSERT INTO sides VALUES('left', 0), ('right', 0);
"""
LIMIT = "PRAGMA max_page_count"


class Refused(Exception):
    """What a closure raises of its own accord."""


@dataclass(frozen=True)
class Step:
    """One write: of a key, with so many bytes; `part` fails within it, or the whole does."""

    key: int
    padding: int
    long: bool
    fails: bool
    part: bool


STEPS = st.lists(
    st.builds(
        Step,
        st.integers(0, 5),
        st.sampled_from([0, 0, 0, 20_000]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


class Store(RuleBasedStateMachine):
    """One database over several starts. Every write gets a number of the sequence as its value."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="store-"))
        self.loop = asyncio.new_event_loop()
        self.kept: dict[int, int] = {}
        self.newest = 0
        self.side = 0
        self.starts = 0
        self.full = False
        self.database = self.run(self.opened("db"))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(asyncio.wait_for(work, 20))

    async def opened(self, name: str) -> Database:
        return Database(self.folder / name, Clock(), {"t": [SCHEMA]}, "process")

    def teardown(self) -> None:
        self.run(self.database.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    @rule(steps=STEPS, scans=st.integers(0, 2))
    def write(self, steps: Sequence[Step], scans: int) -> None:
        """They are done in the order in which they came, whoever shares a commit."""

        async def all_at_once() -> list[Any]:
            keys = [f"key {step.key}" for step in steps]
            with self.database.signals.listen(*keys) as signal:
                found = await asyncio.gather(
                    *(self.database.write(_closure(step), long=step.long) for step in steps),
                    *(self.database.scan(_sides_at_leisure) for _ in range(scans)),
                    return_exceptions=True,
                )
                told = signal.take()
            assert told == any(not isinstance(one, Exception) for one in found[: len(steps)])
            return found

        found = self.run(all_at_once())
        for step, outcome in zip(steps, found, strict=False):
            if isinstance(outcome, Exception):
                assert self.full or (step.fails and isinstance(outcome, Refused)), outcome
                continue
            assert not step.fails
            before, number = outcome
            assert before == self.kept.get(step.key)
            assert number > self.newest
            self.kept[step.key] = self.newest = self.side = number
        for left, right in found[len(steps) :]:
            assert left == right

    @precondition(lambda self: not self.full)
    @rule()
    def fill(self) -> None:
        """From now on there is no room for further pages."""
        self.run(self.database.write(lambda tx: _limit(tx, 1)))
        self.full = True

    @precondition(lambda self: self.full)
    @rule()
    def make_room(self) -> None:
        self.run(self.database.write(lambda tx: _limit(tx, 1_000_000)))
        self.full = False

    @rule()
    def start_anew(self) -> None:
        self.run(self.database.close())
        self.database = self.run(self.opened("db"))
        self.full = False

    @rule()
    def crash(self) -> None:
        """What lies on the disk now is what a start after kill -9 finds."""
        self.starts += 1
        for file in self.folder.glob("db*"):
            shutil.copyfile(file, self.folder / file.name.replace("db", f"after{self.starts}"))
        found = self.run(self.opened(f"after{self.starts}"))
        assert found.read(_kept) == self.kept
        number = self.run(found.write(lambda tx: tx.number("n")))
        assert number > self.newest
        self.run(found.close())

    @invariant()
    def what_was_acknowledged_is_there(self) -> None:
        assert self.database.read(_kept) == self.kept
        assert self.database.read(_sides) == (self.side, self.side)


def _closure(step: Step) -> Any:
    def closure(tx: Transaction) -> tuple[int | None, int]:
        row = tx.one("SELECT value FROM kept WHERE key=?", (step.key,))
        number = tx.number("n")
        tx.announce(f"key {step.key}")
        if step.part:
            try:
                with tx.attempt():
                    tx.number("n")
                    _put(tx, step.key, -1, 0)
                    raise Refused
            except Refused:
                pass
        _put(tx, step.key, number, step.padding)
        if step.fails:
            raise Refused
        return (None if row is None else row[0]), number

    return closure


def _put(tx: Transaction, key: int, number: int, padding: int) -> None:
    for side in ("left", "right"):
        tx.execute("UPDATE sides SET value=? WHERE name=?", (number, side))
    tx.execute("INSERT OR REPLACE INTO kept VALUES(?,?,?)", (key, number, bytes(padding)))


def _limit(tx: Transaction, pages: int) -> None:
    tx.all(f"{LIMIT}={pages}")


def _kept(tx: Transaction) -> dict[int, int]:
    return dict(tx.all("SELECT key, value FROM kept"))


def _sides(tx: Transaction) -> tuple[int, int]:
    return _side(tx, "left"), _side(tx, "right")


def _sides_at_leisure(tx: Transaction) -> tuple[int, int]:
    """With a pause in which the writer's thread has its turn."""
    left = _side(tx, "left")
    time.sleep(0.001)
    return left, _side(tx, "right")


def _side(tx: Transaction, name: str) -> int:
    row = tx.one("SELECT value FROM sides WHERE name=?", (name,))
    assert row is not None
    return int(row[0])


TestStore = Store.TestCase
TestStore.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
