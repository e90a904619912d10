"""AWS::Lambda::LayerVersionPermission."""

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
from eventmill.services.lambda_ import layer_policies, layers

_PROPERTIES = ("Action", "LayerVersionArn", "OrganizationId", "Principal")


def _create(call: Call, resource: Resource) -> Created:
    sid = generated_name(resource, call.ids, limit=100)
    arn = resource.properties["LayerVersionArn"]
    _, version = layers.parse(arn)
    layer_policies.add(call, arn, version or 0, sid, resource.properties)
    return Created(f"{arn}#{sid}", {"Id": f"{arn}#{sid}"})


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return Created(resource.physical_id or "", {"Id": resource.physical_id})


def _delete(call: Call, resource: Resource) -> None:
    layer_policies.remove(call, *(resource.physical_id or "#").split("#"))


LAYER_VERSION_PERMISSION = ResourceType(
    "AWS::Lambda::LayerVersionPermission",
    dict.fromkeys(_PROPERTIES, Support.RECORDED),
    _create,
    _update,
    _delete,
    frozenset(_PROPERTIES),
)
