"""Parameters and their versions as rows.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call
from eventmill.services.ssm import faults
from eventmill.store.transaction import Row, Transaction

SECURE = "SecureString"
TYPES = ("String", "StringList", SECURE)
_NAME = re.compile(r"(/?[A-Za-z0-9_.-]+)(/[A-Za-z0-9_.-]+){0,14}\Z")
_RESERVED = re.compile(r"/?(aws|ssm)", re.IGNORECASE)
_SIZES = {"Standard": 4_096, "Advanced": 8_192}
_VERSIONS = 100
"""Versions of one parameter that are kept, as on AWS."""

_SELECT = "SELECT name, version, value, entry, labels, modified FROM ssm_versions"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a parameter; `entry` has the API's members that were given with it."""

    name: str
    version: int
    value: str
    entry: dict[str, Any]
    labels: list[str]
    modified: float

    def shown(self, *, decrypted: bool) -> str:
        """The value as it is answered: that of a SecureString only when decryption is asked."""
        if decrypted or self.entry["Type"] != SECURE:
            return self.value
        return base64.b64encode(hashlib.sha512(self.value.encode()).digest()).decode()


def version_of(row: Row) -> Version:
    """From `_SELECT`'s columns."""
    return Version(row[0], row[1], row[2], json.loads(row[3]), json.loads(row[4]), row[5])


def bare_name(text: str) -> str:
    """The name in an ARN, or the text itself. A name that is no path stands without its slash."""
    if not text.startswith("arn:"):
        return text
    name = text.split(":", 5)[-1].removeprefix("parameter")
    return name if "/" in name[1:] else name[1:]


def find(tx: Transaction, text: str) -> Version:
    """By name or ARN, with `:version` or `:label` behind it when it is not the latest.

    Raises Invalid when there is none.
    """
    arn = text.startswith("arn:")
    head, _, selector = text.partition(":") if not arn else _split_arn(text)
    name = bare_name(head)
    if not selector:
        row = tx.one(
            f"{_SELECT} WHERE name=?1 AND version=(SELECT latest FROM ssm_parameters"
            " WHERE name=?1)",
            (name,),
        )
        if row is None:
            raise faults.no_parameter()
        return version_of(row)
    found = versions(tx, name)
    if not found:
        raise faults.no_parameter()
    for one in found:
        if selector == str(one.version) or selector in one.labels:
            return one
    raise faults.no_version(name, selector)


def _split_arn(text: str) -> tuple[str, str, str]:
    parts = text.split(":", 6)
    return ":".join(parts[:6]), ":", parts[6] if len(parts) == 7 else ""


def versions(tx: Transaction, name: str) -> list[Version]:
    """All of a parameter, oldest first; empty when there is none."""
    rows = tx.all(f"{_SELECT} WHERE name=? ORDER BY version", (name,))
    return [version_of(row) for row in rows]


def latest(tx: Transaction) -> list[Version]:
    """The latest version of every parameter, by name."""
    rows = tx.all(
        "SELECT v.name, v.version, v.value, v.entry, v.labels, v.modified FROM ssm_versions v"
        " JOIN ssm_parameters p ON p.name=v.name AND p.latest=v.version ORDER BY v.name"
    )
    return [version_of(row) for row in rows]


def tags_of(tx: Transaction, name: str) -> dict[str, str]:
    """Raises Invalid for a parameter that does not exist."""
    row = tx.one("SELECT tags FROM ssm_parameters WHERE name=?", (name,))
    if row is None:
        raise Invalid(
            "InvalidResourceId", "The resource ID isn't valid. Verify that you entered it."
        )
    tags: dict[str, str] = json.loads(row[0])
    return tags


def set_tags(tx: Transaction, name: str, tags: Mapping[str, str]) -> None:
    """Replace them."""
    tx.execute("UPDATE ssm_parameters SET tags=? WHERE name=?", (json.dumps(dict(tags)), name))


def put(call: Call, name: str, value: str, given: Mapping[str, Any], *, overwrite: bool) -> Version:
    """A new version. What `given` leaves out is taken over from the latest one.

    Raises Invalid for what AWS refuses.
    """
    found = versions(call.tx, name)
    old = found[-1] if found else None
    if old is not None and not overwrite:
        raise Invalid(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in "
            "the request to true.",
        )
    _check_name(name)
    entry = {**(old.entry if old else {}), **given}
    if entry.get("Type") not in TYPES:
        raise faults.validation("A parameter type is required when you create a parameter.")
    entry.setdefault("DataType", "text")
    if entry["Type"] == SECURE:
        entry.setdefault("KeyId", "alias/aws/ssm")
    entry["Tier"] = _tier(entry.get("Tier") or "Standard", value)
    _check_pattern(entry.get("AllowedPattern"), value)
    number = old.version + 1 if old else 1
    _make_room(call.tx, name, found)
    call.tx.execute(
        "INSERT INTO ssm_versions VALUES(?,?,?,?,'[]',?)",
        (name, number, value, json.dumps(entry), call.now),
    )
    call.tx.execute(
        "INSERT INTO ssm_parameters VALUES(?1,?2,'{}') ON CONFLICT(name) DO UPDATE SET latest=?2",
        (name, number),
    )
    return Version(name, number, value, entry, [], call.now)


def _check_pattern(pattern: str | None, value: str) -> None:
    try:
        matches = not pattern or re.fullmatch(pattern, value)
    except re.error:
        raise Invalid(
            "InvalidAllowedPatternException",
            "The request does not meet the regular expression requirement.",
        ) from None
    if not matches:
        raise Invalid(
            "ParameterPatternMismatchException",
            f"Parameter value, cannot be validated against allowedPattern: {pattern}",
        )


def _check_name(name: str) -> None:
    if _RESERVED.match(name) or not _NAME.match(name):
        raise faults.validation(
            'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive). If formed '
            "as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be "
            "formed as a mix of letters, numbers and the following 3 symbols .-_"
        )


def _tier(tier: str, value: str) -> str:
    size = len(value.encode())
    if tier == "Intelligent-Tiering":
        tier = "Standard" if size <= _SIZES["Standard"] else "Advanced"
    if size > _SIZES.get(tier, 0):
        raise faults.validation(
            f"{tier} tier parameters support a maximum parameter value of {_SIZES.get(tier, 0)} "
            "characters."
        )
    return tier


def _make_room(tx: Transaction, name: str, found: list[Version]) -> None:
    if len(found) < _VERSIONS:
        return
    oldest = found[0]
    if oldest.labels:
        raise Invalid(
            "ParameterMaxVersionLimitExceeded",
            f"You attempted to create a new version of {name} by calling the PutParameter API "
            f"with the overwrite flag. Version {oldest.version}, the oldest version, can't be "
            "deleted because it has a label associated with it. Move the label to another version "
            "of the parameter, and try again.",
        )
    tx.execute("DELETE FROM ssm_versions WHERE name=? AND version=?", (name, oldest.version))


def delete(tx: Transaction, name: str) -> bool:
    """Whether there was such a parameter."""
    tx.execute("DELETE FROM ssm_versions WHERE name=?", (name,))
    return tx.execute("DELETE FROM ssm_parameters WHERE name=?", (name,)).rowcount == 1


def set_labels(tx: Transaction, version: Version, labels: list[str]) -> None:
    """Replace those of one version."""
    tx.execute(
        "UPDATE ssm_versions SET labels=? WHERE name=? AND version=?",
        (json.dumps(labels), version.name, version.version),
    )
