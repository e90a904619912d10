"""Roles, recorded.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from eventmill.kernel.errors import Conflict, Invalid, NotFound
from eventmill.services import paging
from eventmill.services.contract import Call, Operations, Result, attribute_text
from eventmill.services.tags import tag_list, tag_map
from eventmill.store.transaction import Row

OPERATIONS = Operations()
_HOUR = 3_600
_MEMBERS = (
    *("AssumeRolePolicyDocument", "Description", "MaxSessionDuration"),
    *("PermissionsBoundary", "Tags"),
)
"""What is kept of a role."""


def role_arn(call: Call, path: str, name: str) -> str:
    """The ARN of a role."""
    return f"arn:aws:iam::{call.account}:role{path}{name}"


def put_role(call: Call, name: str, path: str, document: dict[str, Any]) -> Row:
    """Record a role and return its row."""
    row = (name, f"AROA{call.ids.token(16).upper()}", path, json.dumps(document), call.now)
    call.tx.execute("INSERT OR REPLACE INTO iam_roles VALUES(?,?,?,?,?)", row)
    return row


def _shape(call: Call, row: Row) -> dict[str, Any]:
    name, number, path, text, created = row
    document = json.loads(text)
    policy = document.get("AssumeRolePolicyDocument", "{}")
    shape: dict[str, Any] = {
        "Path": path,
        "RoleName": name,
        "RoleId": number,
        "Arn": role_arn(call, path, name),
        "CreateDate": created,
        "AssumeRolePolicyDocument": quote(attribute_text(policy)),
        "MaxSessionDuration": int(document.get("MaxSessionDuration") or _HOUR),
    }
    if document.get("Description"):
        shape["Description"] = document["Description"]
    boundary = document.get("PermissionsBoundary")
    if boundary:
        kind = "PermissionsBoundaryPolicy"
        shape["PermissionsBoundary"] = {
            "PermissionsBoundaryType": kind,
            "PermissionsBoundaryArn": boundary,
        }
    tags = tag_list(tag_map(document.get("Tags")))
    return shape | ({"Tags": tags} if tags else {})


def _role(call: Call, name: str) -> Row:
    row = call.tx.one("SELECT * FROM iam_roles WHERE name=?", (name,))
    if row is None:
        raise NotFound("NoSuchEntity", f"The role with name {name} cannot be found.")
    return row


@OPERATIONS.write("CreateRole")
def create_role(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict (EntityAlreadyExists), Invalid."""
    name = request["RoleName"]
    if call.tx.one("SELECT 1 FROM iam_roles WHERE name=?", (name,)) is not None:
        raise Conflict("EntityAlreadyExists", f"Role with name {name} already exists.")
    duration = request.get("MaxSessionDuration")
    if duration is not None and not _HOUR <= duration <= 12 * _HOUR:
        raise Invalid(
            "ValidationError",
            f"1 validation error detected: Value '{duration}' at 'maxSessionDuration' failed to "
            f"satisfy constraint: Member must have value between {_HOUR} and {12 * _HOUR}",
        )
    document = {name: request[name] for name in _MEMBERS if request.get(name) is not None}
    row = put_role(call, name, request.get("Path") or "/", document)
    return {"Role": _shape(call, row)}


@OPERATIONS.read("GetRole")
def get_role(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound (NoSuchEntity)."""
    return {"Role": _shape(call, _role(call, request["RoleName"]))}


@OPERATIONS.scan("ListRoles")
def list_roles(call: Call, request: dict[str, Any]) -> Result:
    """By name, those below a path, without their tags."""
    prefix, limit = request.get("PathPrefix") or "/", request.get("MaxItems") or 100
    rows = call.tx.all("SELECT * FROM iam_roles ORDER BY name")
    named = [(row[0], _listed(call, row)) for row in rows if row[2].startswith(prefix)]
    found, marker = paging.keyed(named, request.get("Marker"), limit)
    answer: dict[str, Any] = {"Roles": found, "IsTruncated": marker is not None}
    return answer | ({"Marker": marker} if marker is not None else {})


def _listed(call: Call, row: Row) -> dict[str, Any]:
    return {name: value for name, value in _shape(call, row).items() if name != "Tags"}


@OPERATIONS.write("DeleteRole")
def delete_role(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound (NoSuchEntity)."""
    _role(call, request["RoleName"])
    call.tx.execute("DELETE FROM iam_roles WHERE name=?", (request["RoleName"],))
    return {}
