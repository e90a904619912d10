"""Operations on groups.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateGroup.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services import paging
from eventmill.services.cognito import groups, pools, users
from eventmill.services.cognito.operations import OPERATIONS
from eventmill.services.cognito.pool_operations import bad_token
from eventmill.services.contract import Call, Result

_MOST = 60


@OPERATIONS.write("CreateGroup")
def create_group(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a name that is taken."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    return {"Group": groups.create(call.tx, pool.id, request["GroupName"], request)}


@OPERATIONS.write("UpdateGroup")
def update_group(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    return {"Group": groups.change(call.tx, pool.id, request["GroupName"], request)}


@OPERATIONS.read("GetGroup")
def get_group(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    return {"Group": groups.existing(call.tx, pool.id, request["GroupName"])}


@OPERATIONS.write("DeleteGroup")
def delete_group(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    groups.existing(call.tx, pool.id, request["GroupName"])
    groups.delete(call.tx, pool.id, request["GroupName"])
    return {}


@OPERATIONS.read("ListGroups")
def list_groups(call: Call, request: dict[str, Any]) -> Result:
    """A page of them, by name."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    return _page(groups.of_pool(call.tx, pool.id), request)


def _page(found: list[dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    limit = int(request.get("Limit") or _MOST)
    shown, token = paging.page(found, request.get("NextToken"), limit, bad_token())
    return {"Groups": shown} | ({"NextToken": token} if token else {})


@OPERATIONS.write("AdminAddUserToGroup")
def admin_add_user_to_group(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    user = users.existing(call.tx, pool, request["Username"])
    groups.add(call.tx, pool.id, request["GroupName"], user)
    return {}


@OPERATIONS.write("AdminRemoveUserFromGroup")
def admin_remove_user_from_group(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    user = users.existing(call.tx, pool, request["Username"])
    groups.remove(call.tx, pool.id, request["GroupName"], user)
    return {}


@OPERATIONS.read("AdminListGroupsForUser")
def admin_list_groups_for_user(call: Call, request: dict[str, Any]) -> Result:
    """Those of a user."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    user = users.existing(call.tx, pool, request["Username"])
    return _page(groups.of_user(call.tx, user), request)


@OPERATIONS.scan("ListUsersInGroup")
def list_users_in_group(call: Call, request: dict[str, Any]) -> Result:
    """A page of a group's members."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    name = request["GroupName"]
    groups.existing(call.tx, pool.id, name)
    limit = int(request.get("Limit") or _MOST)
    found = groups.members(call.tx, pool.id, name, request.get("NextToken") or "", limit + 1)
    keys = found[:limit]
    held = [users.by_key(call.tx, pool.id, key) for key in keys]
    shown = [users.shape(user) for user in held if user is not None]
    return {"Users": shown} | ({"NextToken": keys[-1]} if len(found) > limit else {})
