"""The loop over the outbox: each due row goes to the carrier of its kind.

A hop between two of our own services happens in one transaction with the row's deletion, many
rows in one commit, so exactly once. What leaves our store (HTTP, mail) is carried outside a
transaction and its row deleted afterwards, so at least once.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from eventmill.deliver.tasks import Tasks, lasting
from eventmill.kernel.errors import Fault
from eventmill.services.contract import INLINE_BODY
from eventmill.store import outbox
from eventmill.store.database import Database
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

Carrier = Callable[[Transaction, OutboxRow], None]
"""Makes the change at the target. Raises `Postpone` to try again at a time of its own choosing;
anything else that it raises undoes its change and tries again by the common schedule. A carrier
that gives a row up returns normally, after it has put the event where its source wants it."""

Sender = Callable[[OutboxRow], Awaitable[None]]
"""As a carrier, but outside our store."""

FIRST_RETRY = 1.0
LONGEST_RETRY = 300.0

_HOPS = 128
_SENDS = 64
_FEW = 32
_log = logging.getLogger(__name__)


class Postpone(Exception):
    """Not now: carry the row again from `due` (moved time) on.

    `counted` is False when the target was not tried, as when it may not be called so often.
    """

    def __init__(self, due: float, *, counted: bool = True) -> None:
        super().__init__(f"until {due}")
        self.due = due
        self.counted = counted


def backoff(attempts: int, first: float = FIRST_RETRY, longest: float = LONGEST_RETRY) -> float:
    """Seconds before the next try after `attempts` earlier failures."""
    return min(longest, first * 2.0 ** min(attempts, 32))


class Outbox:
    """See the module. Register every kind before `start`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hops: dict[str, Carrier] = {}
        self._senders: dict[str, Sender] = {}
        self._tasks = Tasks()
        self._sending: set[int] = set()

    def hop(self, kind: str, carrier: Carrier) -> None:
        """Rows of `kind` go to another of our services, in one transaction."""
        self._hops[kind] = carrier

    def send(self, kind: str, sender: Sender) -> None:
        """Rows of `kind` leave our store."""
        self._senders[kind] = sender

    def start(self) -> None:
        """Begin to carry."""
        self._tasks.keep(self._run, "outbox")

    async def stop(self, grace: float) -> None:
        """Stop; sendings that do not end within `grace` real seconds are done again later."""
        await self._tasks.stop(grace, "outbox")

    async def _run(self) -> None:
        with self._database.signals.listen(outbox.KEY) as signal:
            while True:
                hops, sends, later = self._database.read(self._look)
                for row in sends:
                    self._sending.add(row.id)
                    self._tasks.start(self._send(row, signal.fire), f"outbox row {row.id}")
                if hops:
                    await self._database.write(partial(self._carry, rows=hops), long=_long(hops))
                else:
                    await signal.wait(later)

    def _look(self, tx: Transaction) -> tuple[list[OutboxRow], list[OutboxRow], float | None]:
        """The hops and the sendings that are due, and when others will be."""
        kinds, later = outbox.look(tx, (*self._hops, *self._senders))
        hops = outbox.due_rows(tx, [kind for kind in kinds if kind in self._hops], _HOPS)
        sends = outbox.due_rows(tx, [kind for kind in kinds if kind in self._senders], _SENDS)
        free = max(0, _SENDS - len(self._sending))
        return hops, [row for row in sends if row.id not in self._sending][:free], later

    def _carry(self, tx: Transaction, rows: list[OutboxRow]) -> None:
        for row in rows:
            try:
                with tx.attempt():
                    if outbox.settle(tx, row.id):
                        self._hops[row.kind](tx, row)
            except Postpone as later:
                outbox.retry(tx, row.id, later.due, counted=later.counted)
            except Exception as error:
                if tx.ended:
                    raise
                _warn(row, error)
                outbox.retry(tx, row.id, tx.now + backoff(row.attempts))

    async def _send(self, row: OutboxRow, wake: Callable[[], None]) -> None:
        try:
            change = await self._sent(row)
            # What was sent is not sent again for each time that the disk does not take note of it.
            await lasting(lambda: self._database.write(change), f"noting outbox row {row.id}")
        finally:
            self._sending.discard(row.id)
            wake()

    async def _sent(self, row: OutboxRow) -> Callable[[Transaction], object]:
        """Send a row; what then is to be noted."""
        try:
            await self._senders[row.kind](row)
        except Postpone as later:
            due, counted = later.due, later.counted
            return lambda tx: outbox.retry(tx, row.id, due, counted=counted)
        except Exception as error:
            _warn(row, error)
            delay = backoff(row.attempts)
            return lambda tx: outbox.retry(tx, row.id, tx.now + delay)
        return lambda tx: outbox.settle(tx, row.id)


def _long(rows: list[OutboxRow]) -> bool:
    """Whether carrying them is too much for the event loop: many, or one whose body becomes a file
    at its target."""
    return len(rows) > _FEW or any(len(row.payload) > INLINE_BODY for row in rows)


def _warn(row: OutboxRow, error: Exception) -> None:
    # A fault is the target's answer; anything else is a defect of ours and needs its traceback.
    detail = None if isinstance(error, Fault) else error
    _log.warning(
        "%s to %s failed (%s), try %s",
        row.kind,
        row.target,
        error,
        row.attempts + 1,
        exc_info=detail,
    )
