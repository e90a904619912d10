"""AWS::Lambda::Version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Created, Resource, ResourceType, Support
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.names import parse
from eventmill.services.lambda_.resources.values import provision
from eventmill.services.lambda_.versions import publish


def _create(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    config = publish(
        call,
        parse(properties["FunctionName"]).name,
        properties.get("Description"),
        properties.get("CodeSha256"),
    )
    arn = config["FunctionArn"]
    provision(call, parse(arn), properties)
    return Created(arn, {"Version": config["Version"], "FunctionArn": arn})


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    provision(call, parse(arn), resource.properties)
    return Created(arn, {"Version": parse(arn).qualifier, "FunctionArn": arn})


def _delete(call: Call, resource: Resource) -> None:
    functions.delete_version(call, *parse(resource.physical_id or ""))


VERSION = ResourceType(
    "AWS::Lambda::Version",
    {
        "FunctionName": Support.HONOURED,
        "Description": Support.HONOURED,
        "CodeSha256": Support.HONOURED,
        "RuntimePolicy": Support.RECORDED,
        "ProvisionedConcurrencyConfig": Support.HONOURED,
        "FunctionScalingConfig": Support.RECORDED,
    },
    _create,
    _update,
    _delete,
    frozenset({"FunctionName", "CodeSha256", "Description"}),
    adopts=(),
    attributes=("FunctionArn", "Version"),
)
