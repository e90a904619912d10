"""Listing keys and versions.

Keys come in UTF-8 order. With a delimiter the keys below one common prefix are passed over by a
seek behind it, so that a folder with a million objects costs one step.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from eventmill.services.contract import Call, Result
from eventmill.services.s3 import buckets, faults
from eventmill.services.s3.buckets import OPERATIONS
from eventmill.store.transaction import Row, Transaction

_MOST = 1_000
_VERSIONS = (
    "SELECT key, version, latest, marker, size, etag, modified, seq FROM s3_objects"
    " WHERE bucket=?1 AND latest={latest} AND key>=?2 AND key<?3"
    " AND key>=?4 AND (key>?4 OR seq<?5)"
)
"""One half of a bucket's versions in the index's order: the two are merged without sorting."""
_CHUNK = 1_000
_ABOVE = 1 << 62
"""More than any sequence number."""


@dataclass(slots=True)
class Page:
    """`last` is where the next page goes on, when there is one."""

    rows: list[Row] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: str = ""


def after_all(prefix: str) -> str:
    """A text above every one that starts with `prefix`."""
    return prefix + "\U0010ffff"


def page(tx: Transaction, bucket: str, prefix: str, delimiter: str, after: str, limit: int) -> Page:
    """Up to `limit` keys and common prefixes after `after`."""
    found = Page()
    position = after
    if limit == 0:
        return found
    while True:
        rows = tx.all(
            "SELECT key, size, etag, modified, headers FROM s3_objects WHERE bucket=? AND latest=1"
            " AND marker=0 AND key>? AND key>=? AND key<? ORDER BY key LIMIT ?",
            (bucket, position, prefix, after_all(prefix), _CHUNK),
        )
        for row in rows:
            if row[0] <= position:
                continue
            common = _common(row[0], prefix, delimiter)
            if common is not None and common <= after:
                position = after_all(common)
                continue
            if len(found.rows) + len(found.prefixes) == limit:
                found.truncated = True
                return found
            if common is None:
                found.rows.append(row)
                found.last = position = row[0]
            else:
                found.prefixes.append(common)
                found.last = common
                position = after_all(common)
        if len(rows) < _CHUNK and (not rows or position <= rows[-1][0]):
            return found
        if not rows:
            return found


def _common(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def _entry(row: Row, encode: bool) -> dict[str, Any]:
    key, size, etag, modified, headers = row
    held = json.loads(headers)
    entry: dict[str, Any] = {
        "Key": quote(key, safe="/") if encode else key,
        "LastModified": modified,
        "ETag": f'"{etag}"',
        "Size": size,
        "StorageClass": held.get("StorageClass", "STANDARD"),
    }
    if held.get("Checksums"):
        entry["ChecksumAlgorithm"] = list(held["Checksums"])
    return entry


def _shape(request: dict[str, Any], found: Page, limit: int) -> dict[str, Any]:
    encode = request.get("EncodingType") == "url"
    answer: dict[str, Any] = {
        "Name": request["Bucket"],
        "Prefix": request.get("Prefix") or "",
        "MaxKeys": limit,
        "IsTruncated": found.truncated,
        "Contents": [_entry(row, encode) for row in found.rows],
        "CommonPrefixes": [
            {"Prefix": quote(prefix, safe="/") if encode else prefix} for prefix in found.prefixes
        ],
    }
    for name in ("Delimiter", "EncodingType"):
        if request.get(name):
            answer[name] = request[name]
    return answer


def _limit(request: dict[str, Any]) -> int:
    given = request.get("MaxKeys")
    return _MOST if given is None else max(0, min(_MOST, given))


def _key_of(token: str) -> str:
    """The key that a continuation token carries. Raises Invalid."""
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError:
        raise faults.argument(
            "The continuation token provided is incorrect", "continuation-token", token
        ) from None


@OPERATIONS.scan("ListObjectsV2")
def list_objects_v2(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
    buckets.find(call.tx, request["Bucket"])
    token = request.get("ContinuationToken")
    after = request.get("StartAfter") or ""
    if token:
        after = _key_of(token)
    limit = _limit(request)
    found = page(
        call.tx,
        request["Bucket"],
        request.get("Prefix") or "",
        request.get("Delimiter") or "",
        after,
        limit,
    )
    answer = _shape(request, found, limit)
    answer["KeyCount"] = len(found.rows) + len(found.prefixes)
    for name in ("ContinuationToken", "StartAfter"):
        if request.get(name):
            answer[name] = request[name]
    if found.truncated:
        answer["NextContinuationToken"] = base64.urlsafe_b64encode(found.last.encode()).decode()
    return answer


@OPERATIONS.scan("ListObjects")
def list_objects(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html"""
    buckets.find(call.tx, request["Bucket"])
    limit = _limit(request)
    found = page(
        call.tx,
        request["Bucket"],
        request.get("Prefix") or "",
        request.get("Delimiter") or "",
        request.get("Marker") or "",
        limit,
    )
    answer = _shape(request, found, limit) | {"Marker": request.get("Marker") or ""}
    if found.truncated and request.get("Delimiter"):
        answer["NextMarker"] = found.last
    return answer


def _marked(call: Call, request: dict[str, Any]) -> tuple[str, int]:
    """(key, seq) behind which a page begins: that key's versions below seq, then later keys.

    Of a version that was deleted since the last page was read all that are left of its key follow.
    """
    key, version = request.get("KeyMarker") or "", request.get("VersionIdMarker")
    if not version:
        return key, 0
    row = call.tx.one(
        "SELECT seq FROM s3_objects WHERE bucket=? AND latest IN (0,1) AND key=? AND version=?",
        (request["Bucket"], key, version),
    )
    return key, _ABOVE if row is None else row[0]


@OPERATIONS.scan("ListObjectVersions")
def list_object_versions(call: Call, request: dict[str, Any]) -> Result:
    """Versions and delete markers, newest first within a key."""
    buckets.find(call.tx, request["Bucket"])
    prefix, limit = request.get("Prefix") or "", _limit(request)
    rows = call.tx.all(
        f"{_VERSIONS.format(latest=1)} UNION ALL {_VERSIONS.format(latest=0)}"
        " ORDER BY key, seq DESC LIMIT ?6",
        (request["Bucket"], prefix, after_all(prefix), *_marked(call, request), limit + 1),
    )
    answer: dict[str, Any] = {
        "Name": request["Bucket"],
        "Prefix": prefix,
        "MaxKeys": limit,
        "IsTruncated": len(rows) > limit,
        "Versions": [],
        "DeleteMarkers": [],
    }
    for key, version, latest, marker, size, etag, modified, _ in rows[:limit]:
        entry = {
            "Key": key,
            "VersionId": version,
            "IsLatest": bool(latest),
            "LastModified": modified,
            "Owner": {"ID": call.account},
        }
        if marker:
            answer["DeleteMarkers"].append(entry)
        else:
            answer["Versions"].append(
                entry | {"Size": size, "ETag": f'"{etag}"', "StorageClass": "STANDARD"}
            )
    if len(rows) > limit:
        answer |= {"NextKeyMarker": rows[limit - 1][0], "NextVersionIdMarker": rows[limit - 1][1]}
    return answer
