"""AWS::Lambda::Permission."""

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
)
from eventmill.services.lambda_ import policies
from eventmill.services.lambda_.names import parse
from eventmill.services.lambda_.resources.values import typed

_PROPERTIES = (
    "Action",
    "EventSourceToken",
    "FunctionName",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
)


def _create(call: Call, resource: Resource) -> Created:
    sid = generated_name(resource, call.ids, limit=100)
    properties = typed(resource.properties)
    policies.add(call, parse(properties["FunctionName"]), sid, properties)
    return Created(sid, {"Id": sid})


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    sid = resource.physical_id or ""
    policies.remove(call, parse(old["FunctionName"]), sid)
    properties = typed(resource.properties)
    policies.add(call, parse(properties["FunctionName"]), sid, properties)
    return Created(sid, {"Id": sid})


def _delete(call: Call, resource: Resource) -> None:
    policies.remove(call, parse(resource.properties["FunctionName"]), resource.physical_id or "")


PERMISSION = ResourceType(
    "AWS::Lambda::Permission",
    dict.fromkeys(_PROPERTIES, Support.HONOURED),
    _create,
    _update,
    _delete,
)
