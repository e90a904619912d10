"""Deleting objects and versions of them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjects.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.kernel.errors import Fault
from eventmill.services.contract import Call, Result
from eventmill.services.s3 import bodies, buckets, changes, conditions, faults, locks
from eventmill.services.s3.buckets import OPERATIONS, Bucket
from eventmill.services.s3.objects import SEQUENCE, make_room


@OPERATIONS.write("DeleteObject")
def delete_object(call: Call, request: dict[str, Any]) -> Result:
    """Deleting what is not there succeeds, unless If-Match wants it. Raises Fault."""
    bucket = buckets.find(call.tx, request["Bucket"])
    if request.get("IfMatchLastModifiedTime") or request.get("IfMatchSize") is not None:
        raise faults.not_implemented("times and sizes are conditions of directory buckets")
    given = {"ETag": request.get("IfMatch"), **request}
    bypass = bool(request.get("BypassGovernanceRetention"))
    return _checked_delete(call, bucket, given, bypass=bypass) | {"__status__": 204}


def _checked_delete(
    call: Call, bucket: Bucket, given: Mapping[str, Any], *, bypass: bool
) -> dict[str, Any]:
    """Delete what `Key` and `VersionId` name. Raises Fault: 412 and 404 for `ETag`, 403 if locked.

    The condition is on the current version, whichever is to be deleted.
    """
    key, version = given["Key"], given.get("VersionId")
    conditions.check_write(call.tx, bucket.name, key, {"IfMatch": given.get("ETag")})
    if version and bucket.versioning:
        row = call.tx.one(
            "SELECT headers FROM s3_objects"
            " WHERE bucket=? AND latest IN (0,1) AND key=? AND version=?",
            (bucket.name, key, version),
        )
        if row is not None and locks.held(orjson.loads(row[0]), call.now, bypass=bypass):
            raise locks.refused()
    return delete(call, bucket, key, version)


def delete(
    call: Call, bucket: Bucket, key: str, version: str | None, *, expired: bool = False
) -> dict[str, Any]:
    """Delete a version, or put a delete marker, and raise the event.

    `expired` says that a lifecycle rule does it, which has events of its own.
    """
    if version or not bucket.versioning:
        return _delete_version(call, bucket, key, version, expired=expired)
    marker = call.ids.token(32) if bucket.versioning == "Enabled" else "null"
    make_room(call, bucket, key, marker)
    seq = call.tx.number(SEQUENCE)
    call.tx.execute(
        "INSERT INTO s3_objects(seq, bucket, key, version, latest, marker, size, etag, modified,"
        " headers, tags) VALUES(?,?,?,?,1,1,0,'',?,'{}','{}')",
        (seq, bucket.name, key, marker, call.now),
    )
    if bucket.watched:
        changes.marked(call, bucket, key, marker, seq, expired=expired)
    return {"DeleteMarker": True, "VersionId": marker}


def _delete_version(
    call: Call, bucket: Bucket, key: str, version: str | None, *, expired: bool
) -> dict[str, Any]:
    row = call.tx.one(
        "DELETE FROM s3_objects WHERE bucket=? AND latest IN (0,1) AND key=? AND version=?"
        " RETURNING latest, marker, blobs",
        (bucket.name, key, version or "null"),
    )
    answer: dict[str, Any] = {"VersionId": version} if version else {}
    if row is None:
        return answer
    latest, marker, blobs = row
    bodies.drop(call, blobs)
    if latest:
        call.tx.execute(
            "UPDATE s3_objects SET latest=1 WHERE seq="
            "(SELECT max(seq) FROM s3_objects WHERE bucket=? AND latest=0 AND key=?)",
            (bucket.name, key),
        )
    if bucket.watched:
        # A sequencer of its own: the deletion comes after the write that it undoes.
        seq = call.tx.number(SEQUENCE)
        changes.removed(call, bucket, key, version, seq, expired=expired)
    return answer | ({"DeleteMarker": True} if marker else {})


@OPERATIONS.write("DeleteObjects")
def delete_objects(call: Call, request: dict[str, Any]) -> Result:
    """Up to 1,000 at once; what cannot be deleted is told beside the rest."""
    bucket = buckets.find(call.tx, request["Bucket"])
    entries = request["Delete"].get("Objects") or []
    if not 1 <= len(entries) <= 1_000:
        raise faults.malformed()
    bypass = bool(request.get("BypassGovernanceRetention"))
    deleted: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for entry in entries:
        shown: dict[str, Any] = {"Key": entry["Key"]}
        if entry.get("VersionId"):
            shown["VersionId"] = entry["VersionId"]
        try:
            if entry.get("LastModifiedTime") or entry.get("Size") is not None:
                raise faults.not_implemented("times and sizes are conditions of directory buckets")
            answer = _checked_delete(call, bucket, entry, bypass=bypass)
        except Fault as fault:
            errors.append(shown | {"Code": fault.code, "Message": fault.message})
            continue
        if answer.get("DeleteMarker"):
            shown |= {"DeleteMarker": True, "DeleteMarkerVersionId": answer["VersionId"]}
        deleted.append(shown)
    quiet = request["Delete"].get("Quiet")
    return ({} if quiet else {"Deleted": deleted}) | ({"Errors": errors} if errors else {})
