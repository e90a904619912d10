"""Tags of objects."""

from __future__ import annotations

import json
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.s3 import buckets, changes, objects, tags
from eventmill.services.s3.buckets import OPERATIONS


@OPERATIONS.write("PutObjectTagging")
def put_object_tagging(call: Call, request: dict[str, Any]) -> Result:
    """Replaces the tags; ten at the most."""
    return _set(call, request, tags.of_set(request["Tagging"].get("TagSet") or ()), put=True)


@OPERATIONS.write("DeleteObjectTagging")
def delete_object_tagging(call: Call, request: dict[str, Any]) -> Result:
    """Takes all tags away."""
    return _set(call, request, "{}", put=False) | {"__status__": 204}


def _set(call: Call, request: dict[str, Any], kept: str, *, put: bool) -> dict[str, Any]:
    bucket = buckets.find(call.tx, request["Bucket"])
    item = objects.find(call.tx, bucket.name, request["Key"], request.get("VersionId"))
    call.tx.execute("UPDATE s3_objects SET tags=? WHERE seq=?", (kept, item.seq))
    if bucket.watched:
        changes.tagged(call, bucket, item.key, item.version, item.etag, put=put)
    return {"VersionId": item.version} if item.version != "null" else {}


@OPERATIONS.read("GetObjectTagging")
def get_object_tagging(call: Call, request: dict[str, Any]) -> Result:
    """The tags."""
    item = objects.find(call.tx, request["Bucket"], request["Key"], request.get("VersionId"))
    found = json.loads(item.tags)
    answer: dict[str, Any] = {
        "TagSet": [{"Key": key, "Value": value} for key, value in found.items()]
    }
    return answer | ({"VersionId": item.version} if item.version != "null" else {})
