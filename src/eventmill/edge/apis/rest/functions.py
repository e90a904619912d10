"""Invoking functions for a REST API: what goes wrong is one of its gateway responses."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from eventmill.edge.admission import Refused
from eventmill.edge.apis import functions
from eventmill.edge.apis.rest.failures import Failed, internal
from eventmill.edge.apis.rest.model import Authorizer, Integration
from eventmill.edge.apis.rest.request import Request
from eventmill.kernel.functions import ConcurrencyExceeded, Invocation, Outcome, WrongTenant
from eventmill.kernel.streams import ResponseStream


class Functions:
    """Runs functions in the name of REST APIs."""

    def __init__(self, inner: functions.Functions) -> None:
        self._inner = inner

    def invocation(
        self,
        request: Request,
        by: Integration | Authorizer,
        source: str,
        payload: bytes,
        tenant: str | None = None,
    ) -> Invocation:
        """What to run for the function that `by` names.

        The function's policy must allow the API to, unless `by` has a role to do it with. Raises
        Failed, as for a function that is not there.
        """
        if by.function is None:
            raise internal(f"{by.uri} names no function")
        try:
            return self._inner.invocation(
                by.function, payload, source, role=by.role, trace=request.trace, tenant=tenant
            )
        except WrongTenant as error:
            raise Failed("BAD_REQUEST_PARAMETERS", str(error), 400) from None
        except Refused as error:
            raise internal(str(error)) from None

    async def run(self, invocation: Invocation, seconds: float) -> Outcome:
        """Its outcome. Raises Failed when it takes longer, or when Lambda is at its limit."""
        running = self._inner.start(invocation)
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
        running = self._inner.start(replace(invocation, stream=stream))
        running.add_done_callback(lambda _: stream.end())
        try:
            if not await asyncio.wait_for(stream.started(), seconds):
                await running
        except TimeoutError:
            raise Failed("INTEGRATION_TIMEOUT", "Endpoint request timed out") from None
        except ConcurrencyExceeded as error:
            raise internal(f"Lambda invocation failed with status: 429. {error}") from None
        return stream, running
