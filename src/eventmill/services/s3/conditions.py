"""Conditional requests, and the header that names a copy's source.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from eventmill.kernel.errors import Fault, NotFound
from eventmill.services.s3 import faults
from eventmill.store.transaction import Transaction


def check_write(tx: Transaction, bucket: str, key: str, request: Mapping[str, Any]) -> None:
    """If-None-Match: * wants no object, If-Match wants this one. Raises Fault (412, 404)."""
    wants_none, wanted = request.get("IfNoneMatch"), request.get("IfMatch")
    if wants_none is None and wanted is None:
        return
    row = tx.one(
        "SELECT etag FROM s3_objects WHERE bucket=? AND key=? AND latest=1 AND marker=0",
        (bucket, key),
    )
    if wants_none is not None:
        if wants_none != "*":
            raise Fault("NotImplemented", "If-None-Match takes * only here.", status=501)
        if row is not None:
            raise faults.precondition_failed("If-None-Match")
    if wanted is not None:
        if row is None:
            raise NotFound("NoSuchKey", "The specified key does not exist.", fields={"Key": key})
        if not _matches(wanted, row[0]):
            raise faults.precondition_failed("If-Match")


def check_read(etag: str, modified: float, request: Mapping[str, Any]) -> None:
    """Raises Fault: 412 when a condition fails, 304 when the client has it already."""
    if request.get("IfMatch") and not _matches(request["IfMatch"], etag):
        raise faults.precondition_failed("If-Match")
    since = request.get("IfUnmodifiedSince")
    if since is not None and not request.get("IfMatch") and int(modified) > since:
        raise faults.precondition_failed("If-Unmodified-Since")
    not_modified = Fault("NotModified", "Not Modified", status=304, headers={"etag": f'"{etag}"'})
    if request.get("IfNoneMatch"):
        if _matches(request["IfNoneMatch"], etag):
            raise not_modified
        return
    since = request.get("IfModifiedSince")
    if since is not None and int(modified) <= since:
        raise not_modified


def check_copy(etag: str, modified: float, request: Mapping[str, Any]) -> None:
    """The conditions on a copy's source; all of them answer 412.

    A tag that matches makes up for a time that does not; one that must not match counts first.
    """
    wanted = request.get("CopySourceIfMatch")
    if wanted and not _matches(wanted, etag):
        raise faults.precondition_failed("x-amz-copy-source-If-Match")
    since = request.get("CopySourceIfUnmodifiedSince")
    if since is not None and not wanted and int(modified) > since:
        raise faults.precondition_failed("x-amz-copy-source-If-Unmodified-Since")
    if request.get("CopySourceIfNoneMatch") and _matches(request["CopySourceIfNoneMatch"], etag):
        raise faults.precondition_failed("x-amz-copy-source-If-None-Match")
    since = request.get("CopySourceIfModifiedSince")
    if since is not None and int(modified) <= since:
        raise faults.precondition_failed("x-amz-copy-source-If-Modified-Since")


def _matches(header: str, etag: str) -> bool:
    return any(part.strip().strip('"') in ("*", etag) for part in header.split(","))


def copy_source(text: str) -> tuple[str, str, str | None]:
    """(bucket, key, version) of `bucket/key?versionId=…`. Raises Fault (InvalidArgument)."""
    path, _, query = text.partition("?")
    bucket, slash, key = unquote(path).lstrip("/").partition("/")
    if not slash or not key:
        raise faults.argument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            "x-amz-copy-source",
            text,
        )
    version = query.removeprefix("versionId=") if query.startswith("versionId=") else None
    return bucket, key, version
