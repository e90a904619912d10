"""Groups of users: they go into tokens, and those with a role order them.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.cognito import faults
from eventmill.services.cognito.users import User
from eventmill.store.transaction import Row, Transaction

_SETTINGS = ("Description", "RoleArn", "Precedence")
_LAST = 1 << 31


def create(tx: Transaction, pool: str, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A group without members. Raises Invalid (GroupExistsException)."""
    if find(tx, pool, name) is not None:
        raise Invalid("GroupExistsException", f"A group with the name {name} already exists.")
    tx.execute(
        "INSERT INTO cognito_groups VALUES(?,?,?,?,?)",
        (pool, name, json.dumps(_kept(settings)), tx.now, tx.now),
    )
    return existing(tx, pool, name)


def change(tx: Transaction, pool: str, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Change what is given. Raises Invalid."""
    group = existing(tx, pool, name)
    held = {key: group[key] for key in _SETTINGS if key in group}
    return replace(tx, pool, name, held | _kept(settings))


def replace(tx: Transaction, pool: str, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Set all settings. Raises Invalid."""
    tx.execute(
        "UPDATE cognito_groups SET config=?, changed=? WHERE pool=? AND name=?",
        (json.dumps(_kept(settings)), tx.now, pool, name),
    )
    return existing(tx, pool, name)


def _kept(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: settings[key] for key in _SETTINGS if settings.get(key) is not None}


def delete(tx: Transaction, pool: str, name: str) -> None:
    """The group; its members stay users."""
    tx.execute("DELETE FROM cognito_groups WHERE pool=? AND name=?", (pool, name))
    tx.execute('DELETE FROM cognito_members WHERE pool=? AND "group"=?', (pool, name))


def find(tx: Transaction, pool: str, name: str) -> dict[str, Any] | None:
    """GroupType, or None."""
    row = tx.one("SELECT * FROM cognito_groups WHERE pool=? AND name=?", (pool, name))
    return None if row is None else _shape(row)


def existing(tx: Transaction, pool: str, name: str) -> dict[str, Any]:
    """Raises Invalid (ResourceNotFoundException)."""
    found = find(tx, pool, name)
    if found is None:
        raise faults.no_group()
    return found


def of_pool(tx: Transaction, pool: str) -> list[dict[str, Any]]:
    """By name."""
    return [_shape(row) for row in tx.all("SELECT * FROM cognito_groups WHERE pool=?", (pool,))]


def of_user(tx: Transaction, user: User) -> list[dict[str, Any]]:
    """Those that come first in precedence first."""
    rows = tx.all(
        "SELECT g.* FROM cognito_members m"
        ' JOIN cognito_groups g ON g.pool=m.pool AND g.name=m."group" WHERE m.pool=? AND m.key=?',
        (user.pool, user.key),
    )
    return sorted(
        map(_shape, rows), key=lambda group: (group.get("Precedence", _LAST), group["GroupName"])
    )


def add(tx: Transaction, pool: str, name: str, user: User) -> None:
    """Make the user a member. Raises Invalid."""
    existing(tx, pool, name)
    tx.execute("INSERT OR IGNORE INTO cognito_members VALUES(?,?,?)", (pool, name, user.key))


def remove(tx: Transaction, pool: str, name: str, user: User) -> None:
    """Make the user a member no longer. Raises Invalid."""
    existing(tx, pool, name)
    tx.execute(
        'DELETE FROM cognito_members WHERE pool=? AND "group"=? AND key=?', (pool, name, user.key)
    )


def members(tx: Transaction, pool: str, name: str, after: str, limit: int) -> list[str]:
    """Keys of users, by key, those behind one."""
    rows = tx.all(
        'SELECT key FROM cognito_members WHERE pool=? AND "group"=? AND key>? ORDER BY key LIMIT ?',
        (pool, name, after, limit),
    )
    return [key for (key,) in rows]


def configuration(groups: list[dict[str, Any]]) -> dict[str, Any]:
    """What triggers are told of a user's groups; the preferred role is the first group's."""
    roles = [group["RoleArn"] for group in groups if group.get("RoleArn")]
    first = [one for one in groups if one.get("Precedence") == groups[0].get("Precedence")]
    preferred = {group["RoleArn"] for group in first if group.get("RoleArn")}
    return {
        "groupsToOverride": [group["GroupName"] for group in groups],
        "iamRolesToOverride": roles,
        # Groups of the same precedence with several roles prefer none.
        "preferredRole": preferred.pop() if len(preferred) == 1 else None,
    }


def _shape(row: Row) -> dict[str, Any]:
    pool, name, config, created, changed = row
    return {
        "GroupName": name,
        "UserPoolId": pool,
        **json.loads(config),
        "LastModifiedDate": changed,
        "CreationDate": created,
    }
