"""Invoking functions in the name of HTTP and WebSocket APIs."""

from __future__ import annotations

import asyncio

from eventmill.kernel.errors import NotFound
from eventmill.kernel.functions import Invocation, Outcome
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Invoker
from eventmill.services import lambda_
from eventmill.store.database import Database

_PRINCIPAL = "apigateway.amazonaws.com"


class Refused(Exception):
    """The function's policy does not let the API invoke it, or there is no such function."""


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
        """Run a function for an API. Raises Refused, ConcurrencyExceeded, TimeoutError.

        A function that is too slow for the API runs on, as on AWS.
        """
        if not role and not self._database.read(
            lambda tx: lambda_.may_invoke(tx, function, _PRINCIPAL, source, self._account)
        ):
            raise Refused
        try:
            spec = self._database.read(lambda tx: lambda_.resolve(tx, function))
        except NotFound:
            raise Refused from None
        running = asyncio.ensure_future(
            self._invoker.invoke(
                Invocation(spec, payload, self._ids.uuid(), function, trace, source=source)
            )
        )
        self._running.add(running)
        running.add_done_callback(self._forget)
        return await asyncio.wait_for(asyncio.shield(running), seconds)

    def _forget(self, running: asyncio.Future[Outcome]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()
