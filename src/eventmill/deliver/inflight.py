"""What is still moving, and what will move later: the truth that `settle()` waits for.

Most of it is in the database (outbox rows, events, visible messages, unread records), the rest in
hands: a batch between its take and its settlement. Whoever takes raises its hold before the take
is queued and drops it after the settlement is committed. So while one stage hands over to the
next, at least one of the two shows it, and both are read in one step of the event loop.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from eventmill.kernel.functions import Invocation, Outcome
from eventmill.kernel.ports import Invoker
from eventmill.store import outbox
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

_LOOK_AGAIN = 0.1
"""Real seconds after which `settled` looks again although no hold was dropped: what moves may
also end by a resource being deleted."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Something on its way. `due` is when it goes on; None when it goes on without time passing."""

    name: str
    count: int = 1
    due: float | None = None


Probe = Callable[[Transaction], Iterable[Motion]]
"""Finds what moves in committed state (and in the memory of the one who looks)."""


@dataclass(frozen=True, slots=True)
class Report:
    """What moves now, and what is due later, earliest first."""

    moving: Sequence[Motion]
    later: Sequence[Motion]

    def __str__(self) -> str:
        return ", ".join(f"{motion.name} ({motion.count})" for motion in self.moving) or "nothing"


class StillMoving(TimeoutError):
    """`settled` reached its deadline; `report` names what was still moving."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"still in flight: {report}")
        self.report = report


class Flights:
    """See the module. Use it on the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: Counter[str] = Counter()
        self._probes: list[Probe] = [_outbox]
        self._dropped = asyncio.Event()

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Say that something named `name` is in hand."""
        self._held[name] += 1
        try:
            yield
        finally:
            self._held[name] -= 1
            if not self._held[name]:
                del self._held[name]
            self._dropped.set()

    def add(self, probe: Probe) -> Callable[[], None]:
        """Ask `probe` too from now on; returns how to stop asking it."""
        self._probes.append(probe)

        def forget() -> None:
            with suppress(ValueError):
                self._probes.remove(probe)

        return forget

    def look(self) -> Report:
        """What is in flight at this moment."""
        held = [Motion(name, count) for name, count in self._held.items()]
        found = held + self._database.read(self._probed)
        later = [motion for motion in found if motion.due is not None]
        return Report(
            [motion for motion in found if motion.due is None],
            sorted(later, key=lambda motion: motion.due or 0.0),
        )

    async def settled(self, seconds: float) -> Report:
        """Wait until nothing moves; the report then names what is due later.

        Raises StillMoving after `seconds` of real time.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            self._dropped.clear()
            # A write that is queued now is committed when this one is.
            await self._database.write(_barrier)
            report = self.look()
            if not report.moving:
                return report
            left = deadline - loop.time()
            if left <= 0:
                raise StillMoving(report)
            try:
                await asyncio.wait_for(self._dropped.wait(), min(left, _LOOK_AGAIN))
            except TimeoutError:
                continue

    def _probed(self, tx: Transaction) -> list[Motion]:
        return [motion for probe in self._probes for motion in probe(tx)]


class CountedInvoker:
    """An invoker whose running invocations are in flight."""

    def __init__(self, invoker: Invoker, flights: Flights) -> None:
        self._invoker = invoker
        self._flights = flights

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run it once. Raises ConcurrencyExceeded, RecursionDetected."""
        with self._flights.hold(f"invocation of {invocation.spec.name}"):
            return await self._invoker.invoke(invocation)

    def forget(self, function_arn: str) -> None:
        """Let go of the environments of a function that was changed or deleted."""
        self._invoker.forget(function_arn)


def _outbox(tx: Transaction) -> Iterator[Motion]:
    for kind, due, count in outbox.waiting(tx):
        yield Motion(f"outbox {kind}", count, None if due <= tx.now else due)


def _barrier(tx: Transaction) -> None:
    """Changes nothing."""
