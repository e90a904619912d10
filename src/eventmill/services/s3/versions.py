"""Listing the versions of objects, delete markers among them, newest first within a key.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.s3 import buckets, faults, listing
from eventmill.services.s3.buckets import OPERATIONS
from eventmill.services.s3.listing import Place
from eventmill.store.transaction import Row

_VERSIONS = (
    "SELECT key, seq, version, latest, marker, size, etag, modified, headers FROM s3_objects"
    " WHERE bucket=?1 AND latest={latest} AND key>=?2 AND key<?3"
    " AND key>=?4 AND (key>?4 OR seq<?5)"
)
"""One half of a bucket's versions in the index's order: the two are merged without sorting."""

ABOVE = 1 << 62
"""More than any row's number."""


def _start(call: Call, request: dict[str, Any]) -> Place:
    """Where a page begins.

    Of a version that was deleted since the last page was read all that are left of its key follow.
    """
    key, version = request.get("KeyMarker") or "", request.get("VersionIdMarker")
    if version and not key:
        raise faults.argument(
            "A version-id marker cannot be specified without a key marker.",
            "version-id-marker",
            version,
        )
    if not version:
        return key, 0
    row = call.tx.one(
        "SELECT seq FROM s3_objects WHERE bucket=? AND latest IN (0,1) AND key=? AND version=?",
        (request["Bucket"], key, version),
    )
    return key, ABOVE if row is None else row[0]


@OPERATIONS.scan("ListObjectVersions")
def list_object_versions(call: Call, request: dict[str, Any]) -> Result:
    """A page ends within a key where it must: both markers name its last version."""
    buckets.find(call.tx, request["Bucket"])
    prefix, limit = request.get("Prefix") or "", listing.limit_of(request)
    encode = listing.encoder(request)

    def fetch(place: Place, count: int) -> Sequence[Row]:
        return call.tx.all(
            f"{_VERSIONS.format(latest=1)} UNION ALL {_VERSIONS.format(latest=0)}"
            " ORDER BY key, seq DESC LIMIT ?6",
            (request["Bucket"], prefix, listing.after_all(prefix), *place, count),
        )

    start, delimiter = _start(call, request), request.get("Delimiter") or ""
    found = listing.page(fetch, start, prefix, delimiter, limit)
    answer = listing.framed(request, found) | {
        "Name": request["Bucket"],
        "MaxKeys": limit,
        "KeyMarker": encode(start[0]),
        "VersionIdMarker": request.get("VersionIdMarker") or "",
        "Versions": [],
        "DeleteMarkers": [],
    }
    for row in found.rows:
        shown = _entry(call, row) | {"Key": encode(row[0])}
        answer["DeleteMarkers" if row[4] else "Versions"].append(shown)
    if found.truncated:
        answer["NextKeyMarker"] = encode(found.last[0])
        if len(found.last) > 1:
            answer["NextVersionIdMarker"] = found.last[2]
    return answer


def _entry(call: Call, row: Row) -> dict[str, Any]:
    _, _, version, latest, marker, size, etag, modified, headers = row
    entry = {
        "VersionId": version,
        "IsLatest": bool(latest),
        "LastModified": modified,
        "Owner": {"ID": call.account},
    }
    if marker:
        return entry
    held = json.loads(headers)
    entry |= listing.checksums_of(held)
    storage = held.get("StorageClass", "STANDARD")
    return entry | {"Size": size, "ETag": f'"{etag}"', "StorageClass": storage}
