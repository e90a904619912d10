"""Provisioned concurrency: the environments that functions want kept ready are.

https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from eventmill.deliver.inflight import Flights
from eventmill.deliver.tasks import Tasks
from eventmill.kernel.functions import FunctionSpec
from eventmill.services import lambda_
from eventmill.services.lambda_ import Provision
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


class Warmer(Protocol):
    """Starts environments ahead of their invocations."""

    async def provision(self, targets: Sequence[tuple[FunctionSpec, int]]) -> None:
        """Keep so many environments of each ready from now on, and of others none; returns when
        they are."""


class Provisioning:
    """See the module."""

    def __init__(self, database: Database, flights: Flights, warmer: Warmer) -> None:
        self._database = database
        self._flights = flights
        self._warmer = warmer
        self._known: list[Provision] = []
        self._tasks = Tasks()

    def start(self) -> None:
        """Begin."""
        self._tasks.keep(self._run, "provisioned concurrency")

    async def stop(self) -> None:
        """Stop."""
        await self._tasks.stop(0, "provisioned concurrency")

    async def _run(self) -> None:
        with self._database.signals.listen(lambda_.FUNCTIONS_KEY) as signal:
            while True:
                wanted = self._database.read(lambda tx: list(lambda_.provisions(tx)))
                if wanted != self._known:
                    with self._flights.hold("provisioned concurrency"):
                        await self._warmer.provision([(one.spec, one.wanted) for one in wanted])
                        await self._database.write(partial(_ready, wanted=wanted))
                    self._known = wanted
                await signal.wait()


def _ready(tx: Transaction, wanted: Sequence[Provision]) -> None:
    for provision in wanted:
        lambda_.set_ready(tx, provision, provision.wanted)
