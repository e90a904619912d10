"""AWS::SSM::Parameter.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    attribute_text,
    generated_name,
)
from eventmill.services.ssm import faults, store
from eventmill.services.ssm.operations import GIVEN
from eventmill.services.tags import tag_map

H, R = Support.HONOURED, Support.RECORDED


def _put(call: Call, resource: Resource, name: str, *, overwrite: bool) -> Created:
    properties = resource.properties
    if properties.get("Type") == store.SECURE:
        raise faults.validation("CloudFormation does not make parameters of type SecureString.")
    # What the template no longer names falls back to nothing, not to the version before.
    given = {"Description": "", "AllowedPattern": "", "Policies": ""} | {
        key: properties[key] for key in GIVEN if properties.get(key) is not None
    }
    value = attribute_text(properties["Value"])
    version = store.put(call, name, value, given, overwrite=overwrite)
    store.set_tags(call.tx, name, tag_map(properties.get("Tags")))
    return Created(name, {"Type": version.entry["Type"], "Value": version.value})


def _create(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("Name") or f"CFN-{generated_name(resource, call.ids)}"
    return _put(call, resource, name, overwrite=False)


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put(call, resource, resource.physical_id or "", overwrite=True)


def _delete(call: Call, resource: Resource) -> None:
    store.delete(call.tx, resource.physical_id or "")


RESOURCES = (
    ResourceType(
        "AWS::SSM::Parameter",
        dict.fromkeys(("Name", "Type", "Value", "Description", "AllowedPattern", "Tags"), H)
        | dict.fromkeys(("Tier", "Policies", "DataType"), R),
        _create,
        _update,
        _delete,
        frozenset({"Name"}),
        attributes=("Type", "Value"),
    ),
)
