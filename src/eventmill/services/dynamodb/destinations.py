"""Kinesis streams that get the changes of a table's items, each as a record of its own.

A change leaves a row of the outbox in its transaction; deliver puts the record into the stream.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Any

import orjson

from eventmill.services.contract import Call
from eventmill.services.dynamodb import streams
from eventmill.services.dynamodb.values import checked_item, dump
from eventmill.store import outbox

CHANGE = "dynamodb.change"
"""The outbox's kind: the target is the stream's ARN, the payload the record."""
DEFINED = "KinesisDestinations"
"""The key of a table's definition that lists its destinations, as the API tells of them."""
PRECISION = "ApproximateCreationDateTimePrecision"
MILLISECOND, MICROSECOND = "MILLISECOND", "MICROSECOND"
_PARTS = {MILLISECOND: 1_000, MICROSECOND: 1_000_000}
"""Of a second, by precision."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where changes go. `precision` is None where nobody has set one: then milliseconds."""

    stream: str
    precision: str | None


def active(definition: Mapping[str, Any]) -> Destination | None:
    """The one stream that changes of a table go to now, by the table's definition."""
    for entry in definition.get(DEFINED) or ():
        if entry["DestinationStatus"] == "ACTIVE":
            return Destination(entry["StreamArn"], entry.get(PRECISION))
    return None


def record(
    call: Call,
    table: str,
    destination: Destination,
    keys: Mapping[str, Any],
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    *,
    expired: bool = False,
) -> None:
    """Send the change of one item on its way; a change that changed nothing is none."""
    if old == new:
        return
    inner: dict[str, Any] = {
        "ApproximateCreationDateTime": int(call.now * _PARTS[destination.precision or MILLISECOND]),
        "Keys": keys,
    }
    if new is not None:
        inner["NewImage"] = new
    if old is not None:
        inner["OldImage"] = old
    images = (image for image in (keys, new, old) if image is not None)
    inner["SizeBytes"] = sum(checked_item(image)[1] for image in images)
    if destination.precision == MICROSECOND:
        inner[PRECISION] = MICROSECOND
    change = {
        "awsRegion": call.region,
        "eventID": call.ids.uuid(),
        "eventName": streams.change_name(old, new),
        "userIdentity": streams.EXPIRY if expired else None,
        "recordFormat": "application/json",
        "tableName": table,
        "dynamodb": inner,
        "eventSource": "aws:dynamodb",
    }
    outbox.emit(call.tx, CHANGE, destination.stream, dump(change), due=outbox.IN_ORDER)


def partition_key(change: bytes) -> str:
    """Of a record: the same 32 digits for each change of an item, so that their order is kept."""
    keys = orjson.loads(change)["dynamodb"]["Keys"]
    text = orjson.dumps(keys, option=orjson.OPT_SORT_KEYS)
    return md5(text, usedforsecurity=False).hexdigest().upper()
