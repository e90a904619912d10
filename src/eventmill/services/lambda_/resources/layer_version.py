"""AWS::Lambda::LayerVersion."""

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
from eventmill.services.lambda_ import code, layers

_CONTENT = frozenset(
    {
        "Content",
        "LayerName",
        "Description",
        "CompatibleArchitectures",
        "CompatibleRuntimes",
        "LicenseInfo",
    }
)


def _create(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    name = properties.get("LayerName") or generated_name(resource, call.ids)
    package = code.unpack(call, properties["Content"], {})
    arn = layers.publish(call, name, properties, package)["LayerVersionArn"]
    return Created(arn, {"LayerVersionArn": arn})


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    return Created(arn, {"LayerVersionArn": arn})


def _delete(call: Call, resource: Resource) -> None:
    name, version = layers.parse(resource.physical_id or "")
    if version is not None:
        layers.delete(call, name, version)


LAYER_VERSION = ResourceType(
    "AWS::Lambda::LayerVersion",
    dict.fromkeys(_CONTENT, Support.HONOURED),
    _create,
    _update,
    _delete,
    _CONTENT,
    attributes=("LayerVersionArn",),
)
