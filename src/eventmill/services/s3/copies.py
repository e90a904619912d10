"""Copies of objects.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.s3 import (
    bodies,
    buckets,
    conditions,
    customer_keys,
    faults,
    locks,
    objects,
    tags,
)
from eventmill.services.s3.buckets import OPERATIONS

_ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")
_OWN = ("StorageClass", "WebsiteRedirectLocation", *_ENCRYPTION, *customer_keys.MEMBERS)
_OF_BODY = ("Checksums", "ChecksumType", "Parts")
_NOT_COPIED = {*_OWN, *_OF_BODY, *locks.MEMBERS, "Acl"}


def _copied_headers(
    source: dict[str, Any], request: Mapping[str, Any], *, replaces: bool
) -> dict[str, Any]:
    """A copy has the source's metadata, but class, encryption, redirection and lock of its own."""
    given = objects.headers_of(request)
    kept = given if replaces else source
    own = {name: given[name] for name in _OWN if name in given}
    body = {name: source[name] for name in _OF_BODY if name in source}
    return {k: v for k, v in kept.items() if k not in _NOT_COPIED} | own | body


def _replaces(request: Mapping[str, Any], member: str, what: str) -> bool:
    """Whether a directive says REPLACE. Raises Invalid for what is neither that nor COPY."""
    given = request.get(member) or "COPY"
    if given not in ("COPY", "REPLACE"):
        raise faults.argument(f"Unknown {what} directive.", f"x-amz-{what}-directive", given)
    return bool(given == "REPLACE")


@OPERATIONS.sweep("CopyObject")
def copy_object(call: Call, request: dict[str, Any]) -> Result:
    """Body, metadata and tags go over, in one transaction. Raises Invalid, NotFound."""
    bucket = buckets.find(call.tx, request["Bucket"])
    source_bucket, source_key, version = conditions.copy_source(request["CopySource"])
    source = objects.find(call.tx, source_bucket, source_key, version)
    if source.marker:
        raise faults.no_such_key(source_key)
    conditions.check_copy(source.etag, source.modified, request)
    customer_keys.check(json.loads(source.headers), request, "CopySource")
    conditions.check_write(call.tx, bucket.name, request["Key"], request)
    replaces = _replaces(request, "MetadataDirective", "metadata")
    retags = _replaces(request, "TaggingDirective", "tagging")
    same = (source_bucket, source_key) == (bucket.name, request["Key"])
    if same and not replaces and not version and not any(request.get(name) for name in _OWN):
        raise Invalid(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without"
            " changing the object's metadata, storage class, website redirect location or "
            "encryption attributes.",
        )
    headers = _copied_headers(json.loads(source.headers), request, replaces=replaces)
    headers |= locks.asked(call, bucket, request)
    written = objects.write(
        call,
        bucket,
        request["Key"],
        size=source.size,
        etag=source.etag,
        headers=headers,
        tags=tags.of_header(request.get("Tagging")) if retags else source.tags,
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
