"""Invoking functions in the name of APIs."""

from __future__ import annotations

import asyncio

from eventmill.edge.admission import Refused, admitted, existing
from eventmill.kernel.functions import FunctionSpec, Invocation, Outcome, WrongTenant
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Invoker
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

_PRINCIPAL = "apigateway.amazonaws.com"


class Functions:
    """Runs functions as API Gateway does: with a permission, or with a role that needs none."""

    def __init__(
        self, database: Database, ids: Ids, invoker: Invoker, account: str, region: str
    ) -> None:
        self._database = database
        self._ids = ids
        self._invoker = invoker
        self._account = account
        self._arn = f"arn:aws:execute-api:{region}:{account}"
        self._running: set[asyncio.Future[Outcome]] = set()

    def arn(self, api: str, rest: str) -> str:
        """The ARN of a request (`<stage>/<method>/<path>`), as policies name it."""
        return f"{self._arn}:{api}/{rest}"

    def invocation(
        self,
        function: str,
        payload: bytes,
        source: str,
        *,
        role: bool = False,
        trace: str | None = None,
        tenant: str | None = None,
    ) -> Invocation:
        """What to run for an API. Raises Refused, which says why, and WrongTenant."""
        spec = self._database.read(lambda tx: self._admitted(tx, function, source, role=role))
        spec = spec.of_tenant(tenant)
        return Invocation(spec, payload, self._ids.uuid(), function, trace, source=source)

    def _admitted(self, tx: Transaction, function: str, source: str, *, role: bool) -> FunctionSpec:
        if role:
            return existing(tx, function)
        return admitted(tx, function, _PRINCIPAL, source, self._account)

    def start(self, invocation: Invocation) -> asyncio.Future[Outcome]:
        """Run it whether or not anybody goes on waiting for it.

        A function that is too slow for the API runs on, as on AWS.
        """
        running = asyncio.ensure_future(self._invoker.invoke(invocation))
        self._running.add(running)
        running.add_done_callback(self._forget)
        return running

    def _forget(self, running: asyncio.Future[Outcome]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()

    async def run(
        self,
        function: str,
        payload: bytes,
        source: str,
        seconds: float,
        *,
        role: bool = False,
        trace: str | None = None,
    ) -> Outcome:
        """Its outcome. Raises Refused, ConcurrencyExceeded, TimeoutError."""
        try:
            invocation = self.invocation(function, payload, source, role=role, trace=trace)
        except WrongTenant as error:
            raise Refused(str(error)) from None
        return await asyncio.wait_for(asyncio.shield(self.start(invocation)), seconds)
