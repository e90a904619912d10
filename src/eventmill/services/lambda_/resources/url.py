"""AWS::Lambda::Url."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Created, Resource, ResourceType, Support, known
from eventmill.services.lambda_ import urls
from eventmill.services.lambda_.names import Named, parse
from eventmill.services.lambda_.resources.values import typed


def _who(properties: Mapping[str, Any]) -> Named:
    return parse(properties["TargetFunctionArn"], properties.get("Qualifier"))


def _validate(properties: Mapping[str, Any]) -> None:
    urls.check(typed(known(properties)))


def _created(shape: Mapping[str, Any]) -> Created:
    arn = shape["FunctionArn"]
    return Created(arn, {"FunctionArn": arn, "FunctionUrl": shape["FunctionUrl"]})


def _create(call: Call, resource: Resource) -> Created:
    properties = typed(resource.properties)
    return _created(urls.create(call, _who(properties), properties))


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    properties = {"Cors": {}, "InvokeMode": "BUFFERED"} | typed(resource.properties)
    return _created(urls.update(call, _who(properties), properties))


def _delete(call: Call, resource: Resource) -> None:
    urls.delete(call, _who(resource.properties))


URL = ResourceType(
    "AWS::Lambda::Url",
    dict.fromkeys(
        ("TargetFunctionArn", "Qualifier", "AuthType", "Cors", "InvokeMode"), Support.HONOURED
    ),
    _create,
    _update,
    _delete,
    frozenset({"TargetFunctionArn", "Qualifier"}),
    validate=_validate,
    attributes=("FunctionArn", "FunctionUrl"),
)
