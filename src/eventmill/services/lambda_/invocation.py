"""Invoke: synchronous, asynchronous, or a trial.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
from typing import Any

import orjson

from eventmill.kernel.errors import Fault, Invalid, Throttled
from eventmill.kernel.functions import ConcurrencyExceeded, Invocation
from eventmill.services.contract import Call, Later, Result
from eventmill.services.lambda_ import events, functions
from eventmill.services.lambda_.names import function_arn
from eventmill.services.lambda_.operations import OPERATIONS, named

SYNC_LIMIT = 6_291_456
ASYNC_LIMIT = 1_048_576


@OPERATIONS.read("Invoke")
def invoke(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid (InvalidRequestContentException), Throttled, too large."""
    who = named(request)
    spec = functions.resolve(call.tx, who.name, who.qualifier)
    kind = request.get("InvocationType") or "RequestResponse"
    payload = _payload(request.get("Payload") or b"", kind)
    arn = function_arn(call, who.name, who.qualifier)
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        return _queued(call, arn, payload)
    invocation = Invocation(
        spec=spec,
        payload=payload,
        request_id=call.request_id,
        invoked_arn=arn,
        trace=call.trace,
        client_context=_client_context(request.get("ClientContext")),
        source="api",
    )
    tail = request.get("LogType") == "Tail"
    return Later(lambda: run(call, invocation, tail=tail))


def _queued(call: Call, arn: str, payload: bytes) -> Result:
    """The read that found the function cannot write: the event is put down by the writer."""
    return Later(
        lambda: call.ports.api.call(
            "lambda",
            "__Enqueue",
            {
                "FunctionArn": arn,
                "Payload": payload,
                "RequestId": call.request_id,
                "Trace": call.trace,
            },
        )
    )


@OPERATIONS.write("__Enqueue")
def enqueue(call: Call, request: dict[str, Any]) -> Result:
    """Not an operation of AWS's: the durable half of Invoke with InvocationType Event."""
    events.enqueue(
        call.tx,
        request["FunctionArn"],
        request["Payload"],
        request_id=request["RequestId"],
        trace=request["Trace"],
        source="api",
    )
    return {"StatusCode": 202}


def _payload(body: bytes, kind: str) -> bytes:
    limit = ASYNC_LIMIT if kind == "Event" else SYNC_LIMIT
    if len(body) > limit:
        raise Fault(
            "RequestTooLargeException",
            f"{len(body)} byte payload is too large for the {kind} invocation type (limit "
            f"{limit} bytes)",
            status=413,
        )
    if not body:
        return b"{}"
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
        ) from None
    return body


def _client_context(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return base64.b64decode(text).decode()
    except ValueError:
        raise Invalid(
            "InvalidRequestContentException", "ClientContext is not base64 of a JSON text."
        ) from None


def throttled(reason: str) -> Throttled:
    """The 429 that Lambda answers."""
    return Throttled(
        "TooManyRequestsException",
        "Rate Exceeded.",
        fields={"Reason": reason, "retryAfterSeconds": "1"},
    )


async def run(call: Call, invocation: Invocation, *, tail: bool) -> dict[str, Any]:
    """Run it and shape the answer."""
    try:
        outcome = await call.ports.invoker.invoke(invocation)
    except ConcurrencyExceeded as full:
        raise throttled(full.reason) from None
    answer: dict[str, Any] = {
        "StatusCode": 200,
        "ExecutedVersion": outcome.executed_version,
        "Payload": outcome.payload,
    }
    if outcome.error is not None:
        answer["FunctionError"] = outcome.error
    if tail:
        answer["LogResult"] = base64.b64encode(outcome.log_tail[-4_096:]).decode()
    return answer
