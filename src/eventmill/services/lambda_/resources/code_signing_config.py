"""AWS::Lambda::CodeSigningConfig."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Created, Resource, ResourceType, Support
from eventmill.services.lambda_ import code_signing


def _created(config: Mapping[str, Any]) -> Created:
    arn = config["CodeSigningConfigArn"]
    number = config["CodeSigningConfigId"]
    return Created(arn, {"CodeSigningConfigArn": arn, "CodeSigningConfigId": number})


def _create(call: Call, resource: Resource) -> Created:
    return _created(code_signing.put(call, None, resource.properties))


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _created(code_signing.put(call, resource.physical_id, resource.properties))


def _delete(call: Call, resource: Resource) -> None:
    code_signing.delete(call, resource.physical_id or "")


CODE_SIGNING_CONFIG = ResourceType(
    "AWS::Lambda::CodeSigningConfig",
    dict.fromkeys(
        ("AllowedPublishers", "CodeSigningPolicies", "Description", "Tags"), Support.RECORDED
    ),
    _create,
    _update,
    _delete,
)
