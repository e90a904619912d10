"""Operations on user pools.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services import paging
from eventmill.services.cognito import faults, names, pools, schema_attributes, users
from eventmill.services.cognito.operations import OPERATIONS
from eventmill.services.cognito.pools import Pool
from eventmill.services.contract import Call, Result

_MFA_MEMBERS = (*pools.MFA, "MfaConfiguration")


def bad_token() -> Invalid:
    """A token that no answer gave."""
    return faults.parameter("Invalid pagination token.")


def shape(call: Call, pool: Pool) -> dict[str, Any]:
    """UserPoolType."""
    config = {key: value for key, value in pool.config.items() if key not in pools.MFA}
    domains = call.tx.all("SELECT domain FROM cognito_domains WHERE pool=?", (pool.id,))
    for (domain,) in domains:
        config["CustomDomain" if "." in domain else "Domain"] = domain
    return {
        "Id": pool.id,
        **config,
        "LastModifiedDate": pool.changed,
        "CreationDate": pool.created,
        "EstimatedNumberOfUsers": users.count(call.tx, pool.id),
    }


def settings(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request of CreateUserPool or UpdateUserPool as the settings of a pool."""
    given = {key: value for key, value in request.items() if key != "UserPoolId"}
    if given.get("PoolName"):
        given["Name"] = given.pop("PoolName")
    return given


@OPERATIONS.sweep("CreateUserPool")
def create_user_pool(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return {"UserPool": shape(call, pools.create(call, settings(request)))}


@OPERATIONS.read("DescribeUserPool")
def describe_user_pool(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    return {"UserPool": shape(call, pools.existing(call.tx, request["UserPoolId"]))}


@OPERATIONS.write("UpdateUserPool")
def update_user_pool(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid. A setting that is not given gets its default."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    pools.change(call.tx, pool, settings(request))
    return {}


@OPERATIONS.write("DeleteUserPool")
def delete_user_pool(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: there is none, it is protected, or it has a domain."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    if pool.config.get("DeletionProtection") == "ACTIVE":
        raise faults.parameter(
            "The user pool cannot be deleted because deletion protection is activated. "
            "Deletion protection must be inactivated first."
        )
    if call.tx.one("SELECT 1 FROM cognito_domains WHERE pool=?", (pool.id,)):
        raise faults.parameter(
            "User pool cannot be deleted. It has a domain configured that should be deleted first."
        )
    pools.delete(call.tx, pool.id)
    return {}


@OPERATIONS.scan("ListUserPools")
def list_user_pools(call: Call, request: dict[str, Any]) -> Result:
    """A page of them, oldest first."""
    found, token = paging.page(
        pools.every(call.tx), request.get("NextToken"), int(request["MaxResults"]), bad_token()
    )
    shown = [
        {
            "Id": pool.id,
            "Name": pool.config["Name"],
            "LambdaConfig": pool.config["LambdaConfig"],
            "LastModifiedDate": pool.changed,
            "CreationDate": pool.created,
        }
        for pool in found
    ]
    return {"UserPools": shown} | ({"NextToken": token} if token else {})


@OPERATIONS.write("AddCustomAttributes")
def add_custom_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for one that is there already."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    add_attributes(call, pool, request["CustomAttributes"])
    return {}


def add_attributes(call: Call, pool: Pool, given: list[dict[str, Any]]) -> None:
    """Give a pool further attributes of its own. Raises Invalid."""
    schema = list(pool.config["SchemaAttributes"])
    for entry in given:
        made = schema_attributes.custom(entry)
        if any(held["Name"] == made["Name"] for held in schema):
            raise faults.parameter(f"{made['Name']}: Existing attribute already has name.")
        schema.append(made)
    pools.put(call.tx, pool, pool.config | {"SchemaAttributes": schema})


@OPERATIONS.read("GetUserPoolMfaConfig")
def get_user_pool_mfa_config(call: Call, request: dict[str, Any]) -> Result:
    """What is recorded; nobody is asked for a second factor here."""
    config = pools.existing(call.tx, request["UserPoolId"]).config
    return {name: config[name] for name in _MFA_MEMBERS if name in config}


@OPERATIONS.write("SetUserPoolMfaConfig")
def set_user_pool_mfa_config(call: Call, request: dict[str, Any]) -> Result:
    """Recorded."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    given = {name: request[name] for name in _MFA_MEMBERS if request.get(name) is not None}
    pools.put(call.tx, pool, pool.config | given)
    return get_user_pool_mfa_config(call, request)


def _of_arn(call: Call, request: Mapping[str, Any]) -> Pool:
    return pools.existing(call.tx, names.pool_of(request["ResourceArn"]))


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return {"Tags": _of_arn(call, request).config["UserPoolTags"]}


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    pool = _of_arn(call, request)
    tags = pool.config["UserPoolTags"] | request["Tags"]
    pools.put(call.tx, pool, pool.config | {"UserPoolTags": tags})
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    pool = _of_arn(call, request)
    held = pool.config["UserPoolTags"]
    tags = {key: value for key, value in held.items() if key not in request["TagKeys"]}
    pools.put(call.tx, pool, pool.config | {"UserPoolTags": tags})
    return {}
