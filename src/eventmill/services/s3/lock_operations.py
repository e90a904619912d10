"""Operations on the locks of buckets and of versions."""

from __future__ import annotations

import json
from typing import Any

from eventmill.kernel.errors import NotFound
from eventmill.services.contract import Call, Result
from eventmill.services.s3 import buckets, faults, locks, objects
from eventmill.services.s3.buckets import OPERATIONS
from eventmill.services.s3.locks import HOLD, MODE, UNTIL
from eventmill.services.s3.objects import Object


@OPERATIONS.write("PutObjectLockConfiguration")
def put_object_lock_configuration(call: Call, request: dict[str, Any]) -> Result:
    """Needs versions. Raises Invalid, Conflict (InvalidBucketState)."""
    locks.configure(call, request["Bucket"], request.get("ObjectLockConfiguration") or {})
    return {}


@OPERATIONS.read("GetObjectLockConfiguration")
def get_object_lock_configuration(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound (ObjectLockConfigurationNotFoundError)."""
    buckets.find(call.tx, request["Bucket"])
    found = locks.configuration(call.tx, request["Bucket"])
    if found is None:
        raise NotFound(
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
            fields={"BucketName": request["Bucket"]},
        )
    return {"ObjectLockConfiguration": found}


def _version(call: Call, request: dict[str, Any]) -> tuple[Object, dict[str, Any]]:
    """The version that a request names, and its headers. Raises Fault: a marker has no lock."""
    buckets.find(call.tx, request["Bucket"])
    locks.required(call.tx, request["Bucket"])
    item = objects.find(call.tx, request["Bucket"], request["Key"], request.get("VersionId"))
    if item.marker:
        raise objects.marked(item, request)
    return item, json.loads(item.headers)


def _keep(call: Call, item: Object, headers: dict[str, Any]) -> None:
    call.tx.execute("UPDATE s3_objects SET headers=? WHERE seq=?", (json.dumps(headers), item.seq))


@OPERATIONS.write("PutObjectRetention")
def put_object_retention(call: Call, request: dict[str, Any]) -> Result:
    """Whoever bypasses governance may shorten it or take it away; nobody shortens compliance."""
    item, headers = _version(call, request)
    wanted = request.get("Retention") or {}
    mode, until = wanted.get("Mode"), wanted.get("RetainUntilDate")
    if (mode is None) != (until is None):
        raise faults.malformed()
    if mode is not None and until is not None:
        locks.check_retention(call, mode, until)
    if locks.retained(headers, call.now):
        bypass = bool(request.get("BypassGovernanceRetention")) and headers[MODE] == "GOVERNANCE"
        longer = mode == headers[MODE] and until is not None and until >= headers[UNTIL]
        if not longer and not bypass:
            raise locks.refused()
    for name in (MODE, UNTIL):
        headers.pop(name, None)
    _keep(call, item, headers | ({MODE: mode, UNTIL: until} if mode is not None else {}))
    return {}


@OPERATIONS.read("GetObjectRetention")
def get_object_retention(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound (NoSuchObjectLockConfiguration)."""
    _, headers = _version(call, request)
    if MODE not in headers:
        raise locks.missing()
    return {"Retention": {"Mode": headers[MODE], "RetainUntilDate": headers[UNTIL]}}


@OPERATIONS.write("PutObjectLegalHold")
def put_object_legal_hold(call: Call, request: dict[str, Any]) -> Result:
    """ON or OFF, beside any retention. Raises Invalid (MalformedXML)."""
    item, headers = _version(call, request)
    status = (request.get("LegalHold") or {}).get("Status")
    if status not in ("ON", "OFF"):
        raise faults.malformed()
    _keep(call, item, headers | {HOLD: status})
    return {}


@OPERATIONS.read("GetObjectLegalHold")
def get_object_legal_hold(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound (NoSuchObjectLockConfiguration)."""
    _, headers = _version(call, request)
    if HOLD not in headers:
        raise locks.missing()
    return {"LegalHold": {"Status": headers[HOLD]}}
