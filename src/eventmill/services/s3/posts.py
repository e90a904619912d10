"""An object that a browser sent as a form; edge has read and verified it.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Upload
from eventmill.services.s3 import bodies, buckets, faults, objects, tags

_HEADERS = {
    "content-type": "ContentType",
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "expires": "Expires",
    "x-amz-storage-class": "StorageClass",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
}


def post_object(
    call: Call, bucket_name: str, fields: Mapping[str, str], upload: Upload
) -> dict[str, Any]:
    """Write the object. Returns ETag, Key and Location. Raises Fault."""
    bucket = buckets.find(call.tx, bucket_name)
    key = fields.get("key", "")
    if not key:
        raise faults.argument(
            "Bucket POST must contain a field named 'key'. If it is specified, please check the "
            "order of the fields.",
            "key",
            "",
        )
    headers: dict[str, Any] = {
        member: fields[name] for name, member in _HEADERS.items() if name in fields
    }
    metadata = {
        name.removeprefix("x-amz-meta-"): value
        for name, value in fields.items()
        if name.startswith("x-amz-meta-")
    }
    if metadata:
        headers["Metadata"] = metadata
    written = objects.write(
        call,
        bucket,
        key,
        size=upload.size,
        etag=upload.md5.hex(),
        headers=headers,
        tags=tags.of_form(fields.get("tagging")),
        content=bodies.keep(upload),
        event="ObjectCreated:Post",
    )
    return {
        "ETag": f'"{written.etag}"',
        "Key": key,
        "Bucket": bucket_name,
        "Location": f"{call.endpoint}/{bucket_name}/{key}",
    }
