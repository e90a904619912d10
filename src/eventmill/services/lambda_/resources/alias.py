"""AWS::Lambda::Alias."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Created, Resource, ResourceType, Support, known
from eventmill.services.lambda_ import aliases, provisioned
from eventmill.services.lambda_.names import parse
from eventmill.services.lambda_.resources.values import provision, typed


def _weights(properties: Mapping[str, Any]) -> dict[str, float]:
    routing = properties.get("RoutingConfig") or {}
    return {
        str(entry["FunctionVersion"]): float(entry["FunctionWeight"])
        for entry in routing.get("AdditionalVersionWeights", ())
    }


def _validate(properties: Mapping[str, Any]) -> None:
    plain = known(properties)
    version = str(plain.get("FunctionVersion") or "")
    aliases.check(plain.get("Name") or "name", version, _weights(plain))
    wanted = typed(plain.get("ProvisionedConcurrencyConfig") or {})
    if wanted:
        provisioned.check(wanted["ProvisionedConcurrentExecutions"])


def _put(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    name = parse(properties["FunctionName"]).name
    weights = _weights(properties)
    request = dict(properties) | {"RoutingConfig": {"AdditionalVersionWeights": weights}}
    arn = aliases.put(call, name, properties["Name"], request)["AliasArn"]
    provision(call, parse(arn), properties)
    return Created(arn, {"AliasArn": arn})


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put(call, resource)


def _delete(call: Call, resource: Resource) -> None:
    aliases.delete(call, *parse(resource.physical_id or ""))


ALIAS = ResourceType(
    "AWS::Lambda::Alias",
    {
        "FunctionName": Support.HONOURED,
        "FunctionVersion": Support.HONOURED,
        "Name": Support.HONOURED,
        "Description": Support.HONOURED,
        "RoutingConfig": Support.HONOURED,
        "ProvisionedConcurrencyConfig": Support.HONOURED,
    },
    _put,
    _update,
    _delete,
    frozenset({"FunctionName", "Name"}),
    validate=_validate,
    adopts=(),
    attributes=("AliasArn",),
)
