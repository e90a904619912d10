"""Users as rows, and the names by which they are found.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from eventmill.services.cognito import faults, passwords
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.schema_attributes import VERIFIED, shown
from eventmill.services.contract import Call
from eventmill.store.transaction import Row, Transaction

CONFIRMED, UNCONFIRMED = "CONFIRMED", "UNCONFIRMED"
FORCE_CHANGE, RESET = "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED"

_DAY = 86_400
_COLUMNS = (
    "pool, key, name, sub, status, enabled, attributes, salt, verifier, temporary, failures, "
    "locked, created, changed"
)


@dataclass(frozen=True, slots=True)
class User:
    """A user as stored. `attributes` are without `sub`."""

    pool: str
    key: str
    name: str
    sub: str
    status: str
    enabled: bool
    attributes: dict[str, str]
    salt: str | None
    verifier: str | None
    temporary: float | None
    failures: int
    locked: float
    created: float
    changed: float

    @property
    def shown(self) -> dict[str, str]:
        """The attributes as the API and triggers give them."""
        return {"sub": self.sub, **self.attributes}

    def has_password(self, password: str) -> bool:
        """Whether it is the user's."""
        if self.salt is None or self.verifier is None:
            return False
        return passwords.matches(self.pool, self.name, password, self.salt, self.verifier)


def _user(row: Row) -> User:
    pool, key, name, sub, status, enabled, attributes, *rest = row
    return User(pool, key, name, sub, status, bool(enabled), json.loads(attributes), *rest)


def by_key(tx: Transaction, pool: str, key: str) -> User | None:
    """The user of a row, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM cognito_users WHERE pool=? AND key=?", (pool, key))
    return None if row is None else _user(row)


def by_sub(tx: Transaction, pool: str, sub: str) -> User | None:
    """The user of this `sub`, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM cognito_users WHERE pool=? AND sub=?", (pool, sub))
    return None if row is None else _user(row)


def find(tx: Transaction, pool: Pool, name: str) -> User | None:
    """By name, by an alias, or by `sub`; None when there is none."""
    key = pool.key(name)
    found = by_key(tx, pool.id, key)
    if found is None:
        row = tx.one(
            # With the attributes the statement finds its row, and does not look for it.
            "SELECT key FROM cognito_aliases WHERE pool=? AND value=?"
            " AND attribute IN ('email', 'phone_number', 'preferred_username')",
            (pool.id, key),
        )
        found = by_key(tx, pool.id, row[0]) if row is not None else by_sub(tx, pool.id, name)
    return found


def existing(tx: Transaction, pool: Pool, name: str) -> User:
    """Raises Invalid (UserNotFoundException)."""
    user = find(tx, pool, name)
    if user is None:
        raise faults.no_user()
    return user


def every(tx: Transaction, pool: str, after: str, limit: int) -> list[User]:
    """Those whose key comes after one, by key."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM cognito_users WHERE pool=? AND key>? ORDER BY key LIMIT ?",
        (pool, after, limit),
    )
    return [_user(row) for row in rows]


def count(tx: Transaction, pool: str) -> int:
    """How many users a pool has."""
    row = tx.one("SELECT count(*) FROM cognito_users WHERE pool=?", (pool,))
    return int(row[0]) if row else 0


def insert(
    call: Call, pool: Pool, name: str, sub: str, attributes: Mapping[str, str], status: str
) -> User:
    """A user without a password and without aliases."""
    call.tx.execute(
        f"INSERT INTO cognito_users({_COLUMNS}) VALUES(?,?,?,?,?,1,?,NULL,NULL,NULL,0,0,?,?)",
        (
            *(pool.id, pool.key(name), name, sub, status),
            json.dumps(dict(attributes)),
            *(call.now, call.now),
        ),
    )
    user = by_sub(call.tx, pool.id, sub)
    assert user is not None
    return user


def set_attributes(
    tx: Transaction, pool: Pool, user: User, attributes: Mapping[str, str], *, move: bool = False
) -> User:
    """Replace all attributes. `move` takes aliases from whoever has them. Raises Invalid."""
    tx.execute(
        "UPDATE cognito_users SET attributes=?, changed=? WHERE pool=? AND key=?",
        (json.dumps(dict(attributes)), tx.now, user.pool, user.key),
    )
    changed = _again(tx, user)
    set_aliases(tx, pool, changed, move=move)
    return changed


def set_status(tx: Transaction, user: User, status: str) -> User:
    """Give the user another status."""
    tx.execute(
        "UPDATE cognito_users SET status=?, changed=? WHERE pool=? AND key=?",
        (status, tx.now, user.pool, user.key),
    )
    return _again(tx, user)


def enable(tx: Transaction, user: User, enabled: bool) -> None:
    """Let the user in, or no longer."""
    tx.execute(
        "UPDATE cognito_users SET enabled=?, changed=? WHERE pool=? AND key=?",
        (enabled, tx.now, user.pool, user.key),
    )


def set_password(
    tx: Transaction, pool: Pool, user: User, password: str, status: str = CONFIRMED
) -> User:
    """Set a password; with FORCE_CHANGE it is good for as long as the pool says."""
    salt, verifier = passwords.keep(user.pool, user.name, password)
    temporary = None
    if status == FORCE_CHANGE:
        days = pool.password_policy["TemporaryPasswordValidityDays"]
        temporary = tx.now + float(days) * _DAY
    tx.execute(
        "UPDATE cognito_users SET salt=?, verifier=?, temporary=?, status=?, failures=0, locked=0,"
        " changed=? WHERE pool=? AND key=?",
        (salt, verifier, temporary, status, tx.now, user.pool, user.key),
    )
    return _again(tx, user)


def note_failures(tx: Transaction, user: User, failures: int, locked: float) -> None:
    """How many passwords were wrong, and until when none is looked at."""
    tx.execute(
        "UPDATE cognito_users SET failures=?, locked=? WHERE pool=? AND key=?",
        (failures, locked, user.pool, user.key),
    )


def delete(tx: Transaction, user: User) -> None:
    """The user with all that belongs to it."""
    for table in ("users", "aliases", "members", "codes", "sessions", "grants"):
        tx.execute(f"DELETE FROM cognito_{table} WHERE pool=? AND key=?", (user.pool, user.key))


def with_attribute(user: User, name: str, value: str) -> User:
    """The user as if it had an attribute already."""
    return replace(user, attributes=user.attributes | {name: value})


def shape(user: User, attributes: str = "Attributes") -> dict[str, Any]:
    """UserType; AdminGetUser calls the attributes `UserAttributes`."""
    return {
        "Username": user.name,
        attributes: shown(user.shown),
        "UserCreateDate": user.created,
        "UserLastModifiedDate": user.changed,
        "Enabled": user.enabled,
        "UserStatus": user.status,
    }


def _again(tx: Transaction, user: User) -> User:
    found = by_key(tx, user.pool, user.key)
    assert found is not None
    return found


def set_aliases(tx: Transaction, pool: Pool, user: User, *, move: bool) -> None:
    """Note what else the user signs in with. `move` takes it from whoever has it.

    Raises Invalid when one is another user's and may not be taken from it.
    """
    tx.execute("DELETE FROM cognito_aliases WHERE pool=? AND key=?", (user.pool, user.key))
    for attribute, value in _aliases(pool, user).items():
        row = tx.one(
            "SELECT key FROM cognito_aliases WHERE pool=? AND attribute=? AND value=?",
            (pool.id, attribute, value),
        )
        other = None if row is None else by_key(tx, pool.id, row[0])
        if other is not None:
            proof = VERIFIED.get(attribute)
            if not move or proof is None or attribute in pool.username_attributes:
                raise faults.alias_taken(attribute)
            set_attributes(tx, pool, other, other.attributes | {proof: "false"})
        tx.execute(
            "INSERT INTO cognito_aliases VALUES(?,?,?,?)", (pool.id, attribute, value, user.key)
        )


def _aliases(pool: Pool, user: User) -> dict[str, str]:
    """What else the user signs in with: an alias counts when it is known to be the user's."""
    found = {}
    for attribute in (*pool.username_attributes, *pool.alias_attributes):
        value = user.attributes.get(attribute)
        proof = VERIFIED.get(attribute)
        if value and (
            attribute in pool.username_attributes
            or proof is None
            or user.attributes.get(proof, "").lower() == "true"
        ):
            found[attribute] = pool.key(value)
    return found
