"""InvokeWithResponseStream: the answer as events, while the function gives it.

https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from eventmill.kernel.functions import ConcurrencyExceeded, Invocation, Outcome, RecursionDetected
from eventmill.kernel.streams import ResponseStream
from eventmill.services.contract import Call, Later, Result
from eventmill.services.lambda_.faults import recursive, throttled
from eventmill.services.lambda_.invocation import TAIL, synchronous
from eventmill.services.lambda_.operations import OPERATIONS

_BYTES = "application/octet-stream"


@OPERATIONS.read("InvokeWithResponseStream")
def invoke_with_response_stream(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid (InvalidRequestContentException), TooLarge, Throttled."""
    invocation = synchronous(call, request)
    if request.get("InvocationType") == "DryRun":
        return {"StatusCode": 204, "ExecutedVersion": invocation.spec.version}
    return Later(lambda: _run(call, invocation, tail=request.get("LogType") == "Tail"))


async def _run(call: Call, invocation: Invocation, *, tail: bool) -> dict[str, Any]:
    stream = ResponseStream()
    running = asyncio.ensure_future(call.ports.invoker.invoke(replace(invocation, stream=stream)))
    running.add_done_callback(lambda _: stream.end())
    if not await stream.started():
        try:
            await running
        except ConcurrencyExceeded as full:
            raise throttled(full.reason) from None
        except RecursionDetected:
            raise recursive() from None
    return {
        "StatusCode": 200,
        "ExecutedVersion": invocation.spec.version,
        "ResponseStreamContentType": stream.content_type or _BYTES,
        "__events__": _events(stream, running, tail=tail),
    }


async def _events(
    stream: ResponseStream, running: asyncio.Future[Outcome], *, tail: bool
) -> AsyncIterator[dict[str, Any]]:
    """Pieces, then how it ended. A function that does not stream answers in one piece."""
    async for piece in stream.pieces():
        yield {"PayloadChunk": {"Payload": piece}}
    outcome = await running
    complete: dict[str, Any] = {}
    if outcome.error is not None:
        complete = {"ErrorCode": outcome.error, "ErrorDetails": outcome.payload.decode()}
    elif not stream.begun:
        yield {"PayloadChunk": {"Payload": outcome.payload}}
    if tail:
        complete["LogResult"] = base64.b64encode(outcome.log_tail[-TAIL:]).decode()
    yield {"InvokeComplete": complete}
