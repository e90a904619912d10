"""How a function, version or alias wants its asynchronous events treated.

https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.arns import service_of
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.faults import missing, parameter, ranged
from eventmill.services.lambda_.names import Named, function_arn, parse
from eventmill.services.lambda_.operations import OPERATIONS, named
from eventmill.services.lambda_.paging import page
from eventmill.store.transaction import Transaction

_MEMBERS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
_RANGES = {"MaximumRetryAttempts": (0, 2), "MaximumEventAgeInSeconds": (60, 21_600)}
_TARGETS = {
    "OnSuccess": ("sqs", "sns", "lambda", "events"),
    "OnFailure": ("sqs", "sns", "lambda", "events", "s3"),
}


@dataclass(frozen=True, slots=True)
class Treatment:
    """How events are treated. `maximum_age` in seconds, the targets are ARNs."""

    retries: int = 2
    maximum_age: float = 21_600
    on_success: str | None = None
    on_failure: str | None = None
    dead_letter: str | None = None


def treatment(tx: Transaction, arn: str) -> Treatment:
    """For the function, version or alias that `arn` names."""
    who = parse(arn)
    row = tx.one(
        "SELECT config FROM lambda_invoke_configs WHERE function=? AND qualifier=?",
        (who.name, who.qualifier or functions.LATEST),
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


def put(call: Call, who: Named, given: Mapping[str, Any], *, merge: bool) -> dict[str, Any]:
    """Write the configuration. Raises NotFound, Invalid for a value out of range."""
    functions.existing(call, who)
    if not any(given.get(name) is not None for name in _MEMBERS):
        raise parameter("You must specify at least one of error handling or destination setting.")
    qualifier = who.qualifier or functions.LATEST
    config = _stored(call, who.name, qualifier)[0] if merge else {}
    config |= {name: given[name] for name in _MEMBERS if given.get(name) is not None}
    check(config, function_arn(call, who.name, qualifier))
    call.tx.execute(
        "INSERT OR REPLACE INTO lambda_invoke_configs VALUES(?,?,?,?)",
        (who.name, qualifier, json.dumps(config), call.now),
    )
    return shape(call, who.name, qualifier, config, call.now)


def remove(call: Call, who: Named) -> bool:
    """Back to the defaults; False when these already held."""
    gone = call.tx.execute(
        "DELETE FROM lambda_invoke_configs WHERE function=? AND qualifier=?",
        (who.name, who.qualifier or functions.LATEST),
    )
    return gone.rowcount > 0


def check(config: Mapping[str, Any], arn: str) -> None:
    """Raises Invalid for a number or a destination that the function `arn` cannot have."""
    for name, (low, high) in _RANGES.items():
        if name in config:
            ranged(name[0].lower() + name[1:], config[name], low, high)
    for name, services in _TARGETS.items():
        destination = ((config.get("DestinationConfig") or {}).get(name) or {}).get("Destination")
        if destination and service_of(destination) not in services:
            raise parameter(
                f"The provided destination config DestinationConfig({name}={destination}) is "
                f"invalid: it must be the ARN of {', '.join(services)}."
            )
        if destination and destination in (arn, arn.removesuffix(f":{functions.LATEST}")):
            raise parameter("You can't specify the function as a destination for itself.")
        if destination and destination.endswith(".fifo"):
            raise parameter(f"The destination {destination} must not be FIFO.")


def _stored(call: Call, name: str, qualifier: str) -> tuple[dict[str, Any], float]:
    row = call.tx.one(
        "SELECT config, modified FROM lambda_invoke_configs WHERE function=? AND qualifier=?",
        (name, qualifier),
    )
    if row is None:
        arn = function_arn(call, name, qualifier)
        raise missing(f"The function {arn} doesn't have an EventInvokeConfig")
    return json.loads(row[0]), row[1]


def shape(
    call: Call, name: str, qualifier: str, config: Mapping[str, Any], modified: float
) -> dict[str, Any]:
    """The configuration as the API returns it."""
    destinations = {"OnSuccess": {}, "OnFailure": {}} | (config.get("DestinationConfig") or {})
    return dict(config) | {
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
    qualifier = who.qualifier or functions.LATEST
    return shape(call, who.name, qualifier, *_stored(call, who.name, qualifier))


@OPERATIONS.scan("ListFunctionEventInvokeConfigs")
def list_function_event_invoke_configs(call: Call, request: dict[str, Any]) -> Result:
    """All of a function, by qualifier."""
    who = named(request)
    functions.existing(call, Named(who.name, ""))
    rows = call.tx.all(
        "SELECT qualifier, config, modified FROM lambda_invoke_configs WHERE function=?"
        " ORDER BY qualifier",
        (who.name,),
    )
    entries = [
        (qualifier or functions.LATEST, shape(call, who.name, qualifier, json.loads(config), at))
        for qualifier, config, at in rows
    ]
    return page(entries, "FunctionEventInvokeConfigs", request)


@OPERATIONS.write("DeleteFunctionEventInvokeConfig")
def delete_function_event_invoke_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound when there is none."""
    who = named(request)
    if not remove(call, who):
        arn = function_arn(call, who.name, who.qualifier or functions.LATEST)
        raise missing(f"The function {arn} doesn't have an EventInvokeConfig")
    return {}
