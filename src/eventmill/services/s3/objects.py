"""Objects: writing, reading, copying and deleting them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from eventmill.kernel.errors import Fault, Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.s3 import (
    bodies,
    buckets,
    changes,
    conditions,
    customer_keys,
    faults,
    locks,
    tags,
)
from eventmill.services.s3.buckets import OPERATIONS, Bucket
from eventmill.store.transaction import Transaction

_CONTENT = (
    "ContentType",
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "Expires",
    "WebsiteRedirectLocation",
    "StorageClass",
    "ServerSideEncryption",
    "SSEKMSKeyId",
    "BucketKeyEnabled",
)
_OVERRIDES = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
)
_COLUMNS = "seq, key, version, latest, marker, size, etag, modified, headers, tags, body, blobs"
_KEY_LIMIT = 1_024
SEQUENCE = "s3.objects"


@dataclass(frozen=True, slots=True)
class Object:
    """One version of an object."""

    seq: int
    key: str
    version: str
    latest: bool
    marker: bool
    size: int
    etag: str
    modified: float
    headers: str
    tags: str
    body: bytes | None
    blobs: str | None


def find(tx: Transaction, bucket: str, key: str, version: str | None = None) -> Object:
    """Raises NotFound: NoSuchBucket, NoSuchKey, NoSuchVersion."""
    if version:
        row = tx.one(
            f"SELECT {_COLUMNS} FROM s3_objects"
            " WHERE bucket=? AND latest IN (0,1) AND key=? AND version=?",
            (bucket, key, version),
        )
    else:
        row = tx.one(
            f"SELECT {_COLUMNS} FROM s3_objects WHERE bucket=? AND key=? AND latest=1",
            (bucket, key),
        )
    if row is None:
        buckets.find(tx, bucket)
        raise faults.no_such_version(key, version) if version else faults.no_such_key(key)
    return Object(*row)


def headers_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """What a request says that is given back with the object."""
    headers = {name: request[name] for name in _CONTENT if request.get(name) is not None}
    if "Expires" in headers:
        headers["Expires"] = str(headers["Expires"])
    encoding = headers.get("ContentEncoding")
    if encoding is not None:
        # aws-chunked is how the body travelled, not what the object is.
        kept = [part.strip() for part in encoding.split(",") if part.strip() != "aws-chunked"]
        headers.pop("ContentEncoding")
        if kept:
            headers["ContentEncoding"] = ",".join(kept)
    if request.get("Metadata"):
        headers["Metadata"] = request["Metadata"]
    return headers | customer_keys.asked(request)


@dataclass(frozen=True, slots=True)
class Written:
    """A new version."""

    version: str | None
    etag: str
    seq: int


def write(
    call: Call,
    bucket: Bucket,
    key: str,
    *,
    size: int,
    etag: str,
    headers: Mapping[str, Any],
    tags: str,
    content: tuple[bytes | None, str | None],
    event: str,
) -> Written:
    """Put a version, locked as the bucket says where `headers` do not, and raise its event."""
    if len(key.encode()) > _KEY_LIMIT:
        raise Invalid("KeyTooLongError", "Your key is too long")
    headers = locks.with_default(call, bucket, headers)
    version = call.ids.token(32) if bucket.versioning == "Enabled" else "null"
    seq = call.tx.number(SEQUENCE)
    values = (size, etag, call.now, orjson.dumps(dict(headers)).decode(), tags, *content)
    if bucket.versioning:
        make_room(call, bucket, key, version)
    if bucket.versioning or not _overwritten(call, bucket, key, values):
        call.tx.execute(
            "INSERT INTO s3_objects(seq, bucket, key, version, latest, marker, size, etag,"
            " modified, headers, tags, body, blobs) VALUES(?,?,?,?,1,0,?,?,?,?,?,?,?)",
            (seq, bucket.name, key, version, *values),
        )
    shown = version if bucket.versioning else None
    if bucket.watched:
        changes.created(call, bucket, event, key, size, etag, shown, seq)
    return Written(shown if shown != "null" or bucket.versioning else None, etag, seq)


def _overwritten(call: Call, bucket: Bucket, key: str, values: tuple[Any, ...]) -> bool:
    """Whether a bucket that never had versions had the object, whose row then has `values`.

    The row stays in its place, so that the index's page is none of the commit's.
    """
    row = call.tx.one(
        "SELECT seq, blobs FROM s3_objects WHERE bucket=? AND key=? AND latest=1",
        (bucket.name, key),
    )
    if row is None:
        return False
    seq, blobs = row
    bodies.drop(call, blobs)
    call.tx.execute(
        "UPDATE s3_objects SET size=?, etag=?, modified=?, headers=?, tags=?, body=?, blobs=?"
        " WHERE seq=?",
        (*values, seq),
    )
    return True


def make_room(call: Call, bucket: Bucket, key: str, version: str) -> None:
    """The version before is no longer the latest; one of the same id is replaced."""
    if version == "null":
        row = call.tx.one(
            "DELETE FROM s3_objects WHERE bucket=? AND latest IN (0,1) AND key=?"
            " AND version='null' RETURNING blobs",
            (bucket.name, key),
        )
        if row is not None:
            bodies.drop(call, row[0])
    call.tx.execute(
        "UPDATE s3_objects SET latest=0 WHERE bucket=? AND key=? AND latest=1", (bucket.name, key)
    )


@OPERATIONS.write("PutObject")
def put_object(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"""
    bucket = buckets.find(call.tx, request["Bucket"])
    key, upload = request["Key"], request["Body"]
    conditions.check_write(call.tx, bucket.name, key, request)
    if request.get("WriteOffsetBytes") is not None:
        raise faults.not_implemented("objects of directory buckets alone are appended to")
    headers = headers_of(request) | locks.asked(call, bucket, request)
    if upload.checksums:
        headers["Checksums"] = dict(upload.checksums)
    written = write(
        call,
        bucket,
        key,
        size=upload.size,
        etag=upload.md5.hex(),
        headers=headers,
        tags=tags.of_header(request.get("Tagging")),
        content=bodies.keep(upload),
        event="ObjectCreated:Put",
    )
    answer: dict[str, Any] = {"ETag": f'"{written.etag}"', "ChecksumType": "FULL_OBJECT"}
    answer |= checksum_members(headers)
    if customer_keys.SUM in headers:
        answer |= {name: headers[name] for name in customer_keys.MEMBERS}
    elif "ServerSideEncryption" not in headers:
        answer["ServerSideEncryption"] = "AES256"
    if written.version is not None:
        answer["VersionId"] = written.version
    return answer


def checksum_members(headers: Mapping[str, Any]) -> dict[str, str]:
    """The stored checksums as members of an answer."""
    return {f"Checksum{name}": value for name, value in (headers.get("Checksums") or {}).items()}


def describe(call: Call, request: dict[str, Any]) -> tuple[Object, dict[str, Any]]:
    """What GetObject and HeadObject share. Raises Fault: also 304 and 412."""
    item = find(call.tx, request["Bucket"], request["Key"], request.get("VersionId"))
    if item.marker:
        raise marked(item, request)
    conditions.check_read(item.etag, item.modified, request)
    headers = orjson.loads(item.headers)
    customer_keys.check(headers, request)
    answer: dict[str, Any] = {
        "ETag": f'"{item.etag}"',
        "LastModified": item.modified,
        "AcceptRanges": "bytes",
        "ContentType": "binary/octet-stream",
        "ServerSideEncryption": "AES256",
    }
    checksums = checksum_members(headers)
    for name in ("Checksums", "Parts", "Acl"):
        headers.pop(name, None)
    answer |= headers
    if customer_keys.SUM in headers:
        del answer["ServerSideEncryption"]
    if answer.get("StorageClass") == "STANDARD":
        del answer["StorageClass"]
    if request.get("ChecksumMode") == "ENABLED" and not request.get("Range"):
        answer |= checksums
    else:
        answer.pop("ChecksumType", None)
    versioned = item.version != "null" or request.get("VersionId")
    if versioned:
        answer["VersionId"] = item.version
    tagged = orjson.loads(item.tags)
    if tagged:
        answer["TagCount"] = len(tagged)
    for name in _OVERRIDES:
        if request.get(f"Response{name}"):
            answer[name] = request[f"Response{name}"]
    return item, answer


def marked(item: Object, request: Mapping[str, Any]) -> Fault:
    """The answer for a delete marker: 405 for one by its version, else 404."""
    headers = {"x-amz-delete-marker": "true", "x-amz-version-id": item.version}
    if request.get("VersionId"):
        return Fault(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            status=405,
            headers=headers,
        )
    fault = faults.no_such_key(item.key)
    fault.headers.update(headers)
    return fault


@OPERATIONS.read("GetObject")
def get_object(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
    hold = call.blobs.hold()
    item, answer = describe(call, request)
    start, length = _cut(request, item, answer)
    answer["Body"] = bodies.part(call, item.body, item.blobs, start, length, hold)
    return answer


def _cut(request: Mapping[str, Any], item: Object, answer: dict[str, Any]) -> tuple[int, int]:
    """(start, length) of the range or the part that is asked for; `answer` tells of it.

    Raises Fault: InvalidRange, InvalidPartNumber, and Invalid for a range of a part.
    """
    wanted = bodies.parse_range(request.get("Range"), item.size)
    number = request.get("PartNumber")
    if number is not None:
        if request.get("Range"):
            raise Invalid("InvalidRequest", "Cannot specify both Range header and partNumber query")
        sizes = parts_of(item)
        wanted = bodies.parse_part(number, sizes, item.size)
        if item.etag.endswith(f"-{len(sizes)}"):
            answer["PartsCount"] = len(sizes)
    start, length = wanted or (0, item.size)
    answer["ContentLength"] = length
    if wanted is not None:
        answer["__status__"] = 206
        if length:
            answer["ContentRange"] = f"bytes {start}-{start + length - 1}/{item.size}"
    return start, length


def parts_of(item: Object) -> list[int]:
    """The sizes of the parts that an object was uploaded in."""
    return [size for _, size in orjson.loads(item.blobs)] if item.blobs else [item.size]


@OPERATIONS.read("HeadObject")
def head_object(call: Call, request: dict[str, Any]) -> Result:
    """As GetObject, without the body."""
    item, answer = describe(call, request)
    _cut(request, item, answer)
    return answer
