"""User pools as rows.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolType.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.cognito import faults, keys, names, schema_attributes
from eventmill.services.contract import Call
from eventmill.store.transaction import Transaction

_DAYS = "TemporaryPasswordValidityDays"
_PASSWORD_POLICY = {
    "MinimumLength": 8,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    _DAYS: 7,
}
_ID = 9
"""Letters and digits of an id behind the region."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool as stored; `config` has its settings by the API's names."""

    id: str
    config: dict[str, Any]
    created: float
    changed: float

    @property
    def password_policy(self) -> Mapping[str, Any]:
        """What new passwords must be like."""
        policy: Mapping[str, Any] = self.config["Policies"]["PasswordPolicy"]
        return policy

    @property
    def invitations(self) -> Mapping[str, Any]:
        """How administrators' users begin."""
        settings: Mapping[str, Any] = self.config["AdminCreateUserConfig"]
        return settings

    @property
    def triggers(self) -> Mapping[str, Any]:
        """Functions by the name of their trigger."""
        return self.config.get("LambdaConfig") or {}

    @property
    def username_attributes(self) -> list[str]:
        """Attributes that users give instead of a name."""
        return self.config.get("UsernameAttributes") or []

    @property
    def alias_attributes(self) -> list[str]:
        """Attributes that users may sign in with beside their name."""
        return self.config.get("AliasAttributes") or []

    @property
    def verified(self) -> list[str]:
        """Attributes whose owner gets a code, in the order in which they are tried."""
        given = self.config.get("AutoVerifiedAttributes") or []
        return sorted(given, key=("phone_number", "email").index)

    def key(self, name: str) -> str:
        """What users' names and aliases are compared by."""
        exact = (self.config.get("UsernameConfiguration") or {}).get("CaseSensitive", True)
        return name if exact else name.lower()


def find(tx: Transaction, id: str) -> Pool | None:
    """The pool, or None."""
    row = tx.one("SELECT id, config, created, changed FROM cognito_pools WHERE id=?", (id,))
    return None if row is None else Pool(row[0], json.loads(row[1]), *row[2:])


def exists(tx: Transaction, id: str) -> bool:
    """Whether there is such a pool."""
    return tx.one("SELECT 1 FROM cognito_pools WHERE id=?", (id,)) is not None


def existing(tx: Transaction, id: str) -> Pool:
    """Raises Invalid (ResourceNotFoundException)."""
    pool = find(tx, id)
    if pool is None:
        raise faults.missing(f"User pool {id} does not exist.")
    return pool


def every(tx: Transaction) -> list[Pool]:
    """Oldest first."""
    rows = tx.all("SELECT id, config, created, changed FROM cognito_pools ORDER BY created, id")
    return [Pool(row[0], json.loads(row[1]), *row[2:]) for row in rows]


def create(call: Call, settings: Mapping[str, Any]) -> Pool:
    """A pool with CreateUserPool's settings and a key of its own. Raises Invalid."""
    id = f"{call.region}_{call.ids.token(_ID)}"
    config = whole(settings) | {"Arn": names.arn(call.region, call.account, id)}
    call.tx.execute(
        "INSERT INTO cognito_pools VALUES(?,?,?,?,?,?)",
        (id, json.dumps(config), call.now, call.now, call.ids.opaque(32), keys.make()),
    )
    return existing(call.tx, id)


def change(tx: Transaction, pool: Pool, settings: Mapping[str, Any]) -> None:
    """Replace all settings but the schema: one that is not given gets its default, as on AWS.

    Raises Invalid.
    """
    kept = {name: pool.config[name] for name in _FIXED if name in pool.config}
    put(tx, pool, whole({"Name": pool.config["Name"], **settings}) | kept)


def put(tx: Transaction, pool: Pool, config: Mapping[str, Any]) -> None:
    """Write the settings as they are."""
    tx.execute(
        "UPDATE cognito_pools SET config=?, changed=? WHERE id=?",
        (json.dumps(dict(config)), tx.now, pool.id),
    )


def delete(tx: Transaction, id: str) -> None:
    """The pool with all that belongs to it."""
    tx.execute("DELETE FROM cognito_pools WHERE id=?", (id,))
    for table in (
        *("clients", "domains", "users", "aliases", "groups", "members", "codes", "sessions"),
        *("grants", "resource_servers"),
    ):
        tx.execute(f"DELETE FROM cognito_{table} WHERE pool=?", (id,))


def whole(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with AWS's defaults. Raises Invalid."""
    config = {name: value for name, value in settings.items() if value is not None}
    attributes = schema_attributes.whole(config.pop("Schema", None) or [])
    policies = config.get("Policies") or {}
    policy = dict(policies.get("PasswordPolicy") or _PASSWORD_POLICY)
    invitations = dict(config.get("AdminCreateUserConfig") or {})
    # No days are as good as none given.
    days = policy.get(_DAYS) or invitations.get("UnusedAccountValidityDays") or 7
    policy[_DAYS] = days
    _check(config, policy)
    return {
        "DeletionProtection": "INACTIVE",
        "LambdaConfig": {},
        "MfaConfiguration": "OFF",
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
        "UserPoolTags": {},
        "UserPoolTier": "ESSENTIALS",
        **config,
        "SchemaAttributes": attributes,
        "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}}
        | policies
        | {"PasswordPolicy": policy},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False}
        | invitations
        | {"UnusedAccountValidityDays": days},
    }


def _check(config: Mapping[str, Any], policy: Mapping[str, Any]) -> None:
    if not 6 <= int(policy.get("MinimumLength", 8)) <= 99:
        raise faults.parameter("Invalid password policy: the minimum length is between 6 and 99")
    if config.get("AliasAttributes") and config.get("UsernameAttributes"):
        raise faults.parameter("Only one of the aliasAttributes or usernameAttributes can be set.")
    for name in ("AutoVerifiedAttributes", "UsernameAttributes"):
        for given in config.get(name) or ():
            if given not in ("email", "phone_number"):
                raise faults.parameter(f"{name} are email and phone_number, not {given}.")
    for given in config.get("AliasAttributes") or ():
        if given not in ("email", "phone_number", "preferred_username"):
            raise faults.parameter(
                f"AliasAttributes are email, phone_number and preferred_username, not {given}."
            )
    triggers = config.get("LambdaConfig") or {}
    single = triggers.get("PreTokenGeneration")
    versioned = (triggers.get("PreTokenGenerationConfig") or {}).get("LambdaArn")
    if single and versioned and single != versioned:
        raise faults.parameter(
            "PreTokenGeneration and PreTokenGenerationConfig must name the same function."
        )


MFA = (
    *("SmsMfaConfiguration", "SoftwareTokenMfaConfiguration", "EmailMfaConfiguration"),
    "WebAuthnConfiguration",
)
"""Settings of SetUserPoolMfaConfig, recorded."""

_FIXED = (
    *("Arn", "SchemaAttributes", "AliasAttributes", "UsernameAttributes", "UsernameConfiguration"),
    *MFA,
)
"""What UpdateUserPool does not change."""
