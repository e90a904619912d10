"""Events waiting for asynchronous invocation, and how each function wants them treated.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import Invalid, NotFound
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.names import Named, function_arn, parse
from eventmill.services.lambda_.operations import OPERATIONS, existing, named
from eventmill.store.transaction import Transaction

KEY = "lambda.events"
"""Announced when an event was added or its due time came closer."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event on its way to a function."""

    id: int
    request_id: str
    function: str
    payload: bytes
    due: float
    created: float
    invokes: int
    throttles: int
    trace: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a function's events are treated. `maximum_age` in seconds."""

    retries: int = 2
    maximum_age: float = 21_600
    on_success: str | None = None
    on_failure: str | None = None
    dead_letter: str | None = None


def enqueue(
    tx: Transaction,
    function_arn: str,
    payload: bytes,
    *,
    request_id: str,
    trace: str | None = None,
    source: str = "",
) -> None:
    """Put an event down for a function; the caller may then acknowledge it."""
    tx.execute(
        "INSERT INTO lambda_events(request_id, function, payload, due, created, trace, source)"
        " VALUES(?,?,?,?,?,?,?)",
        (request_id, function_arn, payload, tx.now, tx.now, trace, source),
    )
    tx.announce(KEY)


def due_events(tx: Transaction, limit: int, skip: set[int]) -> list[Event]:
    """Events whose time has come and that are not in `skip`, oldest due first."""
    rows = tx.all(
        "SELECT id, request_id, function, payload, due, created, invokes, throttles, trace, source"
        " FROM lambda_events WHERE due<=? ORDER BY due, id LIMIT ?",
        (tx.now, limit + len(skip)),
    )
    return [Event(*row) for row in rows if row[0] not in skip][:limit]


def next_due(tx: Transaction) -> float | None:
    """The earliest due time after now."""
    row = tx.one("SELECT min(due) FROM lambda_events WHERE due>?", (tx.now,))
    return None if row is None else row[0]


def treatment(tx: Transaction, arn: str) -> Treatment:
    """The settings of the function, or of the alias or version that `arn` names."""
    who = parse(arn)
    row = tx.one(
        "SELECT config FROM lambda_invoke_configs WHERE function=? AND qualifier=?",
        (who.name, who.qualifier or "$LATEST"),
    )
    config = json.loads(row[0]) if row else {}
    destinations = config.get("DestinationConfig") or {}
    version = functions.version_of(tx, who.name, who.qualifier)
    settings = functions.config_of(tx, who.name, version) or {}
    retries = config.get("MaximumRetryAttempts")
    return Treatment(
        retries=2 if retries is None else retries,
        maximum_age=config.get("MaximumEventAgeInSeconds") or 21_600,
        on_success=(destinations.get("OnSuccess") or {}).get("Destination"),
        on_failure=(destinations.get("OnFailure") or {}).get("Destination"),
        dead_letter=(settings.get("DeadLetterConfig") or {}).get("TargetArn") or None,
    )


def put(call: Call, who: Named, request: dict[str, Any], *, merge: bool) -> dict[str, Any]:
    """Write the configuration. Raises Invalid for a value out of range."""
    existing(call, who)
    qualifier = who.qualifier or "$LATEST"
    config = _stored(call, who.name, qualifier) if merge else {}
    names = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    config |= {name: request[name] for name in names if request.get(name) is not None}
    _check(config)
    call.tx.execute(
        "INSERT OR REPLACE INTO lambda_invoke_configs VALUES(?,?,?,?)",
        (who.name, qualifier, json.dumps(config), call.now),
    )
    return shape(call, who.name, qualifier, config, call.now)


def _check(config: dict[str, Any]) -> None:
    ranges = {"MaximumRetryAttempts": (0, 2), "MaximumEventAgeInSeconds": (60, 21_600)}
    for name, (low, high) in ranges.items():
        value = config.get(name)
        if value is not None and not low <= int(value) <= high:
            wire = name[0].lower() + name[1:]
            raise Invalid(
                "ValidationException",
                f"1 validation error detected: Value '{value}' at '{wire}' failed to satisfy "
                f"constraint: Member must have value between {low} and {high}",
            )


def _stored(call: Call, name: str, qualifier: str) -> dict[str, Any]:
    row = call.tx.one(
        "SELECT config FROM lambda_invoke_configs WHERE function=? AND qualifier=?",
        (name, qualifier),
    )
    if row is None:
        raise NotFound(
            "ResourceNotFoundException",
            f"The function {function_arn(call, name, qualifier)} doesn't have an EventInvokeConfig",
        )
    config: dict[str, Any] = json.loads(row[0])
    return config


def shape(
    call: Call, name: str, qualifier: str, config: dict[str, Any], modified: float
) -> dict[str, Any]:
    """The configuration as the API returns it."""
    destinations = {"OnSuccess": {}, "OnFailure": {}} | (config.get("DestinationConfig") or {})
    return config | {
        "FunctionArn": function_arn(call, name, qualifier),
        "LastModified": modified,
        "DestinationConfig": destinations,
    }


@OPERATIONS.write("PutFunctionEventInvokeConfig")
def put_function_event_invoke_config(call: Call, request: dict[str, Any]) -> Result:
    """Replaces the configuration."""
    return put(call, named(request), request, merge=False)


@OPERATIONS.write("UpdateFunctionEventInvokeConfig")
def update_function_event_invoke_config(call: Call, request: dict[str, Any]) -> Result:
    """Changes what the request names."""
    return put(call, named(request), request, merge=True)


@OPERATIONS.read("GetFunctionEventInvokeConfig")
def get_function_event_invoke_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound when there is none."""
    who = named(request)
    qualifier = who.qualifier or "$LATEST"
    return shape(call, who.name, qualifier, _stored(call, who.name, qualifier), call.now)


@OPERATIONS.read("ListFunctionEventInvokeConfigs")
def list_function_event_invoke_configs(call: Call, request: dict[str, Any]) -> Result:
    """All of a function."""
    who = named(request)
    rows = call.tx.all(
        "SELECT qualifier, config, modified FROM lambda_invoke_configs WHERE function=?",
        (who.name,),
    )
    return {
        "FunctionEventInvokeConfigs": [
            shape(call, who.name, row[0], json.loads(row[1]), row[2]) for row in rows
        ]
    }


@OPERATIONS.write("DeleteFunctionEventInvokeConfig")
def delete_function_event_invoke_config(call: Call, request: dict[str, Any]) -> Result:
    """Back to the defaults."""
    who = named(request)
    call.tx.execute(
        "DELETE FROM lambda_invoke_configs WHERE function=? AND qualifier=?",
        (who.name, who.qualifier or "$LATEST"),
    )
    return {}
