"""Trails of CloudTrail, as far as they log what is written into buckets.

What they log reaches rules as `AWS API Call via CloudTrail`; no log files are written.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eventmill.services.contract import (
    EVERYTHING,
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    generated_name,
    truth,
)
from eventmill.store.transaction import Transaction

_OBJECTS = "AWS::S3::Object"
_ARN = "arn:aws:s3:::"

Place = tuple[str, str]
"""A bucket's name, empty for every bucket, and the beginning of keys."""


def trailed(tx: Transaction, bucket: str) -> str:
    """What a bucket's column says: a JSON list of beginnings of keys, or nothing."""
    rows = tx.all("SELECT places FROM s3_trails")
    found = sorted(
        {
            beginning
            for (places,) in rows
            for name, beginning in json.loads(places)
            if name in ("", bucket)
        }
    )
    return json.dumps(found) if found else ""


def logs(beginnings: str, key: str) -> bool:
    """Whether a column says so of a key."""
    return bool(beginnings) and key.startswith(tuple(json.loads(beginnings)))


def put(tx: Transaction, name: str, places: Iterable[Place]) -> None:
    """Create or replace a trail."""
    text = json.dumps(sorted(set(places)))
    tx.execute("INSERT OR REPLACE INTO s3_trails VALUES(?,?)", (name, text))
    _tell_buckets(tx)


def delete(tx: Transaction, name: str) -> None:
    """Nothing happens when there is no such trail."""
    tx.execute("DELETE FROM s3_trails WHERE name=?", (name,))
    _tell_buckets(tx)


def _tell_buckets(tx: Transaction) -> None:
    for (bucket,) in tx.all("SELECT name FROM s3_buckets"):
        tx.execute("UPDATE s3_buckets SET trailed=? WHERE name=?", (trailed(tx, bucket), bucket))


def _places(properties: Mapping[str, Any]) -> Iterator[Place]:
    if not truth(properties.get("IsLogging", True)):
        return
    for selector in properties.get("EventSelectors") or ():
        if selector.get("ReadWriteType") == "ReadOnly":
            continue
        for resource in selector.get("DataResources") or ():
            if resource.get("Type") == _OBJECTS:
                yield from map(_place, resource.get("Values") or ())
    for selector in properties.get("AdvancedEventSelectors") or ():
        yield from _advanced(selector.get("FieldSelectors") or ())


def _advanced(fields: Iterable[Mapping[str, Any]]) -> Iterator[Place]:
    """Of selectors that choose objects by nothing but the beginnings of their ARNs."""
    by_name = {field["Field"]: field for field in fields}
    if by_name.get("resources.type", {}).get("Equals") != [_OBJECTS]:
        return
    if by_name.get("readOnly", {}).get("Equals") == ["true"]:
        return
    if by_name.keys() - {"eventCategory", "resources.type", "resources.ARN", "readOnly"}:
        return
    arns = by_name.get("resources.ARN", {"StartsWith": [_ARN]})
    yield from map(_place, [*(arns.get("StartsWith") or ()), *(arns.get("Equals") or ())])


def _place(arn: str) -> Place:
    """`arn:aws:s3` stands for all buckets, `arn:aws:s3:::name/` for all keys of one."""
    bucket, _, beginning = arn.removeprefix(_ARN).partition("/")
    return ("", "") if arn in ("arn:aws:s3", _ARN) else (bucket, beginning)


def _create(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("TrailName") or generated_name(resource, call.ids, limit=128)
    return _put(call, resource, name)


def _put(call: Call, resource: Resource, name: str) -> Created:
    put(call.tx, name, _places(resource.properties))
    arn = f"arn:aws:cloudtrail:{call.region}:{call.account}:trail/{name}"
    topic = resource.properties.get("SnsTopicName") or ""
    return Created(name, {"Arn": arn, "SnsTopicArn": topic})


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put(call, resource, resource.physical_id or "")


def _delete(call: Call, resource: Resource) -> None:
    delete(call.tx, resource.physical_id or "")


TRAIL = ResourceType(
    "AWS::CloudTrail::Trail",
    {EVERYTHING: Support.RECORDED}
    | dict.fromkeys(
        ("TrailName", "IsLogging", "EventSelectors", "AdvancedEventSelectors"), Support.HONOURED
    ),
    _create,
    _update,
    _delete,
    frozenset({"TrailName"}),
    "of what it logs only the writing of objects is told, to the default event bus",
    adopts=(),
)
