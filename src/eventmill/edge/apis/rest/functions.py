"""Invoking functions for a REST API."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from eventmill.edge.apis.rest.failures import Failed, internal
from eventmill.edge.apis.rest.request import Request
from eventmill.kernel.errors import NotFound
from eventmill.kernel.functions import ConcurrencyExceeded, Invocation, Outcome
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Invoker
from eventmill.kernel.streams import ResponseStream
from eventmill.services import lambda_
from eventmill.services.apigateway import function_of
from eventmill.store.database import Database

_PRINCIPAL = "apigateway.amazonaws.com"


class Functions:
    """Runs functions in the name of APIs."""

    def __init__(self, database: Database, ids: Ids, invoker: Invoker) -> None:
        self._database = database
        self._ids = ids
        self._invoker = invoker
        self._running: set[asyncio.Future[Outcome]] = set()

    def invocation(
        self, request: Request, uri: str, source: str, payload: bytes, *, role: bool = False
    ) -> Invocation:
        """What to run for the function that a URI names.

        The function's policy must allow the API to, unless the integration has a role to do it
        with. Raises Failed, as for a function that is not there.
        """
        function = function_of(uri)
        if function is None:
            raise internal(f"{uri} names no function")
        account = request.account
        allowed = role or self._database.read(
            lambda tx: lambda_.may_invoke(tx, function, _PRINCIPAL, source, account)
        )
        if not allowed:
            raise internal(
                f"Invalid permissions on Lambda function {function}: it must allow {_PRINCIPAL} "
                f"to invoke it for {source}"
            )
        try:
            spec = self._database.read(lambda tx: lambda_.resolve(tx, function))
        except NotFound:
            raise internal(f"There is no function {function}") from None
        trace = request.trace
        return Invocation(spec, payload, self._ids.uuid(), function, trace, source=source)

    async def run(self, invocation: Invocation, seconds: float) -> Outcome:
        """Its outcome. Raises Failed when it takes longer, or when Lambda is at its limit.

        A function that is too slow for the API runs on, as on AWS.
        """
        running = self._started(invocation)
        try:
            return await asyncio.wait_for(asyncio.shield(running), seconds)
        except TimeoutError:
            raise Failed("INTEGRATION_TIMEOUT", "Endpoint request timed out") from None
        except ConcurrencyExceeded as error:
            raise internal(f"Lambda invocation failed with status: 429. {error}") from None

    async def stream(
        self, invocation: Invocation, seconds: float
    ) -> tuple[ResponseStream, asyncio.Future[Outcome]]:
        """Start it and wait for the first sign of its answer. Raises Failed as `run` does."""
        stream = ResponseStream()
        running = self._started(replace(invocation, stream=stream))
        running.add_done_callback(lambda _: stream.end())
        try:
            if not await asyncio.wait_for(stream.started(), seconds):
                await running
        except TimeoutError:
            raise Failed("INTEGRATION_TIMEOUT", "Endpoint request timed out") from None
        except ConcurrencyExceeded as error:
            raise internal(f"Lambda invocation failed with status: 429. {error}") from None
        return stream, running

    def _started(self, invocation: Invocation) -> asyncio.Future[Outcome]:
        running = asyncio.ensure_future(self._invoker.invoke(invocation))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return running
