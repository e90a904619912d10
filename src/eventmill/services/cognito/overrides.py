"""What a PreTokenGeneration trigger changes of tokens.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_FIXED = frozenset(
    {
        *("acr", "amr", "at_hash", "auth_time", "azp", "client_id", "cognito:username"),
        *("device_key", "event_id", "exp", "iat", "identities", "iss", "jti", "nbf", "nonce"),
        *("origin_jti", "sub", "token_use", "username", "version"),
    }
)
"""Claims that no trigger changes; what it says of them is passed over, as on AWS."""
_ID_ONLY = frozenset({"aud", "cognito:groups", "cognito:roles", "cognito:preferred_role"})


@dataclass(frozen=True, slots=True)
class Claims:
    """Changes of one token's claims."""

    added: Mapping[str, Any] = field(default_factory=dict)
    suppressed: frozenset[str] = frozenset()
    fixed: frozenset[str] = _FIXED

    def applied(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        """The claims as they are signed: what is suppressed is not added either."""
        gone = self.suppressed - self.fixed
        added = {name: value for name, value in self.added.items() if name not in self.fixed}
        return {name: value for name, value in {**claims, **added}.items() if name not in gone}


@dataclass(frozen=True, slots=True)
class Overrides:
    """The groups and roles that tokens name, and changes of their claims and scopes."""

    groups: tuple[str, ...]
    roles: tuple[str, ...]
    preferred_role: str | None
    id: Claims = Claims()
    access: Claims = Claims()
    added_scopes: tuple[str, ...] = ()
    suppressed_scopes: frozenset[str] = frozenset()

    def scopes(self, given: list[str]) -> list[str]:
        """The scopes of an access token."""
        kept = [scope for scope in given if scope not in self.suppressed_scopes]
        return kept + [scope for scope in self.added_scopes if scope not in kept]


def of_groups(configuration: Mapping[str, Any]) -> Overrides:
    """Those of a pool without a trigger; `configuration` as groups.configuration gives it."""
    return Overrides(
        tuple(configuration.get("groupsToOverride") or ()),
        tuple(configuration.get("iamRolesToOverride") or ()),
        configuration.get("preferredRole"),
    )


def of_answer(
    configuration: Mapping[str, Any], answer: Mapping[str, Any], version: str
) -> Overrides:
    """Those that a trigger's response asks for; `version` is V1_0, V2_0 or V3_0."""
    name = "claimsOverrideDetails" if version == "V1_0" else "claimsAndScopeOverrideDetails"
    details = _object(answer.get(name))
    groups = _object(details.get("groupOverrideDetails"))
    base = of_groups(groups or configuration)
    if version == "V1_0":
        changes = _claims(details, _FIXED | _ID_ONLY)
        return Overrides(base.groups, base.roles, base.preferred_role, changes)
    access = _object(details.get("accessTokenGeneration"))
    return Overrides(
        base.groups,
        base.roles,
        base.preferred_role,
        _claims(_object(details.get("idTokenGeneration")), _FIXED | _ID_ONLY),
        _claims(access, _FIXED),
        tuple(map(str, access.get("scopesToAdd") or ())),
        frozenset(map(str, access.get("scopesToSuppress") or ())),
    )


def _claims(given: Mapping[str, Any], fixed: frozenset[str]) -> Claims:
    return Claims(
        _object(given.get("claimsToAddOrOverride")),
        frozenset(map(str, given.get("claimsToSuppress") or ())),
        fixed,
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
