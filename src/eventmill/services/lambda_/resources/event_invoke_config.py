"""AWS::Lambda::EventInvokeConfig."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    generated_name,
    known,
)
from eventmill.services.lambda_ import invoke_configs
from eventmill.services.lambda_.names import Named, parse
from eventmill.services.lambda_.resources.values import typed


def _who(properties: Mapping[str, Any]) -> Named:
    return parse(properties["FunctionName"], properties["Qualifier"])


def _validate(properties: Mapping[str, Any]) -> None:
    invoke_configs.check(typed(known(properties)), "")


def _create(call: Call, resource: Resource) -> Created:
    properties = typed(resource.properties)
    invoke_configs.put(call, _who(properties), properties, merge=False)
    return Created(resource.physical_id or generated_name(resource, call.ids))


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _create(call, resource)


def _delete(call: Call, resource: Resource) -> None:
    invoke_configs.remove(call, _who(resource.properties))


EVENT_INVOKE_CONFIG = ResourceType(
    "AWS::Lambda::EventInvokeConfig",
    dict.fromkeys(
        (
            "FunctionName",
            "Qualifier",
            "DestinationConfig",
            "MaximumEventAgeInSeconds",
            "MaximumRetryAttempts",
        ),
        Support.HONOURED,
    ),
    _create,
    _update,
    _delete,
    frozenset({"FunctionName", "Qualifier"}),
    validate=_validate,
    overlaps=True,
)
