"""What changes of a bucket's objects tell: records of notifications, and events of the bus.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

import orjson

from eventmill.kernel.clock import iso_millis, iso_seconds
from eventmill.services.contract import Call
from eventmill.services.s3 import trails
from eventmill.services.s3.buckets import Bucket
from eventmill.services.s3.notifications import NOTIFICATION, matching
from eventmill.store import outbox

BUS = "events.put"
"""Kind of the outbox rows for the default event bus; the payload is the event."""

ITSELF = "s3.amazonaws.com"
"""Who causes what lifecycle rules do, as the principal and the address of its calls."""

_VERSION = "2.1"
_LATER = "2.3"
"""The version of records of lifecycle rules, tags and access lists."""

_EMPTY = "d41d8cd98f00b204e9800998ecf8427e"
_REASONS = {
    "Put": "PutObject",
    "Post": "POST Object",
    "Copy": "CopyObject",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
}


def created(
    call: Call,
    bucket: Bucket,
    event: str,
    key: str,
    size: int,
    etag: str,
    version: str | None,
    seq: int,
) -> None:
    """An object was written."""
    item = {"size": size, "eTag": etag} | _versioned(version, "versionId")
    _emit(call, bucket, event, key, item | {"sequencer": _sequencer(seq)})
    shown = {"key": key, "size": size, "etag": etag} | _versioned(version, "version-id")
    way = event.partition(":")[2]
    more = {"reason": _REASONS[way]}
    _bus(call, bucket, "Object Created", shown | {"sequencer": _sequencer(seq)}, more)
    _trail(call, bucket, way if way == "CompleteMultipartUpload" else f"{way}Object", key, size)


def removed(
    call: Call, bucket: Bucket, key: str, version: str | None, seq: int, *, expired: bool
) -> None:
    """An object, or one version of it, is gone; `expired` by a lifecycle rule."""
    item = {"versionId": version} if version else {}
    event = "LifecycleExpiration:Delete" if expired else "ObjectRemoved:Delete"
    told = _LATER if expired else _VERSION
    _emit(call, bucket, event, key, item | {"sequencer": _sequencer(seq)}, told)
    shown = {"key": key} | ({"version-id": version} if version else {})
    _bus(
        call,
        bucket,
        "Object Deleted",
        shown | {"sequencer": _sequencer(seq)},
        {"reason": _why(expired), "deletion-type": "Permanently Deleted"},
    )
    if not expired:
        _trail(call, bucket, "DeleteObject", key)


def marked(call: Call, bucket: Bucket, key: str, marker: str, seq: int, *, expired: bool) -> None:
    """A delete marker was put; `expired` by a lifecycle rule."""
    item = {"eTag": _EMPTY, "versionId": marker, "sequencer": _sequencer(seq)}
    kind = "LifecycleExpiration" if expired else "ObjectRemoved"
    told = _LATER if expired else _VERSION
    _emit(call, bucket, f"{kind}:DeleteMarkerCreated", key, item, told)
    _bus(
        call,
        bucket,
        "Object Deleted",
        {"key": key, "etag": _EMPTY, "version-id": marker, "sequencer": _sequencer(seq)},
        {"reason": _why(expired), "deletion-type": "Delete Marker Created"},
    )
    if not expired:
        _trail(call, bucket, "DeleteObject", key)


def tagged(call: Call, bucket: Bucket, key: str, version: str, etag: str, *, put: bool) -> None:
    """An object's tags changed."""
    event = "ObjectTagging:Put" if put else "ObjectTagging:Delete"
    kind = "Object Tags Added" if put else "Object Tags Deleted"
    _touched(call, bucket, event, kind, key, version, etag)
    _trail(call, bucket, f"{event.partition(':')[2]}ObjectTagging", key)


def permitted(call: Call, bucket: Bucket, key: str, version: str, etag: str) -> None:
    """An object's access control list was put."""
    _touched(call, bucket, "ObjectAcl:Put", "Object ACL Updated", key, version, etag)
    _trail(call, bucket, "PutObjectAcl", key)


def _touched(
    call: Call, bucket: Bucket, event: str, kind: str, key: str, version: str, etag: str
) -> None:
    """Something about an object changed, and not its body: such events have no sequencer."""
    _emit(call, bucket, event, key, {"eTag": etag} | _versioned(version, "versionId"), _LATER)
    shown = {"key": key, "etag": etag} | _versioned(version, "version-id")
    _bus(call, bucket, kind, shown, {})


def moved(
    call: Call,
    bucket: Bucket,
    key: str,
    version: str,
    size: int,
    etag: str,
    seq: int,
    storage: str,
) -> None:
    """A lifecycle rule gave an object another storage class."""
    item = {"size": size, "eTag": etag} | _versioned(version, "versionId")
    _emit(
        call,
        bucket,
        "LifecycleTransition",
        key,
        item | {"sequencer": _sequencer(seq)},
        _LATER,
        {"lifecycleEventData": {"transitionEventData": {"destinationStorageClass": storage}}},
    )
    shown = {"key": key, "size": size, "etag": etag} | _versioned(version, "version-id")
    more = {"destination-storage-class": storage}
    _bus(
        call,
        bucket,
        "Object Storage Class Changed",
        shown | {"sequencer": _sequencer(seq)},
        more,
    )


def _versioned(version: str | None, member: str) -> dict[str, Any]:
    """The version as events name it; objects from before versioning have none."""
    return {member: version} if version is not None and version != "null" else {}


def _sequencer(seq: int) -> str:
    return f"{seq:018X}"


def _why(expired: bool) -> str:
    return "Lifecycle Expiration" if expired else "DeleteObject"


def _emit(
    call: Call,
    bucket: Bucket,
    event: str,
    key: str,
    item: Mapping[str, Any],
    version: str = _VERSION,
    extra: dict[str, Any] | None = None,
) -> None:
    """One outbox row for each rule that the event matches; `extra` stands beside `s3`."""
    if not bucket.notifications:
        return
    principal = ITSELF if call.principal == ITSELF else f"AWS:{call.principal or 'anonymous'}"
    for arn, identifier in matching(bucket, event, key):
        record: dict[str, Any] = {
            "eventVersion": version,
            "eventSource": "aws:s3",
            "awsRegion": call.region,
            "eventTime": iso_millis(call.now),
            "eventName": event,
            "userIdentity": {"principalId": principal},
            "requestParameters": {"sourceIPAddress": call.source_ip},
            "responseElements": {
                "x-amz-request-id": call.request_id,
                "x-amz-id-2": call.request_id,
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": identifier,
                "bucket": {
                    "name": bucket.name,
                    "ownerIdentity": {"principalId": call.account},
                    "arn": f"arn:aws:s3:::{bucket.name}",
                },
                "object": {"key": quote_plus(key, safe="/*-._"), **item},
            },
        }
        payload = orjson.dumps({"Records": [record | (extra or {})]})
        outbox.emit(call.tx, NOTIFICATION, arn, payload, trace=call.trace)


def _bus(
    call: Call, bucket: Bucket, kind: str, item: Mapping[str, Any], extra: dict[str, Any]
) -> None:
    if "EventBridgeConfiguration" not in json.loads(bucket.notifications or "{}"):
        return
    itself = call.principal == ITSELF
    asker: dict[str, Any] = {"requester": ITSELF if itself else call.account}
    if not itself:
        asker["source-ip-address"] = call.source_ip
    event = {
        "source": "aws.s3",
        "detail-type": kind,
        "time": iso_seconds(call.now),
        "resources": [f"arn:aws:s3:::{bucket.name}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": item,
            "request-id": call.request_id,
        }
        | asker
        | extra,
    }
    _put_event(call, event)


def _trail(call: Call, bucket: Bucket, name: str, key: str, size: int = 0) -> None:
    """The call as a trail logs it, when one does."""
    if not trails.logs(bucket.trailed, key):
        return
    arn, time = f"arn:aws:s3:::{bucket.name}", iso_seconds(call.now)
    detail = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "Root",
            "principalId": call.account,
            "arn": f"arn:aws:iam::{call.account}:root",
            "accountId": call.account,
            "accessKeyId": call.principal,
        },
        "eventTime": time,
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": call.region,
        "sourceIPAddress": call.source_ip,
        "userAgent": f"[{call.headers.get('user-agent', '')}]",
        "requestParameters": {
            "bucketName": bucket.name,
            "Host": f"{bucket.name}.s3.{call.region}.amazonaws.com",
            "key": key,
        },
        "responseElements": None,
        "additionalEventData": {
            "bytesTransferredIn": size,
            "bytesTransferredOut": 0,
            "x-amz-id-2": call.request_id,
        },
        "requestID": call.request_id,
        "eventID": call.ids.uuid(),
        "readOnly": False,
        "resources": [
            {"type": "AWS::S3::Object", "ARN": f"{arn}/{key}"},
            {"type": "AWS::S3::Bucket", "ARN": arn, "accountId": call.account},
        ],
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": call.account,
        "eventCategory": "Data",
    }
    event = {
        "source": "aws.s3",
        "detail-type": "AWS API Call via CloudTrail",
        "time": time,
        "resources": [],
        "detail": detail,
    }
    _put_event(call, event)


def _put_event(call: Call, event: Mapping[str, Any]) -> None:
    arn = f"arn:aws:events:{call.region}:{call.account}:event-bus/default"
    outbox.emit(call.tx, BUS, arn, orjson.dumps(event), trace=call.trace)
