"""Operations on app clients and domains of user pools.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services import paging
from eventmill.services.cognito import clients, faults, pools
from eventmill.services.cognito.clients import Client
from eventmill.services.cognito.operations import OPERATIONS
from eventmill.services.cognito.pool_operations import bad_token
from eventmill.services.contract import Call, Result

_MOST = 60


def shape(client: Client) -> dict[str, Any]:
    """UserPoolClientType."""
    return {
        "UserPoolId": client.pool,
        "ClientId": client.id,
        **client.config,
        "LastModifiedDate": client.changed,
        "CreationDate": client.created,
    }


def settings(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request as the settings of a client."""
    return {key: value for key, value in request.items() if key not in ("UserPoolId", "ClientId")}


@OPERATIONS.write("CreateUserPoolClient")
def create_user_pool_client(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    return {"UserPoolClient": shape(clients.create(call, pool, settings(request)))}


@OPERATIONS.read("DescribeUserPoolClient")
def describe_user_pool_client(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    return {"UserPoolClient": shape(clients.existing(call.tx, request["ClientId"], pool.id))}


@OPERATIONS.write("UpdateUserPoolClient")
def update_user_pool_client(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid. A setting that is not given gets its default."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    client = clients.existing(call.tx, request["ClientId"], pool.id)
    changed = clients.change(call.tx, pool, client, settings(request))
    return {"UserPoolClient": shape(changed)}


@OPERATIONS.write("DeleteUserPoolClient")
def delete_user_pool_client(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    clients.delete(call.tx, clients.existing(call.tx, request["ClientId"], pool.id).id)
    return {}


@OPERATIONS.read("ListUserPoolClients")
def list_user_pool_clients(call: Call, request: dict[str, Any]) -> Result:
    """A page of them, oldest first."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    limit = int(request.get("MaxResults") or _MOST)
    found, token = paging.page(
        clients.of_pool(call.tx, pool.id), request.get("NextToken"), limit, bad_token()
    )
    shown = [
        {"ClientId": one.id, "UserPoolId": pool.id, "ClientName": one.config["ClientName"]}
        for one in found
    ]
    return {"UserPoolClients": shown} | ({"NextToken": token} if token else {})


# Domains: recorded, for no pages are served below them.


@OPERATIONS.write("CreateUserPoolDomain")
def create_user_pool_domain(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a domain that is taken."""
    return {"CloudFrontDomain": put_domain(call, request)}


def put_domain(call: Call, request: Mapping[str, Any]) -> str:
    """Record a domain; returns the address that a custom one would be led to."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    domain = request["Domain"]
    row = call.tx.one("SELECT pool FROM cognito_domains WHERE domain=?", (domain,))
    if row is not None and row[0] != pool.id:
        raise faults.parameter("Domain already associated with another user pool.")
    call.tx.execute(
        "INSERT OR REPLACE INTO cognito_domains VALUES(?,?,?)",
        (domain, pool.id, json.dumps(dict(request))),
    )
    return f"{call.ids.lower(14)}.cloudfront.net"


@OPERATIONS.write("UpdateUserPoolDomain")
def update_user_pool_domain(call: Call, request: dict[str, Any]) -> Result:
    """Recorded."""
    return {"CloudFrontDomain": put_domain(call, request)}


@OPERATIONS.write("DeleteUserPoolDomain")
def delete_user_pool_domain(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid when the pool has no such domain."""
    gone = call.tx.execute(
        "DELETE FROM cognito_domains WHERE domain=? AND pool=?",
        (request["Domain"], request["UserPoolId"]),
    )
    if not gone.rowcount:
        raise faults.parameter("No such domain or user pool exists.")
    return {}


@OPERATIONS.read("DescribeUserPoolDomain")
def describe_user_pool_domain(call: Call, request: dict[str, Any]) -> Result:
    """Empty for a domain that there is not."""
    row = call.tx.one(
        "SELECT pool, config FROM cognito_domains WHERE domain=?", (request["Domain"],)
    )
    if row is None:
        return {"DomainDescription": {}}
    config = json.loads(row[1])
    described = {
        "UserPoolId": row[0],
        "AWSAccountId": call.account,
        "Domain": request["Domain"],
        "Status": "ACTIVE",
    }
    for name in ("CustomDomainConfig", "ManagedLoginVersion"):
        if config.get(name) is not None:
            described[name] = config[name]
    return {"DomainDescription": described}
