"""The CloudFormation types of IAM, all recorded."""

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
from eventmill.services.iam.operations import put_role, role_arn

_ROLE = (
    "AssumeRolePolicyDocument",
    "ManagedPolicyArns",
    "Policies",
    "Path",
    "Description",
    "MaxSessionDuration",
    "PermissionsBoundary",
    "Tags",
)
_POLICY = (
    "PolicyDocument",
    "PolicyName",
    "Roles",
    "Users",
    "Groups",
    "ManagedPolicyName",
    "Description",
    "Path",
)


def _role(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    name = resource.physical_id or properties.get("RoleName")
    name = name or generated_name(resource, call.ids)
    path = properties.get("Path") or "/"
    row = put_role(call, name, path, properties)
    return Created(name, {"Arn": role_arn(call, path, name), "RoleId": row[1]})


def _change_role(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _role(call, resource)


def _drop_role(call: Call, resource: Resource) -> None:
    call.tx.execute("DELETE FROM iam_roles WHERE name=?", (resource.physical_id,))


def _policy(call: Call, resource: Resource) -> Created:
    """A policy decides nothing here: the stack's own record is all that is kept of it."""
    name = resource.physical_id or generated_name(resource, call.ids, limit=128)
    return Created(name, {"PolicyArn": f"arn:aws:iam::{call.account}:policy/{name}"})


def _change_policy(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _policy(call, resource)


def _drop_policy(call: Call, resource: Resource) -> None:
    """Nothing is kept of it."""


RESOURCES = (
    ResourceType(
        "AWS::IAM::Role",
        dict.fromkeys(_ROLE, Support.RECORDED) | {"RoleName": Support.HONOURED},
        _role,
        _change_role,
        _drop_role,
        frozenset({"RoleName", "Path"}),
        adopts=(),
        attributes=("Arn", "RoleId"),
    ),
    *(
        ResourceType(
            name, dict.fromkeys(_POLICY, Support.RECORDED), _policy, _change_policy, _drop_policy
        )
        for name in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    ),
)
