"""What an object is, without its body.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.s3 import customer_keys, faults, listing, objects
from eventmill.services.s3.buckets import OPERATIONS
from eventmill.services.s3.objects import Object

_ATTRIBUTES = {"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}


@OPERATIONS.read("GetObjectAttributes")
def get_object_attributes(call: Call, request: dict[str, Any]) -> Result:
    """The attributes that are asked for. Raises Fault: a delete marker has none."""
    item = objects.find(call.tx, request["Bucket"], request["Key"], request.get("VersionId"))
    if item.marker:
        raise objects.marked(item, request)
    wanted = set(request["ObjectAttributes"])
    if not wanted or wanted - _ATTRIBUTES:
        raise faults.argument(
            "Invalid attribute name specified.", "x-amz-object-attributes", ",".join(wanted)
        )
    headers = json.loads(item.headers)
    customer_keys.check(headers, request)
    known: dict[str, Any] = {
        "ETag": item.etag,
        "ObjectSize": item.size,
        "StorageClass": headers.get("StorageClass") or "STANDARD",
    }
    sums = objects.checksum_members(headers)
    if sums:
        known["Checksum"] = sums | {"ChecksumType": headers.get("ChecksumType", "FULL_OBJECT")}
    if "-" in item.etag and "ObjectParts" in wanted:
        known["ObjectParts"] = _parts(item, headers, request)
    answer = {name: value for name, value in known.items() if name in wanted}
    answer["LastModified"] = item.modified
    return answer | ({"VersionId": item.version} if item.version != "null" else {})


def _parts(item: Object, headers: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """How many parts there are; which they are is known of uploads with checksums only."""
    sizes = objects.parts_of(item)
    sums = headers.get("Parts")
    if not sums:
        return {"TotalPartsCount": len(sizes)}
    (algorithm,) = headers["Checksums"]
    limit = listing.limit_of(dict(request), "MaxParts")
    after = listing.number_of(request.get("PartNumberMarker"), "part-number-marker")
    parts = [
        {"PartNumber": number, "Size": size, f"Checksum{algorithm}": value}
        for (number, value), size in zip(sums, sizes, strict=True)
        if number > after
    ]
    shown = parts[:limit]
    return {
        "TotalPartsCount": len(sizes),
        "PartNumberMarker": after,
        "NextPartNumberMarker": shown[-1]["PartNumber"] if shown else 0,
        "MaxParts": limit,
        "IsTruncated": len(parts) > limit,
        "Parts": shown,
    }
