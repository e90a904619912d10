"""Where a user's codes go: to which of its addresses and numbers."""

from __future__ import annotations

from eventmill.services.cognito import faults
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.schema_attributes import VERIFIED
from eventmill.services.cognito.users import User

_RECOVERY = {"verified_email": "email", "verified_phone_number": "phone_number"}


def to_confirm(pool: Pool, user: User) -> str | None:
    """The attribute that a new user shows to be its own; None where the pool wants none.

    Of both a number comes first, as on AWS.
    """
    return next((name for name in pool.verified if user.attributes.get(name)), None)


def to_recover(pool: Pool, user: User) -> str:
    """The attribute by which a forgotten password is reset. Raises Invalid when there is none."""
    setting = pool.config.get("AccountRecoverySetting") or {}
    given = setting.get("RecoveryMechanisms") or []
    ordered = sorted(given, key=lambda entry: int(entry["Priority"]))
    if any(entry["Name"] == "admin_only" for entry in ordered):
        raise faults.not_authorized("Contact administrator to reset password.")
    wanted = [_RECOVERY[entry["Name"]] for entry in ordered] or ["phone_number", "email"]
    for attribute in wanted:
        if user.attributes.get(attribute) and is_verified(user, attribute):
            return attribute
    raise faults.parameter(
        "Cannot reset password for the user as there is no registered/verified email or "
        "phone_number"
    )


def to_invite(user: User, mediums: list[str] | None) -> list[str]:
    """The attributes by which a user is told its temporary password."""
    by_medium = {"EMAIL": "email", "SMS": "phone_number"}
    wanted = [by_medium[medium] for medium in mediums or ()]
    if not wanted:
        # AWS's default is SMS, which says nothing to a user without a number.
        wanted = ["phone_number" if user.attributes.get("phone_number") else "email"]
    return [attribute for attribute in wanted if user.attributes.get(attribute)]


def is_verified(user: User, attribute: str) -> bool:
    """Whether an attribute is known to be the user's."""
    return user.attributes.get(VERIFIED[attribute], "").lower() == "true"
