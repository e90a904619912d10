"""Resource servers: the scopes of an application's own that access tokens may carry.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services import paging
from eventmill.services.cognito import faults, pools
from eventmill.services.cognito.operations import OPERATIONS
from eventmill.services.cognito.pool_operations import bad_token
from eventmill.services.contract import Call, Created, Resource, ResourceType, Result, Support
from eventmill.store.transaction import Transaction

_MOST = 50


def of_pool(tx: Transaction, pool: str) -> list[dict[str, Any]]:
    """ResourceServerType of each, by identifier."""
    rows = tx.all("SELECT config FROM cognito_resource_servers WHERE pool=?", (pool,))
    return [json.loads(config) for (config,) in rows]


def scopes(tx: Transaction, pool: str) -> set[str]:
    """`<identifier>/<scope>` of all that there are."""
    return {
        f"{server['Identifier']}/{scope['ScopeName']}"
        for server in of_pool(tx, pool)
        for scope in server["Scopes"]
    }


def _existing(tx: Transaction, pool: str, identifier: str) -> dict[str, Any]:
    row = tx.one(
        "SELECT config FROM cognito_resource_servers WHERE pool=? AND identifier=?",
        (pool, identifier),
    )
    if row is None:
        raise faults.missing(f"Resource server {identifier} does not exist.")
    config: dict[str, Any] = json.loads(row[0])
    return config


def _put(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    pool = pools.existing(call.tx, given["UserPoolId"])
    config = {
        "UserPoolId": pool.id,
        "Identifier": given["Identifier"],
        "Name": given["Name"],
        "Scopes": given.get("Scopes") or [],
    }
    call.tx.execute(
        "INSERT OR REPLACE INTO cognito_resource_servers VALUES(?,?,?)",
        (pool.id, config["Identifier"], json.dumps(config)),
    )
    return config


def _drop(call: Call, pool: str, identifier: str) -> None:
    call.tx.execute(
        "DELETE FROM cognito_resource_servers WHERE pool=? AND identifier=?", (pool, identifier)
    )


@OPERATIONS.write("CreateResourceServer")
def create_resource_server(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for an identifier that is taken."""
    identifier = request["Identifier"]
    held = of_pool(call.tx, request["UserPoolId"])
    if any(server["Identifier"] == identifier for server in held):
        raise faults.parameter(f"{identifier} already exists in user pool.")
    return {"ResourceServer": _put(call, request)}


@OPERATIONS.write("UpdateResourceServer")
def update_resource_server(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    _existing(call.tx, request["UserPoolId"], request["Identifier"])
    return {"ResourceServer": _put(call, request)}


@OPERATIONS.read("DescribeResourceServer")
def describe_resource_server(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    found = _existing(call.tx, request["UserPoolId"], request["Identifier"])
    return {"ResourceServer": found}


@OPERATIONS.write("DeleteResourceServer")
def delete_resource_server(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    _existing(call.tx, request["UserPoolId"], request["Identifier"])
    _drop(call, request["UserPoolId"], request["Identifier"])
    return {}


@OPERATIONS.read("ListResourceServers")
def list_resource_servers(call: Call, request: dict[str, Any]) -> Result:
    """A page of them, by identifier."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    limit = int(request.get("MaxResults") or _MOST)
    found, token = paging.page(
        of_pool(call.tx, pool.id), request.get("NextToken"), limit, bad_token()
    )
    return {"ResourceServers": found} | ({"NextToken": token} if token else {})


def _create(call: Call, resource: Resource) -> Created:
    return Created(_put(call, resource.properties)["Identifier"])


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _create(call, resource)


def _delete(call: Call, resource: Resource) -> None:
    _drop(call, resource.properties["UserPoolId"], resource.physical_id or "")


RESOURCE_SERVER = ResourceType(
    "AWS::Cognito::UserPoolResourceServer",
    dict.fromkeys(("UserPoolId", "Identifier", "Name", "Scopes"), Support.HONOURED),
    _create,
    _update,
    _delete,
    frozenset({"UserPoolId", "Identifier"}),
    adopts=(),
    attributes=(),
)
