"""Roles, recorded.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from eventmill.kernel.errors import Conflict, NotFound
from eventmill.services.contract import Call, Operations, Result, attribute_text
from eventmill.store.transaction import Row

OPERATIONS = Operations()


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
    return {
        "Path": path,
        "RoleName": name,
        "RoleId": number,
        "Arn": role_arn(call, path, name),
        "CreateDate": created,
        "AssumeRolePolicyDocument": quote(attribute_text(policy)),
    }


def _role(call: Call, name: str) -> Row:
    row = call.tx.one("SELECT * FROM iam_roles WHERE name=?", (name,))
    if row is None:
        raise NotFound("NoSuchEntity", f"The role with name {name} cannot be found.")
    return row


@OPERATIONS.write("CreateRole")
def create_role(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict (EntityAlreadyExists)."""
    name = request["RoleName"]
    if call.tx.one("SELECT 1 FROM iam_roles WHERE name=?", (name,)) is not None:
        raise Conflict("EntityAlreadyExists", f"Role with name {name} already exists.")
    document = {"AssumeRolePolicyDocument": request["AssumeRolePolicyDocument"]}
    row = put_role(call, name, request.get("Path") or "/", document)
    return {"Role": _shape(call, row)}


@OPERATIONS.read("GetRole")
def get_role(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound (NoSuchEntity)."""
    return {"Role": _shape(call, _role(call, request["RoleName"]))}


@OPERATIONS.scan("ListRoles")
def list_roles(call: Call, request: dict[str, Any]) -> Result:
    """All, by name."""
    rows = call.tx.all("SELECT * FROM iam_roles ORDER BY name")
    return {"Roles": [_shape(call, row) for row in rows], "IsTruncated": False}


@OPERATIONS.write("DeleteRole")
def delete_role(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound (NoSuchEntity)."""
    _role(call, request["RoleName"])
    call.tx.execute("DELETE FROM iam_roles WHERE name=?", (request["RoleName"],))
    return {}
