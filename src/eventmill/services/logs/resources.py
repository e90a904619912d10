"""The CloudFormation types of CloudWatch Logs."""

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
from eventmill.services.logs import operations


def _days(resource: Resource) -> int | None:
    days = resource.properties.get("RetentionInDays")
    return None if days is None else int(days)


def _created(call: Call, name: str) -> Created:
    return Created(name, {"Arn": f"{operations.group_arn(call, name)}:*"})


def _create(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("LogGroupName") or generated_name(resource, call.ids, limit=512)
    operations.create_group(call, name, _days(resource))
    return _created(call, name)


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    operations.set_retention(call, name, _days(resource))
    return _created(call, name)


def _delete(call: Call, resource: Resource) -> None:
    operations.delete_group(call, resource.physical_id or "")


RESOURCES = (
    ResourceType(
        "AWS::Logs::LogGroup",
        dict.fromkeys(("LogGroupName", "RetentionInDays"), Support.HONOURED)
        | dict.fromkeys(
            ("KmsKeyId", "Tags", "LogGroupClass", "DataProtectionPolicy"), Support.RECORDED
        ),
        _create,
        _update,
        _delete,
        frozenset({"LogGroupName"}),
    ),
)
