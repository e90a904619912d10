"""Listing multipart uploads under way, and the parts of one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.s3 import buckets, listing, multipart, objects
from eventmill.services.s3.buckets import OPERATIONS
from eventmill.services.s3.listing import Place
from eventmill.services.s3.versions import ABOVE
from eventmill.store.transaction import Row


def _mine(call: Call, headers: dict[str, Any]) -> dict[str, Any]:
    """What uploads and their parts are listed with."""
    owner = {"ID": call.account}
    shown = {
        "StorageClass": headers.get("StorageClass", "STANDARD"),
        "Owner": owner,
        "Initiator": owner,
    }
    names = ("ChecksumAlgorithm", "ChecksumType")
    return shown | {name: headers[name] for name in names if name in headers}


@OPERATIONS.scan("ListParts")
def list_parts(call: Call, request: dict[str, Any]) -> Result:
    """By number.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
    """
    upload, _, _, headers, _ = multipart.find(call, request)
    limit, marker = listing.limit_of(request, "MaxParts"), request.get("PartNumberMarker")
    after = listing.number_of(marker, "part-number-marker")
    rows = call.tx.all(
        "SELECT number, size, etag, modified, checksums FROM s3_parts WHERE upload=? AND number>?"
        " ORDER BY number LIMIT ?",
        (upload, after, limit + 1),
    )
    shown = rows[:limit]
    return _mine(call, json.loads(headers)) | {
        "Bucket": request["Bucket"],
        "Key": request["Key"],
        "UploadId": upload,
        "MaxParts": limit,
        "PartNumberMarker": after,
        "NextPartNumberMarker": shown[-1][0] if shown else 0,
        "IsTruncated": bool(limit) and len(rows) > limit,
        "Parts": [_part(row) for row in shown],
    }


def _part(row: Row) -> dict[str, Any]:
    number, size, etag, modified, sums = row
    shown = {"PartNumber": number, "Size": size, "ETag": f'"{etag}"', "LastModified": modified}
    return shown | objects.checksum_members({"Checksums": json.loads(sums)})


@OPERATIONS.scan("ListMultipartUploads")
def list_multipart_uploads(call: Call, request: dict[str, Any]) -> Result:
    """By key, and those of one key by when they began.

    Of an upload that is over since the last page was read all that are left of its key follow.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
    """
    buckets.find(call.tx, request["Bucket"])
    prefix, encode = request.get("Prefix") or "", listing.encoder(request)
    limit, marker = listing.limit_of(request, "MaxUploads"), request.get("KeyMarker") or ""
    found = call.tx.all(
        "SELECT key, id, started, headers FROM s3_uploads WHERE bucket=? AND key>=? AND key<?"
        " ORDER BY key, started, id",
        (request["Bucket"], prefix, listing.after_all(prefix)),
    )
    # Numbers fall within a key, as those of versions do.
    rows = [(row[0], len(found) - index, *row[1:]) for index, row in enumerate(found)]
    upload = request.get("UploadIdMarker") if marker else None
    number = next((row[1] for row in rows if row[2] == upload), ABOVE) if upload else 0

    def fetch(place: Place, count: int) -> Sequence[Row]:
        key, below = place
        later = (row for row in rows if row[0] > key or (row[0] == key and row[1] < below))
        return [row for row, _ in zip(later, range(count), strict=False)]

    page = listing.page(fetch, (marker, number), prefix, request.get("Delimiter") or "", limit)
    answer = listing.framed(request, page) | {
        "Bucket": request["Bucket"],
        "MaxUploads": limit,
        "KeyMarker": encode(marker),
        "UploadIdMarker": upload or "",
        "Uploads": [
            {"Key": encode(key), "UploadId": identifier, "Initiated": started}
            | _mine(call, json.loads(headers))
            for key, _, identifier, started, headers in page.rows
        ],
    }
    if page.truncated:
        answer["NextKeyMarker"] = encode(page.last[0])
        if len(page.last) > 1:
            answer["NextUploadIdMarker"] = page.last[2]
    return answer
