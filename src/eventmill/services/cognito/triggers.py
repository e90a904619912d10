"""Triggers: functions that a pool asks, synchronously, on the way of its users.

A function gets the event, changes its `response` and returns it. It has five seconds; a call that
takes longer is tried again, three times in all. The function's own errors reach the client.
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from eventmill.kernel.errors import Fault
from eventmill.kernel.policies import of_service
from eventmill.services.cognito import faults
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call

SECONDS = 5.0
_TRIES = 3
_PRINCIPAL = "cognito-idp.amazonaws.com"
_SDK = "aws-sdk-unknown-unknown"
NO_CLIENT = "CLIENT_ID_NOT_APPLICABLE"
"""What stands for the client where an administrator acts."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a trigger is asked: of which pool, about which user, through which client.

    `source` is the part of triggerSource behind the trigger's own name. There is no user where a
    machine gets a token.
    """

    pool: Pool
    source: str
    user_name: str
    client: str = NO_CLIENT
    version: str = "1"


async def ask(
    call: Call,
    trigger: str,
    occasion: Occasion,
    request: Mapping[str, Any],
    response: Mapping[str, Any],
) -> dict[str, Any] | None:
    """The response of the trigger's function; None when the pool has none.

    `request` and `response` are the event's. Raises Invalid: UserLambdaValidationException,
    UnexpectedLambdaException, InvalidLambdaResponseException.
    """
    function = function_of(occasion.pool, trigger)
    if function is None:
        return None
    event = {
        "version": occasion.version,
        "region": call.region,
        "userPoolId": occasion.pool.id,
        "userName": occasion.user_name,
        "callerContext": {"awsSdkVersion": _SDK, "clientId": occasion.client},
        "triggerSource": f"{_SOURCES.get(trigger, trigger)}_{occasion.source}",
        "request": request,
        "response": response,
    }
    if not occasion.user_name:
        del event["userName"]
    source = str(occasion.pool.config["Arn"])
    await call.step(lambda step: _admitted(step, trigger, function, source))
    answer = await _invoke(call, trigger, function, orjson.dumps(event))
    return _response(trigger, answer)


_SOURCES = {"PreTokenGeneration": "TokenGeneration"}


def function_of(pool: Pool, trigger: str) -> str | None:
    """The ARN of a trigger's function, or None."""
    if trigger == "PreTokenGeneration":
        versioned = pool.triggers.get("PreTokenGenerationConfig") or {}
        return versioned.get("LambdaArn") or pool.triggers.get(trigger) or None
    return pool.triggers.get(trigger) or None


def has(pool: Pool, trigger: str) -> bool:
    """Whether the pool has a function for it."""
    return function_of(pool, trigger) is not None


def attributes_of(user: User | None) -> dict[str, str]:
    """`userAttributes` of an event; none of a user that there is not."""
    if user is None:
        return {}
    return {"sub": user.sub, "cognito:user_status": user.status, **user.attributes}


def with_metadata(request: Mapping[str, Any], metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """A request with the client's ClientMetadata, where it gave any."""
    return {**request, "clientMetadata": dict(metadata)} if metadata else dict(request)


def _admitted(call: Call, trigger: str, function: str, source: str) -> None:
    """Raises Invalid unless the function is there and lets the pool invoke it."""
    known = call.directory(call.tx, function)
    if known is None:
        raise faults.unexpected(trigger, "ResourceNotFoundException")
    if not known.admits(of_service(_PRINCIPAL, source=source, account=call.account)):
        raise faults.unexpected(trigger, "AccessDeniedException")


async def _invoke(call: Call, trigger: str, function: str, event: bytes) -> bytes:
    for _ in range(_TRIES):
        # A function that is too slow runs on, as on AWS.
        running = asyncio.ensure_future(
            call.ports.api.call("lambda", "Invoke", {"FunctionName": function, "Payload": event})
        )
        running.add_done_callback(_seen)
        try:
            answer = await asyncio.wait_for(asyncio.shield(running), SECONDS)
        except TimeoutError:
            continue
        except Fault as fault:
            raise faults.unexpected(trigger, fault.code) from None
        payload = bytes(answer["Payload"])
        if answer.get("FunctionError"):
            raise faults.rejected(trigger, _words(payload))
        return payload
    raise faults.unexpected(trigger, "Socket timeout while invoking Lambda function")


def _seen(running: asyncio.Future[dict[str, Any]]) -> None:
    """Nobody waits for a late answer, nor for its error."""
    if not running.cancelled():
        running.exception()


def _words(payload: bytes) -> str:
    try:
        return str(orjson.loads(payload).get("errorMessage") or "")
    except (orjson.JSONDecodeError, AttributeError):
        return payload.decode("utf-8", "replace")


def _response(trigger: str, payload: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        raise faults.bad_answer("Invalid lambda function output : Invalid JSON") from None
    response = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(response, dict):
        raise faults.bad_answer("Unrecognizable lambda output")
    return response
