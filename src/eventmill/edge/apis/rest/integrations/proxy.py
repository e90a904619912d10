"""Lambda proxy integrations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson

from eventmill.edge.apis.rest.answers import Answer, Broken, proxied, remapped
from eventmill.edge.apis.rest.events import proxy_event
from eventmill.edge.apis.rest.failures import Failed, internal
from eventmill.edge.apis.rest.functions import Functions
from eventmill.edge.apis.rest.outgoing import TENANT, mapped_header
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.urls.streamed import INTEGRATION, prelude, unread
from eventmill.kernel.functions import Invocation, Outcome

_EVENT_LIMIT = 6_291_456
"""What Lambda takes in one call."""


class LambdaProxy:
    """Gives the whole request to a function, whose answer is the client's."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    async def __call__(self, request: Request) -> Answer:
        """The function's answer. Raises Failed."""
        method = request.method
        assert method is not None
        integration = method.integration
        if integration.method != "POST":
            # Lambda's Invoke is a POST; API Gateway passes on whatever verb the integration says.
            raise internal("Lambda is invoked with POST, set integrationHttpMethod to it")
        event = orjson.dumps(proxy_event(request))
        if len(event) > _EVENT_LIMIT:
            raise Failed("REQUEST_TOO_LARGE", "Request Too Long")
        invocation = self._functions.invocation(
            request,
            integration,
            request.arn(request.verb, method.resource_path),
            event,
            mapped_header(request, integration, TENANT),
        )
        if integration.streams:
            return await self._streamed(request, invocation, integration.timeout)
        outcome = await self._functions.run(invocation, integration.timeout)
        if outcome.failed:
            raise failed(outcome)
        return proxied(request, outcome.payload)

    async def _streamed(self, request: Request, invocation: Invocation, seconds: float) -> Answer:
        """The answer's head as soon as the function gives it, its body as it comes.

        A function that answers in one piece is heard as in the other mode.
        """
        stream, running = await self._functions.stream(invocation, seconds)
        if not stream.begun:
            outcome = await running
            if outcome.failed:
                raise failed(outcome)
            return proxied(request, outcome.payload)
        pieces = stream.pieces()
        head, first = (None, b"") if stream.content_type != INTEGRATION else await prelude(pieces)
        if head is None:
            await unread(pieces, running)
            raise internal("The streamed answer does not begin with its metadata", 502)
        status, encoded = head
        headers = [(name.decode("latin-1"), value.decode()) for name, value in encoded]
        return Answer(status, remapped(headers), first, _rest(pieces, running))


def failed(outcome: Outcome) -> Failed:
    """The function raised, timed out or exited."""
    said = outcome.payload.decode("utf-8", "replace")
    return internal(
        f"Lambda execution failed with status 200 due to customer function error: {said}", 502
    )


async def _rest(
    pieces: AsyncIterator[bytes], running: asyncio.Future[Outcome]
) -> AsyncIterator[bytes]:
    """What follows the head. Raises Broken when the function fails on its way."""
    async for piece in pieces:
        yield piece
    if (await running).failed:
        raise Broken
