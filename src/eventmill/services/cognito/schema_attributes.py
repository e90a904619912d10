"""Users' attributes: which a pool has, and whether values conform to them.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eventmill.services.cognito import faults

_TEXTS = (
    *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username"),
    *("profile", "picture", "website", "email", "gender", "zoneinfo", "locale"),
    *("phone_number", "address"),
)
VERIFIED = {"email": "email_verified", "phone_number": "phone_number_verified"}
"""By which attribute each is known to be its owner's."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_PHONE = re.compile(r"\+[0-9]{5,15}\Z")
_MOST_CUSTOM = 50
_LONGEST = 2_048


def whole(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All attributes of a pool that declares these. Raises Invalid."""
    attributes = {entry["Name"]: entry for entry in _standard()}
    for entry in given:
        name = str(entry["Name"])
        if name in attributes:
            attributes[name] |= {key: value for key, value in entry.items() if value is not None}
        else:
            made = custom(entry)
            attributes[made["Name"]] = made
    if len(attributes) - len(_standard()) > _MOST_CUSTOM:
        raise faults.parameter(f"A user pool has at most {_MOST_CUSTOM} custom attributes.")
    return list(attributes.values())


def custom(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An attribute of the pool's own, its name with `custom:` before it. Raises Invalid."""
    name = str(entry["Name"])
    if entry.get("Required"):
        raise faults.parameter("Required custom attributes are not supported currently.")
    prefix = "dev:" if entry.get("DeveloperOnlyAttribute") else ""
    made = {
        "AttributeDataType": "String",
        "DeveloperOnlyAttribute": False,
        "Mutable": True,
        "Required": False,
        **{key: value for key, value in entry.items() if value is not None},
        "Name": name if name.startswith(("custom:", "dev:")) else f"{prefix}custom:{name}",
    }
    if made["AttributeDataType"] == "String":
        made.setdefault("StringAttributeConstraints", {})
    if made["AttributeDataType"] == "Number":
        made.setdefault("NumberAttributeConstraints", {})
    return made


def _standard() -> list[dict[str, Any]]:
    def text(name: str, least: str = "0", most: str = str(_LONGEST)) -> dict[str, Any]:
        limits = {"MinLength": least, "MaxLength": most}
        return _entry(name, "String") | {"StringAttributeConstraints": limits}

    sub = text("sub", "1") | {"Mutable": False, "Required": True}
    updated = _entry("updated_at", "Number") | {"NumberAttributeConstraints": {"MinValue": "0"}}
    return [
        sub,
        *(text(name) for name in _TEXTS),
        text("birthdate", "10", "10"),
        *(_entry(name, "Boolean") for name in VERIFIED.values()),
        updated,
    ]


def _entry(name: str, kind: str) -> dict[str, Any]:
    return {
        "Name": name,
        "AttributeDataType": kind,
        "DeveloperOnlyAttribute": False,
        "Mutable": True,
        "Required": False,
    }


def values(given: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """An AttributeList as texts by name."""
    return {entry["Name"]: str(entry.get("Value") or "") for entry in given or ()}


def shown(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    """Texts by name as an AttributeList."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def check_new(schema: Sequence[Mapping[str, Any]], attributes: Mapping[str, str]) -> None:
    """Raises Invalid unless a new user may have these."""
    check(schema, attributes)
    lacking = [
        f"{entry['Name']}: The attribute {entry['Name']} is required"
        for entry in schema
        if entry.get("Required") and entry["Name"] != "sub" and not attributes.get(entry["Name"])
    ]
    if lacking:
        raise _strange(lacking)


def check_change(schema: Sequence[Mapping[str, Any]], attributes: Mapping[str, str]) -> None:
    """Raises Invalid unless a user's attributes may become these."""
    for entry in schema:
        if entry["Name"] in attributes and not entry.get("Mutable", True):
            raise faults.parameter(f"user.{entry['Name']}: Attribute cannot be updated.\n")
    check(schema, attributes)


def check(schema: Sequence[Mapping[str, Any]], attributes: Mapping[str, str]) -> None:
    """Raises Invalid for an attribute that the pool does not have, or a value it cannot have."""
    by_name = {entry["Name"]: entry for entry in schema}
    problems = []
    for name, value in attributes.items():
        entry = by_name.get(name)
        problem = "Attribute does not exist in schema." if entry is None else _problem(entry, value)
        if problem:
            problems.append(f"{name}: {problem}")
    if problems:
        raise _strange(problems)
    if attributes.get("email") and not _EMAIL.match(attributes["email"]):
        raise faults.parameter("Invalid email address format.")
    if attributes.get("phone_number") and not _PHONE.match(attributes["phone_number"]):
        raise faults.parameter("Invalid phone number format.")


def _strange(problems: Sequence[str]) -> Exception:
    return faults.parameter(f"Attributes did not conform to the schema: {', '.join(problems)}\n")


def _problem(entry: Mapping[str, Any], value: str) -> str:
    if not value:
        return ""
    kind = entry["AttributeDataType"]
    if kind == "String":
        return _length(entry.get("StringAttributeConstraints") or {}, len(value))
    if kind == "Number":
        return _size(entry.get("NumberAttributeConstraints") or {}, value)
    if kind == "Boolean" and value.lower() not in ("true", "false"):
        return "The value is no boolean."
    return ""


def _length(limits: Mapping[str, Any], length: int) -> str:
    if length < int(limits.get("MinLength") or 0):
        return "String must not be shorter than the minimum length"
    if length > int(limits.get("MaxLength") or _LONGEST):
        return "String must not be longer than the maximum length"
    return ""


def _size(limits: Mapping[str, Any], value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return "The value is no number."
    if limits.get("MinValue") and number < float(limits["MinValue"]):
        return "The number is smaller than the minimum."
    if limits.get("MaxValue") and number > float(limits["MaxValue"]):
        return "The number is greater than the maximum."
    return ""
