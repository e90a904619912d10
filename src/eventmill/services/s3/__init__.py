"""Amazon S3: buckets, objects, versions, multipart uploads, notifications."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from eventmill.kernel.errors import Denied
from eventmill.kernel.policies import Asker, refusal
from eventmill.services.contract import Call, Service
from eventmill.services.s3 import (
    attributes,
    bodies,
    buckets,
    copies,
    deletions,
    lifecycle,
    listing,
    lock_operations,
    multipart,
    notifications,
    objects,
    settings,
    tagging,
    uploads,
    versions,
)
from eventmill.services.s3.buckets import OPERATIONS
from eventmill.services.s3.changes import BUS
from eventmill.services.s3.notifications import NOTIFICATION, notifier
from eventmill.services.s3.resources import RESOURCES
from eventmill.services.s3.schema import SCHEMA
from eventmill.store.transaction import Transaction

# Importing these registers their operations.
_OPERATION_MODULES = (
    attributes,
    copies,
    deletions,
    lifecycle,
    listing,
    lock_operations,
    multipart,
    notifications,
    objects,
    settings,
    tagging,
    uploads,
    versions,
)

SERVICE = Service("s3", OPERATIONS.by_name, SCHEMA, RESOURCES)

__all__ = [
    "BUS",
    "NOTIFICATION",
    "SERVICE",
    "admits",
    "blob_names",
    "body",
    "exists",
    "lifecycle",
    "notifier",
    "put",
]


def put(
    call: Call,
    bucket: str,
    key: str,
    data: bytes,
    content_type: str,
    *,
    asker: Asker | None = None,
) -> None:
    """Write an object for another service, with its notifications. Raises NotFound.

    `asker` is a service that needs the bucket's policy; one that acts by a role of the account is
    none. Raises Denied.
    """
    why = _refusal(call.tx, f"arn:aws:s3:::{bucket}/{key}", asker) if asker else ""
    if why:
        raise Denied("AccessDenied", why)
    objects.write(
        call,
        buckets.find(call.tx, bucket),
        key,
        size=len(data),
        etag=hashlib.md5(data, usedforsecurity=False).hexdigest(),
        headers={"ContentType": content_type},
        tags="{}",
        content=bodies.stored(call, data),
        event="ObjectCreated:Put",
    )


def body(call: Call, bucket: str, key: str, version: str | None) -> bytes:
    """An object's whole body. Raises Fault. See contract.Objects."""
    found = objects.find(call.tx, bucket, key, version)
    return b"".join(bodies.pieces(bodies.whole(call, found.size, found.body, found.blobs)))


def admits(tx: Transaction, arn: str, asker: Asker) -> bool:
    """Whether a bucket's policy lets a service put the object that an ARN names."""
    return not _refusal(tx, arn, asker)


def _refusal(tx: Transaction, arn: str, asker: Asker) -> str:
    policy = buckets.setting(tx, bucket_of(arn), "policy")
    return refusal([policy], asker, "s3:PutObject", arn, tx.now)


def bucket_of(arn: str) -> str:
    """The bucket of its own ARN, or of that of an object."""
    return arn.rpartition(":")[2].partition("/")[0]


def exists(tx: Transaction, arn: str) -> bool:
    """Whether the bucket that an ARN names exists."""
    return buckets.exists(tx, bucket_of(arn))


def blob_names(tx: Transaction) -> Iterator[str]:
    """Every file that an object or a part names: all others may be swept."""
    for (text,) in tx.execute("SELECT blobs FROM s3_objects WHERE blobs IS NOT NULL"):
        yield from (name for name, _ in json.loads(text))
    for (name,) in tx.execute("SELECT blob FROM s3_parts"):
        yield name
