from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from eventmill.deliver.inflight import StillMoving
from eventmill.deliver.outbox import Postpone
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import Invalid, StoreError
from eventmill.store import outbox
from eventmill.store.database import Database
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

from .bench import Bench, bench, run


async def emit(b: Bench, kind: str, *payloads: bytes, due: float | None = None) -> None:
    def write(tx: Transaction) -> None:
        for payload in payloads:
            outbox.emit(tx, kind, "t", payload, due=due)

    await b.database.write(write)


@run
async def test_a_hop_and_its_row_are_one_change(folder: Path) -> None:
    async with bench(folder) as b:
        await b.database.write(lambda tx: tx.execute("CREATE TABLE got(payload)") and None)

        def carry(tx: Transaction, row: OutboxRow) -> None:
            tx.execute("INSERT INTO got VALUES(?)", (row.payload,))
            if row.payload == b"bad" and row.attempts < 2:
                raise Invalid("No", "not now")

        b.outbox.hop("k", carry)
        await emit(b, "k", b"1", b"bad", b"2")
        report = await b.flights.settled(5)
        got = b.database.read(lambda tx: [row[0] for row in tx.all("SELECT payload FROM got")])
        assert got == [b"1", b"2"]
        assert [motion.name for motion in report.later] == ["outbox k"]
        for _ in range(2):
            b.clock.advance(5)
            await b.flights.settled(5)
        got = b.database.read(lambda tx: [row[0] for row in tx.all("SELECT payload FROM got")])
        assert got == [b"1", b"2", b"bad"]


@run
async def test_a_carrier_may_choose_the_time(folder: Path) -> None:
    async with bench(folder) as b:
        seen: list[int] = []

        def carry(tx: Transaction, row: OutboxRow) -> None:
            seen.append(row.attempts)
            if not row.attempts:
                raise Postpone(tx.now + 1_000)

        b.outbox.hop("k", carry)
        await emit(b, "k", b"")
        await b.flights.settled(5)
        b.clock.advance(900)
        await b.flights.settled(5)
        assert seen == [0]
        b.clock.advance(101)
        await b.flights.settled(5)
        assert seen == [0, 1]


@run
async def test_what_leaves_the_store_is_sent_beside_it(folder: Path) -> None:
    async with bench(folder) as b:
        sent: list[bytes] = []
        gate = asyncio.Event()

        async def send(row: OutboxRow) -> None:
            await gate.wait()
            sent.append(row.payload)
            if row.payload == b"1" and not row.attempts:
                raise ConnectionError("down")

        b.outbox.send("k", send)
        b.outbox.hop("h", lambda tx, row: None)
        await emit(b, "k", *(str(number).encode() for number in range(100)))
        await emit(b, "h", b"")
        while b.database.read(lambda tx: tx.one("SELECT 1 FROM outbox WHERE kind='h'")):
            await asyncio.sleep(0)
        with pytest.raises(StillMoving, match="outbox k"):
            await b.flights.settled(0)
        gate.set()
        await b.flights.settled(5)
        b.clock.advance(2)
        await b.flights.settled(5)
        assert sorted(sent) == sorted([*(str(n).encode() for n in range(100)), b"1"])


@run
async def test_many_rows_or_a_large_one_are_carried_beside_the_event_loop(folder: Path) -> None:
    async with bench(folder) as b:
        threads: list[int] = []
        b.outbox.hop("k", lambda tx, row: threads.append(threading.get_ident()))
        for payloads in ([b"1", b"2"], [b"x" * 100_000], [b"1"] * 100):
            await emit(b, "k", *payloads)
            await b.flights.settled(5)
        here = threading.get_ident()
        assert threads[:2] == [here, here] and here not in threads[2:] and len(threads) == 103


@run
async def test_a_row_that_cannot_be_noted_as_sent_is_not_sent_again_meanwhile(
    folder: Path,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eventmill.deliver.tasks.PAUSE", 0.01)
        await _send_with_a_full_disk(folder, patch)


async def _send_with_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(folder) as b:
        sent: list[bytes] = []

        async def send(row: OutboxRow) -> None:
            sent.append(row.payload)

        settle, full = outbox.settle, [True, True, True]

        def disk(tx: Transaction, number: int) -> bool:
            if full:
                full.pop()
                raise StoreError("the disk is full")
            return settle(tx, number)

        monkeypatch.setattr(outbox, "settle", disk)
        b.outbox.send("k", send)
        await emit(b, "k", b"1")
        await b.flights.settled(5)
        assert (sent, full) == ([b"1"], [])


@run
async def test_a_hop_goes_on_in_no_transaction_that_the_disk_has_ended(folder: Path) -> None:
    async with bench(folder) as b:
        await b.database.write(lambda tx: tx.execute("CREATE TABLE got(payload)") and None)
        failing = [True]

        def carry(tx: Transaction, row: OutboxRow) -> None:
            tx.execute("INSERT INTO got VALUES(?)", (row.payload,))
            tx.announce("got")
            if row.payload == b"1" and failing:
                failing.pop()
                tx.execute("ROLLBACK")
                raise OSError("disk I/O error")

        b.outbox.hop("k", carry)
        with b.database.signals.listen("got") as signal:
            await emit(b, "k", b"1", b"2")
            # Carried without their announcement, the second one's target would never wake.
            assert await asyncio.wait_for(signal.wait(), 5)
        await b.flights.settled(5)
        got = b.database.read(lambda tx: [row[0] for row in tx.all("SELECT payload FROM got")])
        assert got == [b"1", b"2"]


@run
async def test_a_row_that_its_sender_settled_takes_no_other_with_it(folder: Path) -> None:
    async with bench(folder) as b:
        got: list[bytes] = []

        async def send(row: OutboxRow) -> None:
            # As one that gave up does, with the dead letter in the same change.
            await b.database.write(lambda tx: outbox.settle(tx, row.id))
            await emit(b, "other", b"2", due=b.clock.now() + 60)

        b.outbox.send("k", send)
        b.outbox.hop("other", lambda tx, row: got.append(row.payload))
        await emit(b, "k", b"1")
        await b.flights.settled(5)
        b.clock.advance(61)
        await b.flights.settled(5)
        assert got == [b"2"]


@run
async def test_rows_of_an_earlier_version_keep_their_ids_to_themselves(folder: Path) -> None:
    old = Database(folder / "db", Clock(), {"outbox": outbox.SCHEMA[:1]}, "process")
    row = "INSERT INTO outbox(id, due, kind, target, payload, created) VALUES(7,0,'k','t','',0)"
    await old.write(lambda tx: tx.execute(row) and None)
    await old.close()
    new = Database(folder / "db", Clock(), {"outbox": outbox.SCHEMA}, "process")
    assert await new.write(lambda tx: outbox.emit(tx, "k", "t", b"")) == 8
    await new.close()
