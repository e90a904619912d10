"""ListUsers with its filter.

https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from eventmill.services.cognito import faults, pools, users
from eventmill.services.cognito.operations import OPERATIONS
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call, Result

_FILTER = re.compile(r'\s*([\w:]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*\Z')
_ATTRIBUTES = frozenset(
    {
        *("email", "phone_number", "name", "given_name", "family_name", "preferred_username"),
        "sub",
    }
)
_MOST = 60
_READ_AT_ONCE = 200

Test = Callable[[User], bool]


@OPERATIONS.scan("ListUsers")
def list_users(call: Call, request: dict[str, Any]) -> Result:
    """A page of those that the filter lets through, by name. Raises Invalid."""
    pool = pools.existing(call.tx, request["UserPoolId"])
    test, limit = parse(request.get("Filter") or ""), _MOST
    if request.get("Limit") is not None:
        limit = int(request["Limit"])
    wanted = request.get("AttributesToGet")
    found: list[User] = []
    after = request.get("PaginationToken") or ""
    while len(found) <= limit:
        read = users.every(call.tx, pool.id, after, _READ_AT_ONCE)
        found += [user for user in read if test(user)]
        if len(read) < _READ_AT_ONCE:
            break
        after = read[-1].key
    shown = [_shape(user, wanted) for user in found[:limit]]
    more = {"PaginationToken": found[limit - 1].key} if limit and len(found) > limit else {}
    return {"Users": shown} | more


def _shape(user: User, wanted: list[str] | None) -> dict[str, Any]:
    shape = users.shape(user)
    if wanted is not None:
        shape["Attributes"] = [entry for entry in shape["Attributes"] if entry["Name"] in wanted]
    return shape


def parse(text: str) -> Test:
    """The test that a filter such as `email ^= "a"` makes. Raises Invalid for one that is none."""
    if not text.strip():
        return lambda user: True
    found = _FILTER.match(text)
    if found is None:
        raise faults.parameter("Error while parsing filter.")
    name, kind, raw = found.groups()
    value = re.sub(r"\\(.)", r"\1", raw)
    read = _reader(name)
    if kind == "=":
        return lambda user: read(user) == value
    return lambda user: read(user).startswith(value)


def _reader(name: str) -> Callable[[User], str]:
    if name == "username":
        return lambda user: user.name
    if name == "cognito:user_status":
        return lambda user: user.status
    if name == "status":
        return lambda user: "Enabled" if user.enabled else "Disabled"
    if name in _ATTRIBUTES:
        return lambda user: user.shown.get(name, "")
    raise faults.parameter("Error while parsing filter.")
