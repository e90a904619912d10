"""Copies of objects.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.s3 import bodies, buckets, conditions, faults, objects
from eventmill.services.s3.buckets import OPERATIONS


def _copied_headers(
    source: dict[str, Any], request: Mapping[str, Any], *, replaces: bool
) -> dict[str, Any]:
    """A copy has the source's metadata, but a storage class and an ACL of its own."""
    given = objects.headers_of(request)
    kept = given if replaces else source
    own = {name: given[name] for name in ("StorageClass",) if name in given}
    checksums = {"Checksums": source["Checksums"]} if "Checksums" in source else {}
    return {k: v for k, v in kept.items() if k not in ("StorageClass", "Acl")} | own | checksums


@OPERATIONS.write("CopyObject")
def copy_object(call: Call, request: dict[str, Any]) -> Result:
    """Body, metadata and tags go over, in one transaction. Raises Invalid, NotFound."""
    bucket = buckets.find(call.tx, request["Bucket"])
    source_bucket, source_key, version = conditions.copy_source(request["CopySource"])
    source = objects.find(call.tx, source_bucket, source_key, version)
    if source.marker:
        raise faults.no_such_key(source_key)
    conditions.check_copy(source.etag, source.modified, request)
    replaces = request.get("MetadataDirective") == "REPLACE"
    same = (source_bucket, source_key) == (bucket.name, request["Key"])
    if same and not replaces and not version and not request.get("StorageClass"):
        raise Invalid(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without"
            " changing the object's metadata, storage class, website redirect location or "
            "encryption attributes.",
        )
    headers = _copied_headers(json.loads(source.headers), request, replaces=replaces)
    tags = source.tags
    if request.get("TaggingDirective") == "REPLACE":
        tags = objects.tags_of(request.get("Tagging"))
    written = objects.write(
        call,
        bucket,
        request["Key"],
        size=source.size,
        etag=source.etag,
        headers=headers,
        tags=tags,
        content=bodies.copied(call, source.body, source.blobs),
        event="ObjectCreated:Copy",
    )
    answer: dict[str, Any] = {
        "CopyObjectResult": {"ETag": f'"{written.etag}"', "LastModified": call.now}
    }
    if written.version is not None:
        answer["VersionId"] = written.version
    if source.version != "null":
        answer["CopySourceVersionId"] = source.version
    return answer
