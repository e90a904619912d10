"""Invoke: synchronous, asynchronous, or a trial.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from eventmill.kernel.errors import Invalid, TooLarge
from eventmill.kernel.functions import (
    ConcurrencyExceeded,
    FunctionSpec,
    Invocation,
    RecursionDetected,
    WrongTenant,
)
from eventmill.services.contract import Call, Later, Result, Then, Upload
from eventmill.services.lambda_ import events, functions
from eventmill.services.lambda_.faults import parameter, recursive, throttled
from eventmill.services.lambda_.names import function_arn
from eventmill.services.lambda_.operations import OPERATIONS, named

_LIMITS = {"RequestResponse": 6_291_456, "DryRun": 6_291_456, "Event": 1_048_576}
_OLDER_LIMIT = 262_144
"""Of InvokeAsync, which AWS did not raise with that of Invoke."""

CONTEXT_LIMIT = 3_583
"""Bytes of a client context in base64."""

TAIL = 4_096
"""Bytes of the log that an answer carries."""


@OPERATIONS.read("Invoke")
def invoke(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid (InvalidRequestContentException), TooLarge, Throttled."""
    kind = request.get("InvocationType") or "RequestResponse"
    if kind == "RequestResponse":
        invocation = synchronous(call, request)
        return Later(lambda: _run(call, invocation, tail=request.get("LogType") == "Tail"))
    who = named(request)
    arn = function_arn(call, who.name, who.qualifier)
    tenant = request.get("TenantId")
    spec = _spec(call, arn, tenant)
    payload = _payload(request.get("Payload") or b"", kind, _LIMITS[kind])
    if kind == "DryRun":
        return {"StatusCode": 204, "ExecutedVersion": spec.version}
    return Then(lambda writing: _queue(writing, arn, payload, tenant))


def synchronous(call: Call, request: dict[str, Any]) -> Invocation:
    """The call that a request asks for. Raises NotFound, Invalid, TooLarge."""
    who = named(request)
    arn = function_arn(call, who.name, who.qualifier)
    return Invocation(
        spec=_spec(call, arn, request.get("TenantId")),
        payload=_payload(
            request.get("Payload") or b"", "RequestResponse", _LIMITS["RequestResponse"]
        ),
        request_id=call.request_id,
        invoked_arn=arn,
        trace=call.trace,
        client_context=_client_context(request.get("ClientContext")),
        source="api",
    )


@OPERATIONS.write("InvokeAsync")
def invoke_async(call: Call, request: dict[str, Any]) -> Result:
    """The older form of an asynchronous Invoke."""
    who = named(request)
    arn = function_arn(call, who.name, who.qualifier)
    _spec(call, arn, None)
    _queue(call, arn, _payload(_content(request["InvokeArgs"]), "Event", _OLDER_LIMIT))
    return {"Status": 202}


def _content(args: bytes | Upload) -> bytes:
    if isinstance(args, bytes):
        return args
    if args.blob is None:
        return args.data or b""
    if args.size > _OLDER_LIMIT:
        raise _too_large(args.size, "Event", _OLDER_LIMIT)
    content = args.blob.content()
    args.blob.discard()
    return content


def _spec(call: Call, arn: str, tenant: str | None) -> FunctionSpec:
    """What runs, for a tenant where the function asks for one. Raises NotFound, Invalid.

    https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke.html
    """
    try:
        return functions.resolve(call.tx, arn).of_tenant(tenant)
    except WrongTenant as error:
        raise parameter(str(error)) from None


def _queue(call: Call, arn: str, payload: bytes, tenant: str | None = None) -> dict[str, Any]:
    events.enqueue_event(
        call.tx,
        call.ids,
        arn,
        payload,
        trace=call.trace,
        source="api",
        request_id=call.request_id,
        tenant=tenant,
    )
    return {"StatusCode": 202}


def _payload(body: bytes, kind: str, limit: int) -> bytes:
    if len(body) > limit:
        raise _too_large(len(body), kind, limit)
    if not body:
        return b"{}"
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
            fields={"Type": "User"},
        ) from None
    return body


def _too_large(size: int, kind: str, limit: int) -> TooLarge:
    return TooLarge(
        "RequestTooLargeException",
        f"{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)",
        fields={"Type": "User"},
    )


def _client_context(text: str | None) -> str | None:
    if not text:
        return None
    try:
        if len(text) > CONTEXT_LIMIT:
            raise ValueError(f"longer than {CONTEXT_LIMIT} bytes")
        context = base64.b64decode(text, validate=True).decode()
        orjson.loads(context)
    except (binascii.Error, ValueError) as error:
        raise Invalid(
            "InvalidRequestContentException",
            f"Client context must be a valid Base64-encoded JSON object: {error}",
            fields={"Type": "User"},
        ) from None
    return context


async def _run(call: Call, invocation: Invocation, *, tail: bool) -> dict[str, Any]:
    try:
        outcome = await call.ports.invoker.invoke(invocation)
    except ConcurrencyExceeded as full:
        raise throttled(full.reason) from None
    except RecursionDetected:
        raise recursive() from None
    answer: dict[str, Any] = {
        "StatusCode": 200,
        "ExecutedVersion": outcome.executed_version,
        "Payload": outcome.payload,
    }
    if outcome.error is not None:
        answer["FunctionError"] = outcome.error
    if tail:
        answer["LogResult"] = base64.b64encode(outcome.log_tail[-TAIL:]).decode()
    return answer
