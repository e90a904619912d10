"""Secrets: their values and what is kept of them.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from eventmill.kernel.errors import Fault
from eventmill.services import paging
from eventmill.services.contract import Call, Operations, Result
from eventmill.services.secretsmanager import faults, store
from eventmill.services.secretsmanager.passwords import random_password
from eventmill.services.secretsmanager.store import Secret, Version
from eventmill.services.tags import tag_list, tag_map

OPERATIONS = Operations()

SETTINGS = ("Description", "KmsKeyId", "Type")
DAY = 86_400.0


def _value(request: dict[str, Any]) -> tuple[str | None, bytes | None]:
    text, data = request.get("SecretString"), request.get("SecretBinary")
    if text is not None and data is not None:
        raise faults.parameter("You can't specify both a binary secret value and a string one.")
    return text, data


def _answer(secret: Secret, version: Version | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"ARN": secret.arn, "Name": secret.name}
    return answer if version is None else answer | {"VersionId": version.id}


def _whole(secret: Secret, version: Version) -> dict[str, Any]:
    return {
        **_answer(secret, version),
        **version.value,
        "VersionStages": list(version.stages),
        "CreatedDate": version.created,
    }


@OPERATIONS.write("CreateSecret")
def create_secret(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid. The same call again, by its token, is answered alike."""
    text, data = _value(request)
    found, token = store.find(call.tx, request["Name"]), request.get("ClientRequestToken")
    if found is not None and found.deleted is None and token:
        version = store.find_version(call.tx, found.arn, token)
        if version is not None and (version.text, version.data) == (text, data):
            return _answer(found, version)
    settings = {name: request[name] for name in SETTINGS if request.get(name) is not None}
    tags = tag_map(request.get("Tags"))
    secret = store.create(call, request["Name"], settings, tags)
    if text is None and data is None:
        return _answer(secret, None)
    return _answer(secret, store.put(call, secret, token, text, data))


@OPERATIONS.read("GetSecretValue")
def get_secret_value(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    secret = store.existing(call.tx, request["SecretId"])
    stage = request.get("VersionStage")
    return _whole(secret, store.version(call.tx, secret, request.get("VersionId"), stage))


@OPERATIONS.scan("BatchGetSecretValue")
def batch_get_secret_value(call: Call, request: dict[str, Any]) -> Result:
    """By ids, where those that fail are listed, or by filters."""
    ids = request.get("SecretIdList") or []
    if bool(ids) == bool(request.get("Filters")):
        raise faults.parameter("Give either SecretIdList or Filters.")
    if len(ids) > 20:
        raise faults.parameter("SecretIdList has at most 20 entries.")
    if not ids:
        found = [one.arn for one in _matching(call, request) if one.deleted is None]
        page, token = _page(found, request, 20)
        ids = page
    else:
        token = None
    values, errors = [], []
    for id in ids:
        try:
            secret = store.existing(call.tx, id)
            values.append(_whole(secret, store.version(call.tx, secret, None, None)))
        except Fault as fault:
            errors.append({"SecretId": id, "ErrorCode": fault.code, "Message": fault.message})
    answer: dict[str, Any] = {"SecretValues": values, "Errors": errors}
    return answer | ({"NextToken": token} if token else {})


@OPERATIONS.write("PutSecretValue")
def put_secret_value(call: Call, request: dict[str, Any]) -> Result:
    """A new version, current unless VersionStages says otherwise."""
    secret = store.existing(call.tx, request["SecretId"])
    text, data = _value(request)
    if text is None and data is None:
        raise faults.request("You must provide either SecretString or SecretBinary.")
    stages = request.get("VersionStages") or [store.CURRENT]
    version = store.put(call, secret, request.get("ClientRequestToken"), text, data, stages)
    return _answer(secret, version) | {"VersionStages": list(version.stages)}


@OPERATIONS.write("UpdateSecret")
def update_secret(call: Call, request: dict[str, Any]) -> Result:
    """Settings, and with a value a new version."""
    secret = store.existing(call.tx, request["SecretId"])
    settings = {name: request[name] for name in SETTINGS if request.get(name) is not None}
    store.change(call.tx, secret, settings={**secret.settings, **settings})
    text, data = _value(request)
    if text is None and data is None:
        return _answer(secret, None)
    return _answer(secret, store.put(call, secret, request.get("ClientRequestToken"), text, data))


@OPERATIONS.write("UpdateSecretVersionStage")
def update_secret_version_stage(call: Call, request: dict[str, Any]) -> Result:
    """Move a label, put it on, or take it away."""
    secret, stage = store.existing(call.tx, request["SecretId"]), request["VersionStage"]
    to, off = request.get("MoveToVersionId"), request.get("RemoveFromVersionId")
    if to is not None:
        store.version(call.tx, secret, to, None)
    holder = store.holder(call.tx, secret.arn, stage)
    if holder not in (None, to, off):
        raise faults.parameter(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently "
            f"attached to version {holder}, so you must explicitly reference that version in "
            "RemoveFromVersionId."
        )
    if to is None and stage == store.CURRENT:
        raise faults.parameter(f"{stage} can be moved to another version, but not removed.")
    store.move(call.tx, secret.arn, stage, to)
    return _answer(secret, None)


@OPERATIONS.write("DeleteSecret")
def delete_secret(call: Call, request: dict[str, Any]) -> Result:
    """At once, or after 7 to 30 days in which it can be restored."""
    force, days = request.get("ForceDeleteWithoutRecovery"), request.get("RecoveryWindowInDays")
    if force and days is not None:
        raise faults.parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if days is not None and not 7 <= days <= 30:
        raise faults.parameter("RecoveryWindowInDays value must be between 7 and 30 days.")
    secret = store.existing(call.tx, request["SecretId"], deleted=True)
    if secret.deleted is not None and not force:
        raise faults.marked()
    if force:
        store.erase(call.tx, secret.arn)
        return {**_answer(secret, None), "DeletionDate": call.now}
    gone = call.now + (days or 30) * DAY
    store.mark(call.tx, secret, call.now, gone)
    return {**_answer(secret, None), "DeletionDate": gone}


@OPERATIONS.write("RestoreSecret")
def restore_secret(call: Call, request: dict[str, Any]) -> Result:
    """Takes the mark for deletion away."""
    secret = store.existing(call.tx, request["SecretId"], deleted=True)
    store.mark(call.tx, secret, None, None)
    return _answer(secret, None)


@OPERATIONS.read("DescribeSecret")
def describe_secret(call: Call, request: dict[str, Any]) -> Result:
    """Everything but the value; also of a secret that is marked for deletion."""
    secret = store.existing(call.tx, request["SecretId"], deleted=True)
    return _described(secret, store.labels(call.tx, secret.arn), "VersionIdsToStages")


def _described(secret: Secret, stages: dict[str, list[str]], name: str) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "ARN": secret.arn,
        "Name": secret.name,
        **secret.settings,
        "LastChangedDate": secret.changed,
        "CreatedDate": secret.created,
        "Tags": tag_list(secret.tags),
    }
    if stages:
        answer[name] = stages
    if secret.deleted is not None:
        answer["DeletedDate"] = secret.deleted
    return answer


@OPERATIONS.scan("ListSecrets")
def list_secrets(call: Call, request: dict[str, Any]) -> Result:
    """Those that pass the filters, oldest first unless SortBy says by what; marked ones only when
    asked for. Raises Invalid."""
    planned = request.get("IncludePlannedDeletion")
    found = [one for one in _matching(call, request) if planned or one.deleted is None]
    by = request.get("SortBy") or "created-date"
    if by not in _ORDERS:
        raise faults.parameter(f"Secrets of this engine are not sorted by {by}.")
    found.sort(key=_ORDERS[by])
    if request.get("SortOrder", "asc") == "desc":
        found.reverse()
    page, token = _page(found, request, 100)
    listed = [
        _described(one, store.labels(call.tx, one.arn), "SecretVersionsToStages") for one in page
    ]
    answer: dict[str, Any] = {"SecretList": listed}
    return answer | ({"NextToken": token} if token else {})


_ORDERS: dict[str, Callable[[Secret], Any]] = {
    "created-date": lambda one: one.created,
    "last-changed-date": lambda one: one.changed,
    "name": lambda one: one.name,
}
_T = TypeVar("_T")


def _page(
    found: Sequence[_T], request: dict[str, Any], most: int
) -> tuple[Sequence[_T], str | None]:
    """Raises Invalid (InvalidNextTokenException)."""
    limit = min(request.get("MaxResults") or most, most)
    return paging.page(found, request.get("NextToken"), limit, faults.bad_token())


def _description(secret: Secret) -> str:
    return str(secret.settings.get("Description", ""))


_TEXTS: dict[str, Callable[[Secret], list[str]]] = {
    "name": lambda one: [one.name],
    "description": lambda one: [_description(one)],
    "tag-key": lambda one: list(one.tags),
    "tag-value": lambda one: list(one.tags.values()),
    "all": lambda one: [one.name, _description(one), *one.tags, *one.tags.values()],
}
"""What each key of a filter looks at."""


def _matching(call: Call, request: dict[str, Any]) -> list[Secret]:
    """A secret must pass every filter; a value of one matches a beginning, `!` before it none."""
    found = store.all_secrets(call.tx)
    for entry in request.get("Filters") or []:
        if entry["Key"] not in _TEXTS:
            raise faults.parameter(f"Secrets of this engine have no {entry['Key']} to filter by.")
        of = _TEXTS[entry["Key"]]
        found = [one for one in found if any(_passes(v, of(one)) for v in entry["Values"])]
    return found


def _passes(value: str, texts: list[str]) -> bool:
    bare = value.removeprefix("!")
    return any(text.startswith(bare) for text in texts) != value.startswith("!")


@OPERATIONS.read("ListSecretVersionIds")
def list_secret_version_ids(call: Call, request: dict[str, Any]) -> Result:
    """Those with labels; with IncludeDeprecated all. Raises Invalid."""
    secret = store.existing(call.tx, request["SecretId"], deleted=True)
    every = request.get("IncludeDeprecated")
    labels = store.labels(call.tx, secret.arn)
    found = [
        {
            "VersionId": id,
            "CreatedDate": created,
            **({"VersionStages": labels[id]} if id in labels else {}),
        }
        for id, created in store.listed(call.tx, secret.arn)
        if every or id in labels
    ]
    page, token = _page(found, request, 100)
    answer = {**_answer(secret, None), "Versions": page}
    return answer | ({"NextToken": token} if token else {})


@OPERATIONS.read("GetRandomPassword")
def get_random_password(call: Call, request: dict[str, Any]) -> Result:
    """Nothing is kept of it."""
    return {"RandomPassword": random_password(request)}
