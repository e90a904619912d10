"""Secrets and their versions as rows.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.contract import Call
from eventmill.services.secretsmanager import faults
from eventmill.store.transaction import Transaction

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
LARGEST = 65_536
"""Bytes of one value."""

DELETIONS_KEY = "secretsmanager.deletions"
"""Announced when a secret was marked for deletion."""

_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}\Z")
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z")
_STAGES = 20
_UNLABELLED = 100
"""Versions without a label that are kept, as on AWS."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret as stored."""

    arn: str
    name: str
    settings: dict[str, Any]
    tags: dict[str, str]
    policy: str
    created: float
    changed: float
    deleted: float | None
    gone: float | None


@dataclass(frozen=True, slots=True)
class Version:
    """One value of a secret: a text or bytes, or neither."""

    id: str
    text: str | None
    data: bytes | None
    created: float
    stages: tuple[str, ...]

    @property
    def value(self) -> dict[str, Any]:
        """The members by which the API gives the value."""
        if self.text is not None:
            return {"SecretString": self.text}
        return {} if self.data is None else {"SecretBinary": self.data}


def find(tx: Transaction, secret_id: str) -> Secret | None:
    """By name, by ARN, or by an ARN without its random end; None when there is none."""
    row = tx.one(
        "SELECT * FROM secretsmanager_secrets WHERE arn=?1 OR name=?2 ORDER BY arn=?1 DESC LIMIT 1",
        (secret_id, secret_id.split(":", 6)[6] if secret_id.count(":") >= 6 else secret_id),
    )
    if row is None:
        return None
    secret = Secret(row[0], row[1], json.loads(row[2]), json.loads(row[3]), *row[4:])
    # A whole ARN with another random end is that of an earlier secret of the same name.
    strange = secret_id.startswith("arn:") and secret_id not in (
        secret.arn,
        _SUFFIX.sub("", secret.arn),
    )
    # One whose window is over is gone, whether or not it is erased already.
    gone = secret.gone is not None and secret.gone <= tx.now
    return None if strange or gone else secret


def existing(tx: Transaction, secret_id: str, *, deleted: bool = False) -> Secret:
    """Raises Invalid: unknown, or marked for deletion unless `deleted` allows it."""
    secret = find(tx, secret_id)
    if secret is None:
        raise faults.no_secret()
    if secret.deleted is not None and not deleted:
        raise faults.marked()
    return secret


def all_secrets(tx: Transaction) -> list[Secret]:
    """Oldest first."""
    rows = tx.all("SELECT * FROM secretsmanager_secrets ORDER BY created, arn")
    return [
        Secret(row[0], row[1], json.loads(row[2]), json.loads(row[3]), *row[4:]) for row in rows
    ]


def create(call: Call, name: str, settings: Mapping[str, Any], tags: Mapping[str, str]) -> Secret:
    """A secret without a value. Raises Invalid for a name that is taken or not valid."""
    if not _NAME.match(name):
        raise faults.parameter(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
            "following: -/_+=.@!"
        )
    purge(call.tx)
    taken = find(call.tx, name)
    if taken is not None:
        if taken.deleted is not None:
            raise faults.request(
                "You can't create this secret because a secret with this name is already "
                "scheduled for deletion."
            )
        raise faults.exists(f"The operation failed because the secret {name} already exists.")
    arn = f"arn:aws:secretsmanager:{call.region}:{call.account}:secret:{name}-{call.ids.token(6)}"
    call.tx.execute(
        "INSERT INTO secretsmanager_secrets VALUES(?,?,?,?,'',?,?,NULL,NULL)",
        (arn, name, json.dumps(settings), json.dumps(tags), call.now, call.now),
    )
    return existing(call.tx, arn)


def change(
    tx: Transaction,
    secret: Secret,
    *,
    settings: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    policy: str | None = None,
) -> None:
    """Replace what is given; the rest stays."""
    tx.execute(
        "UPDATE secretsmanager_secrets SET settings=?, tags=?, policy=?, changed=? WHERE arn=?",
        (
            json.dumps(dict(secret.settings if settings is None else settings)),
            json.dumps(dict(secret.tags if tags is None else tags)),
            secret.policy if policy is None else policy,
            tx.now,
            secret.arn,
        ),
    )


def mark(tx: Transaction, secret: Secret, deleted: float | None, gone: float | None) -> None:
    """Mark for deletion, or take the mark away."""
    tx.execute(
        "UPDATE secretsmanager_secrets SET deleted=?, gone=? WHERE arn=?",
        (deleted, gone, secret.arn),
    )
    tx.announce(DELETIONS_KEY)


def erase(tx: Transaction, arn: str) -> None:
    """The secret with all its versions, at once."""
    tx.execute("DELETE FROM secretsmanager_secrets WHERE arn=?", (arn,))
    tx.execute("DELETE FROM secretsmanager_versions WHERE secret=?", (arn,))
    tx.execute("DELETE FROM secretsmanager_stages WHERE secret=?", (arn,))


def purge(tx: Transaction) -> float | None:
    """Erase the secrets whose time to be restored is over; when the next one's is, or None."""
    for (arn,) in tx.all("SELECT arn FROM secretsmanager_secrets WHERE gone<=?", (tx.now,)):
        erase(tx, arn)
    row = tx.one("SELECT min(gone) FROM secretsmanager_secrets")
    return row[0] if row else None


# Versions


def listed(tx: Transaction, arn: str) -> list[tuple[str, float]]:
    """(id, when it was made) of all versions, newest first; their values stay where they are."""
    return tx.all(
        "SELECT id, created FROM secretsmanager_versions WHERE secret=? ORDER BY created DESC, id",
        (arn,),
    )


def labels(tx: Transaction, arn: str) -> dict[str, list[str]]:
    """The staging labels by the id of the version that has them."""
    found: dict[str, list[str]] = {}
    for stage, id in tx.all(
        "SELECT stage, version FROM secretsmanager_stages WHERE secret=? ORDER BY stage", (arn,)
    ):
        found.setdefault(id, []).append(stage)
    return found


def holder(tx: Transaction, arn: str, stage: str) -> str | None:
    """The id of the version with this label, or None."""
    row = tx.one(
        "SELECT version FROM secretsmanager_stages WHERE secret=? AND stage=?", (arn, stage)
    )
    return None if row is None else row[0]


def find_version(tx: Transaction, arn: str, id: str) -> Version | None:
    """The version of this id, or None."""
    row = tx.one(
        "SELECT text, bytes, created FROM secretsmanager_versions WHERE secret=? AND id=?",
        (arn, id),
    )
    if row is None:
        return None
    text, data, created = row
    return Version(id, text, data, created, tuple(labels(tx, arn).get(id, ())))


def version(tx: Transaction, secret: Secret, id: str | None, stage: str | None) -> Version:
    """The version with this id and this label; the current one when neither is given.

    Raises Invalid when there is none.
    """
    stage = stage or (None if id else CURRENT)
    wanted = id or holder(tx, secret.arn, stage or CURRENT)
    found = find_version(tx, secret.arn, wanted) if wanted else None
    if found is None:
        raise faults.no_value(f"VersionId: {id}" if id else f"staging label: {stage}")
    if stage is not None and stage not in found.stages:
        raise faults.request(
            "You provided a VersionStage that is not associated to the provided VersionId."
        )
    return found


def current_text(tx: Transaction, secret_id: str) -> str:
    """The text of the current version. Raises Invalid."""
    return version(tx, existing(tx, secret_id), None, None).text or ""


def put(
    call: Call,
    secret: Secret,
    token: str | None,
    text: str | None,
    data: bytes | None,
    stages: Iterable[str] = (CURRENT,),
) -> Version:
    """Add a value and move the labels to it. The same token and value again change nothing.

    Raises Invalid for a token that is taken by another value, or a value too large.
    """
    if len(text.encode() if text is not None else data or b"") > LARGEST:
        raise faults.parameter(f"The secret value must be at most {LARGEST} bytes.")
    id, labels = token or call.ids.uuid(), tuple(stages)
    if len(labels) > _STAGES:
        raise faults.parameter(f"A version has at most {_STAGES} staging labels.")
    held = find_version(call.tx, secret.arn, id)
    if held is not None:
        if (held.text, held.data) != (text, data):
            raise faults.exists(
                f"You can't use ClientRequestToken {id} because that value is already in use for "
                f"a version of secret {secret.arn}."
            )
        return held
    call.tx.execute(
        "INSERT INTO secretsmanager_versions VALUES(?,?,?,?,?)",
        (secret.arn, id, text, data, call.now),
    )
    for label in labels:
        move(call.tx, secret.arn, label, id)
    call.tx.execute(
        "UPDATE secretsmanager_secrets SET changed=? WHERE arn=?", (call.now, secret.arn)
    )
    _prune(call.tx, secret.arn)
    return version(call.tx, secret, id, None)


def move(tx: Transaction, arn: str, stage: str, id: str | None) -> None:
    """Put a label on a version, or with None on none. What was current becomes the previous."""
    if stage == CURRENT:
        current = holder(tx, arn, CURRENT)
        if current not in (None, id):
            _label(tx, arn, PREVIOUS, current)
    _label(tx, arn, stage, id)


def _label(tx: Transaction, arn: str, stage: str, id: str | None) -> None:
    if id is None:
        tx.execute("DELETE FROM secretsmanager_stages WHERE secret=? AND stage=?", (arn, stage))
    else:
        tx.execute("INSERT OR REPLACE INTO secretsmanager_stages VALUES(?,?,?)", (arn, stage, id))


def _prune(tx: Transaction, arn: str) -> None:
    labelled = labels(tx, arn)
    old = [id for id, _ in listed(tx, arn) if id not in labelled][_UNLABELLED:]
    tx.executemany(
        "DELETE FROM secretsmanager_versions WHERE secret=? AND id=?", [(arn, id) for id in old]
    )
