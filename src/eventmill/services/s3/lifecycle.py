"""Lifecycle rules: what becomes of objects as they grow old.

As on AWS they are applied once a day, at midnight UTC, and days are counted in full.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from eventmill.kernel.errors import Invalid, NotFound
from eventmill.services.contract import Call, Result
from eventmill.services.s3 import buckets, changes, deletions, faults, listing, locks, multipart
from eventmill.services.s3.buckets import OPERATIONS, Bucket
from eventmill.services.s3.objects import SEQUENCE
from eventmill.store.transaction import Row, Transaction

KEY = "s3.lifecycle"
"""Announced when a bucket got rules."""

_KIND = "lifecycle"
_DONE = "lifecycle-done"
_DAY = 86_400
_RULES = 1_000
LEAST = "TransitionDefaultMinimumObjectSize"
_LEASTS = ("all_storage_classes_128K", "varies_by_storage_class")
_SMALL = 131_072
"""Bytes below which an object stays in its storage class, unless a rule speaks of sizes."""

_ANY_SIZE = ("GLACIER", "DEEP_ARCHIVE")
"""The classes that take smaller objects too where `varies_by_storage_class` is set."""

_ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "AbortIncompleteMultipartUpload",
)


@OPERATIONS.write("PutBucketLifecycleConfiguration")
def put_bucket_lifecycle_configuration(call: Call, request: dict[str, Any]) -> Result:
    """Replaces all rules. Raises Invalid."""
    given = dict(request.get("LifecycleConfiguration") or {})
    if given and request.get(LEAST):
        given[LEAST] = request[LEAST]
    configure(call, request["Bucket"], given)
    return {LEAST: request[LEAST]} if request.get(LEAST) else {}


def configure(call: Call, name: str, configuration: Mapping[str, Any] | None) -> None:
    """Give a bucket rules; None takes them away. Raises Invalid (MalformedXML, InvalidArgument)."""
    buckets.find(call.tx, name)
    if not configuration:
        buckets.put_setting(call.tx, name, _KIND, None)
        return
    rules = configuration.get("Rules") or []
    check(rules)
    kept = [dict(rule) | {"ID": rule.get("ID") or call.ids.uuid()} for rule in rules]
    least = configuration.get(LEAST) or _LEASTS[0]
    if least not in _LEASTS:
        raise faults.malformed()
    buckets.put_setting(call.tx, name, _KIND, {"Rules": kept, LEAST: least})
    buckets.put_setting(call.tx, name, _DONE, call.now)
    call.tx.announce(KEY)


def check(rules: Sequence[Mapping[str, Any]]) -> None:
    """Raises Invalid (MalformedXML, InvalidRequest, InvalidArgument)."""
    if not rules or len(rules) > _RULES:
        raise faults.malformed()
    for rule in rules:
        _check(rule)
    named = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(set(named)) < len(named):
        raise Invalid("InvalidArgument", "Rule ID must be unique. Found same ID for more rules")


def _check(rule: Mapping[str, Any]) -> None:
    if not any(rule.get(action) for action in _ACTIONS):
        raise Invalid("InvalidRequest", "At least one action needs to be specified in a rule")
    days = (rule.get("Expiration") or {}).get("Days")
    if days is not None and int(days) < 1:
        raise Invalid("InvalidArgument", "'Days' for Expiration action must be a positive integer")


@OPERATIONS.read("GetBucketLifecycleConfiguration")
def get_bucket_lifecycle_configuration(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound (NoSuchLifecycleConfiguration)."""
    buckets.find(call.tx, request["Bucket"])
    document = buckets.setting(call.tx, request["Bucket"], _KIND)
    if document is None:
        raise NotFound(
            "NoSuchLifecycleConfiguration",
            "The lifecycle configuration does not exist",
            fields={"BucketName": request["Bucket"]},
        )
    return dict(document)


@OPERATIONS.write("DeleteBucketLifecycle")
def delete_bucket_lifecycle(call: Call, request: dict[str, Any]) -> Result:
    """Takes all rules away."""
    configure(call, request["Bucket"], None)
    return {"__status__": 204}


def next_due(tx: Transaction) -> float | None:
    """The next midnight for a bucket with rules."""
    row = tx.one(
        "SELECT min(CAST(done.document AS REAL)) FROM s3_settings done JOIN s3_settings rules"
        " ON rules.bucket=done.bucket AND rules.kind=? WHERE done.kind=?",
        (_KIND, _DONE),
    )
    done: float | None = row[0] if row is not None else None
    return None if done is None else (math.floor(done / _DAY) + 1.0) * _DAY


def run(call: Call) -> None:
    """Apply the rules of every bucket whose day is over."""
    today = math.floor(call.now / _DAY) * _DAY
    # Its events name a request, as those of clients do, and S3 itself as who asked for it.
    call = replace(
        call,
        request_id=call.ids.hex(16).upper(),
        principal=changes.ITSELF,
        source_ip=changes.ITSELF,
    )
    for name, text in call.tx.all(
        "SELECT bucket, document FROM s3_settings WHERE kind=?", (_KIND,)
    ):
        if (buckets.setting(call.tx, name, _DONE) or 0.0) >= today:
            continue
        buckets.put_setting(call.tx, name, _DONE, call.now)
        bucket = buckets.find(call.tx, name)
        document = json.loads(text)
        for rule in document["Rules"]:
            if rule.get("Status") == "Enabled":
                _apply(call, bucket, rule, today, document.get(LEAST) or _LEASTS[0])


def _apply(call: Call, bucket: Bucket, rule: Mapping[str, Any], today: float, least: str) -> None:
    for transition in rule.get("Transitions") or ():
        for row in list(_chosen(call, bucket, rule, 1)):
            if _old(transition, row[6], today):
                _move(call, bucket, rule, row, transition["StorageClass"], least)
    for later in rule.get("NoncurrentVersionTransitions") or ():
        for row in list(_noncurrent(call, bucket, rule, later, today)):
            _move(call, bucket, rule, row, later["StorageClass"], least)
    _expire(call, bucket, rule, today)
    _expire_noncurrent(call, bucket, rule, today)
    days = (rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation")
    if days is not None:
        prefix = _condition(rule)[0]
        multipart.abort_older(call, bucket.name, prefix, today - int(days) * _DAY)


def _condition(rule: Mapping[str, Any]) -> tuple[str, dict[str, str], int, float]:
    """(prefix, tags, larger than, smaller than) of the objects that a rule is for."""
    given = rule.get("Filter") or {}
    both = given.get("And") or given
    tags = list(both.get("Tags") or ())
    if given.get("Tag"):
        tags.append(given["Tag"])
    return (
        both.get("Prefix") or rule.get("Prefix") or "",
        {tag["Key"]: tag["Value"] for tag in tags},
        int(both.get("ObjectSizeGreaterThan", -1)),
        float(both.get("ObjectSizeLessThan") or math.inf),
    )


def _chosen(call: Call, bucket: Bucket, rule: Mapping[str, Any], latest: int) -> Iterator[Row]:
    """(seq, key, version, marker, size, etag, modified, headers) of what a rule is for."""
    prefix, tags, larger, smaller = _condition(rule)
    rows = call.tx.all(
        "SELECT seq, key, version, marker, size, etag, modified, headers, tags FROM s3_objects"
        " WHERE bucket=? AND latest=? AND key>=? AND key<? ORDER BY key, seq DESC",
        (bucket.name, latest, prefix, listing.after_all(prefix)),
    )
    for *row, text in rows:
        if not larger < row[4] < smaller:
            continue
        held = json.loads(text)
        if all(held.get(key) == value for key, value in tags.items()):
            yield tuple(row)


def _old(when: Mapping[str, Any], modified: float, today: float) -> bool:
    """Whether the rule's days have passed since, or its date is there."""
    if when.get("Days") is not None:
        return modified + int(when["Days"]) * _DAY < today
    return when.get("Date") is not None and float(when["Date"]) <= today


def _too_small(rule: Mapping[str, Any], size: int, storage: str, least: str) -> bool:
    """Whether a version stays in its class for its size, of which the rule says nothing."""
    given = rule.get("Filter") or {}
    both = given.get("And") or given
    if size >= _SMALL or "ObjectSizeGreaterThan" in both or "ObjectSizeLessThan" in both:
        return False
    return least == _LEASTS[0] or storage not in _ANY_SIZE


def _move(
    call: Call, bucket: Bucket, rule: Mapping[str, Any], row: Row, storage: str, least: str
) -> None:
    """Give a version another storage class and say so."""
    seq, key, version, marker, size, etag, _, text = row
    headers = json.loads(text)
    if marker or headers.get("StorageClass") == storage:
        return
    if _too_small(rule, size, storage, least):
        return
    headers["StorageClass"] = storage
    call.tx.execute("UPDATE s3_objects SET headers=? WHERE seq=?", (json.dumps(headers), seq))
    if bucket.watched:
        number = call.tx.number(SEQUENCE)
        changes.moved(call, bucket, key, version, size, etag, number, storage)


def _expire(call: Call, bucket: Bucket, rule: Mapping[str, Any], today: float) -> None:
    when = rule.get("Expiration")
    if not when:
        return
    for _, key, version, marker, _, _, modified, _ in _chosen(call, bucket, rule, 1):
        if marker:
            if when.get("ExpiredObjectDeleteMarker") and not _has_older(call, bucket, key):
                deletions.delete(call, bucket, key, version, expired=True)
        elif _old(when, modified, today):
            deletions.delete(call, bucket, key, None, expired=True)


def _has_older(call: Call, bucket: Bucket, key: str) -> bool:
    found = call.tx.one(
        "SELECT 1 FROM s3_objects WHERE bucket=? AND latest=0 AND key=? LIMIT 1",
        (bucket.name, key),
    )
    return found is not None


def _noncurrent(
    call: Call, bucket: Bucket, rule: Mapping[str, Any], when: Mapping[str, Any], today: float
) -> Iterator[Row]:
    """Versions whose days are over; they count from when a newer one took their place."""
    spared = int(when.get("NewerNoncurrentVersions") or 0)
    before = today - int(when["NoncurrentDays"]) * _DAY
    seen: dict[str, int] = {}
    for row in _chosen(call, bucket, rule, 0):
        seq, key = row[0], row[1]
        seen[key] = seen.get(key, 0) + 1
        newer = call.tx.one(
            "SELECT modified FROM s3_objects WHERE bucket=? AND latest IN (0,1) AND key=? AND seq>?"
            " ORDER BY seq LIMIT 1",
            (bucket.name, key, seq),
        )
        if newer is not None and newer[0] < before and seen[key] > spared:
            yield row


def _expire_noncurrent(call: Call, bucket: Bucket, rule: Mapping[str, Any], today: float) -> None:
    when = rule.get("NoncurrentVersionExpiration") or {}
    if when.get("NoncurrentDays") is None:
        return
    for row in list(_noncurrent(call, bucket, rule, when, today)):
        if not locks.held(json.loads(row[7]), call.now):
            deletions.delete(call, bucket, row[1], row[2], expired=True)
