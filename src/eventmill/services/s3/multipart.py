"""Multipart uploads. Completing one names its parts' files; nothing is copied.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from eventmill.kernel import checksums
from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.s3 import (
    bodies,
    buckets,
    composites,
    conditions,
    customer_keys,
    faults,
    locks,
    objects,
    tags,
)
from eventmill.services.s3.buckets import OPERATIONS
from eventmill.store.blobs import StagedBlob
from eventmill.store.transaction import Row

_SMALLEST = 5 * 1024 * 1024


def find(call: Call, request: dict[str, Any]) -> Row:
    """(id, bucket, key, headers, tags) of an upload under way. Raises NotFound (NoSuchUpload)."""
    row = call.tx.one(
        "SELECT id, bucket, key, headers, tags FROM s3_uploads WHERE id=? AND bucket=? AND key=?",
        (request["UploadId"], request["Bucket"], request["Key"]),
    )
    if row is None:
        raise faults.no_such_upload(request["UploadId"])
    return row


def _number(call: Call, request: dict[str, Any]) -> int:
    """The number of a part of an upload that is under way. Raises NotFound, Invalid."""
    find(call, request)
    number: int = request["PartNumber"]
    if not 1 <= number <= 10_000:
        raise faults.argument(
            "Part number must be an integer between 1 and 10000, inclusive", "partNumber", number
        )
    return number


def _keep(
    call: Call, upload: str, number: int, size: int, etag: str, checksums: str, staged: StagedBlob
) -> None:
    """Write a part's row and file; one of the same number is replaced."""
    name = staged.keep()
    _drop_part(call, upload, number)
    call.tx.execute(
        "INSERT INTO s3_parts VALUES(?,?,?,?,?,?,?)",
        (upload, number, size, etag, call.now, checksums, name),
    )


@OPERATIONS.write("CreateMultipartUpload")
def create_multipart_upload(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound (NoSuchBucket), Invalid."""
    bucket = buckets.find(call.tx, request["Bucket"])
    upload = call.ids.token(64)
    checksum = composites.asked(request)
    headers = objects.headers_of(request) | locks.asked(call, bucket, request) | checksum
    call.tx.execute(
        "INSERT INTO s3_uploads VALUES(?,?,?,?,?,?)",
        (
            upload,
            request["Bucket"],
            request["Key"],
            call.now,
            json.dumps(headers),
            tags.of_header(request.get("Tagging")),
        ),
    )
    named = {"Bucket": request["Bucket"], "Key": request["Key"], "UploadId": upload}
    return named | checksum


@OPERATIONS.write("UploadPart")
def upload_part(call: Call, request: dict[str, Any]) -> Result:
    """A part of the same number replaces the earlier one."""
    number = _number(call, request)
    given = request["Body"]
    staged = given.blob
    if staged is None:
        staged = bodies.stage(call)
        staged.write(given.data or b"")
    sums = json.dumps(dict(given.checksums))
    _keep(call, request["UploadId"], number, given.size, given.md5.hex(), sums, staged)
    shown = objects.checksum_members({"Checksums": given.checksums})
    return {"ETag": f'"{given.md5.hex()}"'} | shown


@OPERATIONS.sweep("UploadPartCopy")
def upload_part_copy(call: Call, request: dict[str, Any]) -> Result:
    """A part from an object, or from a range of one. Raises Invalid, NotFound."""
    number = _number(call, request)
    source_bucket, source_key, version = conditions.copy_source(request["CopySource"])
    source = objects.find(call.tx, source_bucket, source_key, version)
    if source.marker:
        raise faults.no_such_key(source_key)
    conditions.check_copy(source.etag, source.modified, request)
    customer_keys.check(json.loads(source.headers), request, "CopySource")
    wanted = bodies.parse_range(request.get("CopySourceRange"), source.size)
    start, length = wanted or (0, source.size)
    staged, digest = bodies.stage(call), hashlib.md5(usedforsecurity=False)
    algorithm = json.loads(find(call, request)[3]).get("ChecksumAlgorithm")
    checksum = checksums.new(algorithm) if algorithm else None
    for piece in bodies.pieces(bodies.part(call, source.body, source.blobs, start, length)):
        staged.write(piece)
        digest.update(piece)
        if checksum is not None:
            checksum.update(piece)
    sums = {algorithm: checksums.text(checksum)} if checksum is not None else {}
    etag = digest.hexdigest()
    _keep(call, request["UploadId"], number, length, etag, json.dumps(sums), staged)
    result = {"ETag": f'"{etag}"', "LastModified": call.now}
    return {"CopyPartResult": result | objects.checksum_members({"Checksums": sums})}


def abort_older(call: Call, bucket: str, prefix: str, before: float) -> None:
    """Give up the uploads below a prefix that began before a moment."""
    for upload, key in call.tx.all(
        "SELECT id, key FROM s3_uploads WHERE bucket=? AND started<?", (bucket, before)
    ):
        if key.startswith(prefix):
            _abort(call, upload)


def _abort(call: Call, upload: str) -> None:
    for (name,) in call.tx.all("SELECT blob FROM s3_parts WHERE upload=?", (upload,)):
        bodies.drop(call, json.dumps([[name, 0]]))
    _forget(call, upload)


def _drop_part(call: Call, upload: str, number: int) -> None:
    row = call.tx.one(
        "DELETE FROM s3_parts WHERE upload=? AND number=? RETURNING blob", (upload, number)
    )
    if row is not None:
        bodies.drop(call, json.dumps([[row[0], 0]]))


@OPERATIONS.write("CompleteMultipartUpload")
def complete_multipart_upload(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid: InvalidPart, InvalidPartOrder, EntityTooSmall."""
    upload, _, key, held, tagged = find(call, request)
    bucket = buckets.find(call.tx, request["Bucket"])
    conditions.check_write(call.tx, bucket.name, key, request)
    wanted = (request.get("MultipartUpload") or {}).get("Parts") or []
    if not wanted:
        raise Invalid("MalformedXML", "You must specify at least one part")
    numbers = [part["PartNumber"] for part in wanted]
    if numbers != sorted(set(numbers)):
        raise Invalid(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
        )
    rows = {
        row[0]: row
        for row in call.tx.all(
            "SELECT number, size, etag, blob, checksums FROM s3_parts WHERE upload=?", (upload,)
        )
    }
    chosen = [_chosen(rows, part, last=part is wanted[-1]) for part in wanted]
    size, etag = sum(row[1] for row in chosen), _etag([bytes.fromhex(row[2]) for row in chosen])
    if request.get("MpuObjectSize") not in (None, size):
        raise Invalid(
            "InvalidRequest",
            f"The provided 'x-amz-mp-object-size' header value {request['MpuObjectSize']} does not"
            f" match what was computed: {size}",
        )
    headers = composites.completed(json.loads(held), [(row[0], row[1], row[4]) for row in chosen])
    composites.check(headers, request)
    written = objects.write(
        call,
        bucket,
        key,
        size=size,
        etag=etag,
        headers=headers,
        tags=tagged,
        content=(None, json.dumps([[row[3], row[1]] for row in chosen])),
        event="ObjectCreated:CompleteMultipartUpload",
    )
    used = {row[0] for row in chosen}
    for number, row in rows.items():
        if number not in used:
            bodies.drop(call, json.dumps([[row[3], 0]]))
    _forget(call, upload)
    answer: dict[str, Any] = {
        "Location": f"{call.endpoint}/{bucket.name}/{key}",
        "Bucket": bucket.name,
        "Key": key,
        "ETag": f'"{etag}"',
    }
    if "Checksums" in headers:
        answer |= objects.checksum_members(headers) | {"ChecksumType": headers["ChecksumType"]}
    return answer | ({"VersionId": written.version} if written.version else {})


def _etag(digests: list[bytes]) -> str:
    """`<md5 of the parts' md5s>-<their number>`"""
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def _chosen(rows: dict[int, Row], part: dict[str, Any], *, last: bool) -> Row:
    row = rows.get(part["PartNumber"])
    if row is None or row[2] != str(part.get("ETag", "")).strip('"'):
        raise Invalid(
            "InvalidPart",
            "One or more of the specified parts could not be found.  The part may not have been "
            "uploaded, or the specified entity tag may not match the part's entity tag.",
        )
    if not last and row[1] < _SMALLEST:
        raise Invalid(
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed size",
            fields={
                "ProposedSize": row[1],
                "MinSizeAllowed": _SMALLEST,
                "PartNumber": part["PartNumber"],
            },
        )
    return row


def _forget(call: Call, upload: str) -> None:
    call.tx.execute("DELETE FROM s3_parts WHERE upload=?", (upload,))
    call.tx.execute("DELETE FROM s3_uploads WHERE id=?", (upload,))


@OPERATIONS.write("AbortMultipartUpload")
def abort_multipart_upload(call: Call, request: dict[str, Any]) -> Result:
    """Deletes the parts. Raises Fault."""
    if request.get("IfMatchInitiatedTime") is not None:
        raise faults.not_implemented("times are conditions of directory buckets")
    _abort(call, find(call, request)[0])
    return {"__status__": 204}
