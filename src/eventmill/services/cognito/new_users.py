"""How users begin: by what name, and whose it must not be already.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-aliases
"""

from __future__ import annotations

from collections.abc import Mapping

from eventmill.services.cognito import faults, users
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call
from eventmill.store.transaction import Transaction

TAKEN = "User already exists"
_KINDS = {"email": "an email", "phone_number": "a phone number"}


def create(
    call: Call,
    pool: Pool,
    name: str,
    attributes: Mapping[str, str],
    status: str,
    *,
    sub: str = "",
    taken: str = TAKEN,
    move_aliases: bool = False,
) -> User:
    """A user without a password, with `sub` or a new one.

    Where users give an attribute in the place of a name, the name is its `sub`. Raises Invalid for
    a name that is taken (with `taken` as its words), or has not the pool's form.
    """
    sub = sub or call.ids.uuid()
    name, attributes = named(call.tx, pool, name, sub, attributes, taken)
    user = users.insert(call, pool, name, sub, attributes, status)
    users.set_aliases(call.tx, pool, user, move=move_aliases)
    return user


def named(
    tx: Transaction,
    pool: Pool,
    name: str,
    sub: str,
    attributes: Mapping[str, str],
    taken: str = TAKEN,
) -> tuple[str, dict[str, str]]:
    """(name, attributes) that a new user will have. Raises Invalid."""
    if "sub" in attributes:
        raise faults.parameter("user.sub: Attribute cannot be updated.\n")
    wanted = _given_as(pool, name)
    if wanted is None:
        if users.by_key(tx, pool.id, pool.key(name)) is not None:
            raise faults.taken(taken)
        return name, dict(attributes)
    if users.find(tx, pool, name) is not None:
        raise faults.taken(taken)
    return sub, {wanted: name, **attributes}


def _given_as(pool: Pool, name: str) -> str | None:
    """The attribute that a new user's name is, None where it is a name. Raises Invalid."""
    alike = "email" if "@" in name else "phone_number" if name.startswith("+") else None
    allowed = pool.username_attributes
    if allowed:
        if alike in allowed:
            return alike
        raise faults.parameter(
            f"Username should be {_KINDS[allowed[0]]}."
            if len(allowed) == 1
            else "Username should be either an email or a phone number."
        )
    if alike in pool.alias_attributes:
        form = "email" if alike == "email" else "phone number"
        raise faults.parameter(
            f"Username cannot be of {form} format, since user pool is configured for {form} alias."
        )
    return None
