"""Listing keys.

Keys come in UTF-8 order. With a delimiter the keys below one common prefix are passed over by a
seek behind it, so that a folder with a million objects costs one step.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from eventmill.services.contract import Call, Result
from eventmill.services.s3 import buckets, faults
from eventmill.services.s3.buckets import OPERATIONS
from eventmill.store.transaction import Row, Transaction

_MOST = 1_000

Place = tuple[str, int]
"""A key and a number: what follows are that key's rows of lower numbers, then later keys."""

Fetch = Callable[[Place, int], Sequence[Row]]
"""Up to so many rows after a place, in order: the key first, then the number."""


@dataclass(slots=True)
class Page:
    """`last` is where the next page goes on, when there is one."""

    rows: list[Row] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: Row | tuple[str] = ("",)


def after_all(prefix: str) -> str:
    """A text above every one that starts with `prefix`."""
    return prefix + "\U0010ffff"


def page(fetch: Fetch, start: Place, prefix: str, delimiter: str, limit: int) -> Page:
    """Up to `limit` rows and common prefixes after `start`."""
    found, place, count = Page(), start, min(limit, _MOST) + 1
    while limit:
        rows = fetch(place, count)
        for row in rows:
            if row[0] < place[0]:
                continue
            common = _common(row[0], prefix, delimiter)
            if common is not None and common <= start[0]:
                place = (after_all(common), 0)
                continue
            if len(found.rows) + len(found.prefixes) == limit:
                found.truncated = True
                return found
            if common is None:
                found.rows.append(row)
                found.last, place = row, (row[0], row[1])
            else:
                found.prefixes.append(common)
                found.last, place = (common,), (after_all(common), 0)
        if len(rows) < count:
            break
    return found


def _common(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def limit_of(request: dict[str, Any], member: str = "MaxKeys") -> int:
    """How many a page holds: 1,000 at the most. Raises Invalid for less than none."""
    given = request.get(member)
    if given is not None and given < 0:
        name = "-".join(("max", member.removeprefix("Max").lower()))
        raise faults.argument(
            f"Argument {name} must be an integer between 0 and 2147483647", name, given
        )
    return _MOST if given is None else min(_MOST, given)


def number_of(marker: str | int | None, name: str) -> int:
    """The number after which a page begins. Raises Invalid."""
    text = str(marker or 0)
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise faults.argument(f"Provided {name} not an integer or within integer range", name, text)
    return int(text)


def encoder(request: dict[str, Any]) -> Callable[[str], str]:
    """How keys are written into an answer. Raises Invalid for an unknown `EncodingType`."""
    kind = request.get("EncodingType")
    if kind not in (None, "url"):
        raise faults.argument("Invalid Encoding Method specified in Request", "encoding-type", kind)
    return (lambda text: quote(text, safe="/")) if kind else str


def framed(request: dict[str, Any], found: Page, *echoed: str) -> dict[str, Any]:
    """What all listings say of themselves; the `echoed` members of the request come back."""
    encode = encoder(request)
    answer: dict[str, Any] = {
        "Prefix": encode(request.get("Prefix") or ""),
        "IsTruncated": found.truncated,
        "CommonPrefixes": [{"Prefix": encode(prefix)} for prefix in found.prefixes],
    }
    answer |= {name: encode(request[name]) for name in (*echoed, "Delimiter") if request.get(name)}
    return answer | ({"EncodingType": "url"} if request.get("EncodingType") else {})


def _objects(tx: Transaction, request: dict[str, Any], after: str, limit: int) -> Page:
    prefix = request.get("Prefix") or ""

    def fetch(place: Place, count: int) -> Sequence[Row]:
        return tx.all(
            "SELECT key, 0, size, etag, modified, headers FROM s3_objects WHERE bucket=?"
            " AND latest=1 AND marker=0 AND key>? AND key>=? AND key<? ORDER BY key LIMIT ?",
            (request["Bucket"], place[0], prefix, after_all(prefix), count),
        )

    return page(fetch, (after, 0), prefix, request.get("Delimiter") or "", limit)


def _entry(row: Row, encode: Callable[[str], str]) -> dict[str, Any]:
    key, _, size, etag, modified, headers = row
    held = json.loads(headers)
    entry: dict[str, Any] = {
        "Key": encode(key),
        "LastModified": modified,
        "ETag": f'"{etag}"',
        "Size": size,
        "StorageClass": held.get("StorageClass", "STANDARD"),
    }
    return entry | checksums_of(held)


def checksums_of(headers: dict[str, Any]) -> dict[str, Any]:
    """What listings tell of an object's checksums."""
    if not headers.get("Checksums"):
        return {}
    kind = headers.get("ChecksumType", "FULL_OBJECT")
    return {"ChecksumAlgorithm": list(headers["Checksums"]), "ChecksumType": kind}


def _contents(call: Call, request: dict[str, Any], found: Page, *, owned: bool) -> Any:
    encode = encoder(request)
    owner = {"Owner": {"ID": call.account}} if owned else {}
    return [_entry(row, encode) | owner for row in found.rows]


def _key_of(token: str) -> str:
    """The key that a continuation token carries. Raises Invalid."""
    try:
        key = base64.urlsafe_b64decode(token).decode()
    except ValueError:
        key = ""
    if not key:
        raise faults.argument(
            "The continuation token provided is incorrect", "continuation-token", token
        )
    return key


@OPERATIONS.scan("ListObjectsV2")
def list_objects_v2(call: Call, request: dict[str, Any]) -> Result:
    """A token goes before StartAfter.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    """
    buckets.find(call.tx, request["Bucket"])
    token, limit = request.get("ContinuationToken"), limit_of(request)
    after = _key_of(token) if token is not None else request.get("StartAfter") or ""
    found = _objects(call.tx, request, after, limit)
    answer = framed(request, found, "StartAfter") | {
        "Name": request["Bucket"],
        "MaxKeys": limit,
        "KeyCount": len(found.rows) + len(found.prefixes),
        "Contents": _contents(call, request, found, owned=bool(request.get("FetchOwner"))),
    }
    if token is not None:
        answer["ContinuationToken"] = token
    if found.truncated:
        last = base64.urlsafe_b64encode(found.last[0].encode()).decode()
        answer["NextContinuationToken"] = last
    return answer


@OPERATIONS.scan("ListObjects")
def list_objects(call: Call, request: dict[str, Any]) -> Result:
    """NextMarker is given with a delimiter only: without one the last key is the marker.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
    """
    buckets.find(call.tx, request["Bucket"])
    limit, encode = limit_of(request), encoder(request)
    found = _objects(call.tx, request, request.get("Marker") or "", limit)
    answer = framed(request, found) | {
        "Name": request["Bucket"],
        "MaxKeys": limit,
        "Marker": encode(request.get("Marker") or ""),
        "Contents": _contents(call, request, found, owned=True),
    }
    if found.truncated and request.get("Delimiter"):
        answer["NextMarker"] = encode(found.last[0])
    return answer
