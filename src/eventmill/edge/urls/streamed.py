"""A URL in RESPONSE_STREAM mode: bytes go to the client as the function gives them.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from eventmill.edge.body import Send
from eventmill.edge.payloads import returned
from eventmill.edge.urls.answers import FAILED, Headers, answer, head_of, merged
from eventmill.kernel.functions import Invocation, Outcome
from eventmill.kernel.ports import Invoker
from eventmill.kernel.streams import ResponseStream

INTEGRATION = "application/vnd.awslambda.http-integration-response"
_END = bytes(8)
_PRELUDE_LIMIT = 1_048_576
_BYTES = (b"content-type", b"application/octet-stream")


async def send_streamed(
    invoker: Invoker, invocation: Invocation, send: Send, shown: Headers
) -> None:
    """Invoke and answer. Raises ConcurrencyExceeded before anything is sent.

    The send of each piece waits for a slow client, and with it the function. A client that is
    gone does not end the invocation: as on AWS it runs on, and its bytes are dropped.
    """
    stream = ResponseStream()
    running = asyncio.ensure_future(invoker.invoke(replace(invocation, stream=stream)))
    running.add_done_callback(lambda _: stream.end())
    if not await stream.started():
        outcome = await running
        await answer(send, FAILED if outcome.failed else (200, [_BYTES], outcome.payload), shown)
        return
    pieces = stream.pieces()
    head: tuple[int, Headers] | None = (200, [(b"content-type", stream.content_type.encode())])
    first = b""
    if stream.content_type == INTEGRATION:
        head, first = await prelude(pieces)
    if head is None:
        await unread(pieces, running)
        await answer(send, FAILED, shown)
        return
    status, headers = head
    start = {"type": "http.response.start", "status": status, "headers": merged(headers, shown)}
    await send(start)
    await send({"type": "http.response.body", "body": first, "more_body": True})
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    # An answer that broke off stays without its end, so that the client sees it.
    if not (await running).failed:
        await send({"type": "http.response.body", "body": b""})


async def prelude(pieces: AsyncIterator[bytes]) -> tuple[tuple[int, Headers] | None, bytes]:
    """((status, headers), what follows): JSON up to eight zero bytes. (None, b"") without it."""
    held = b""
    async for piece in pieces:
        held += piece
        found = held.find(_END)
        if found >= 0:
            return _parsed(held[:found]), held[found + len(_END) :]
        if len(held) > _PRELUDE_LIMIT:
            break
    return None, b""


async def unread(pieces: AsyncIterator[bytes], running: asyncio.Future[Outcome]) -> None:
    """Let a function end whose answer is of no use: it would wait for its reader."""
    async for _ in pieces:
        pass
    await running


def _parsed(text: bytes) -> tuple[int, Headers] | None:
    result = returned(text)
    return head_of(result, _BYTES) if isinstance(result, dict) else None
