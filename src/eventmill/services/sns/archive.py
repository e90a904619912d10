"""The archive of a FIFO topic, and its replay to a subscription.

https://docs.aws.amazon.com/sns/latest/dg/fifo-message-archiving-replay.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from eventmill.kernel.clock import iso_epoch
from eventmill.services.sns import faults, topic_attributes
from eventmill.store.transaction import Transaction

_DAY = 86_400


def keep(tx: Transaction, topic: str, message: Mapping[str, Any]) -> None:
    """Put a published message into the archive."""
    tx.execute(
        "INSERT INTO sns_archive VALUES(?,?,?,?)",
        (topic, int(message["sequence"][1:]), tx.now, orjson.dumps(message)),
    )


def beginning(tx: Transaction, topic: str) -> float | None:
    """When the oldest archived message was published; None for an empty archive."""
    row = tx.one("SELECT time FROM sns_archive WHERE topic=? ORDER BY seq LIMIT 1", (topic,))
    return None if row is None else row[0]


def parse(text: str) -> tuple[float, float]:
    """(start, end) of a ReplayPolicy in epoch seconds; the end may be infinite. Raises Invalid."""
    try:
        policy = json.loads(text)
        if policy.get("PointType") != "Timestamp":
            raise ValueError("PointType must be Timestamp")
        start = iso_epoch(policy["StartingPoint"])
        end = iso_epoch(policy["EndingPoint"]) if policy.get("EndingPoint") else float("inf")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise faults.invalid(f"ReplayPolicy: {error}") from None
    if end <= start:
        raise faults.invalid("ReplayPolicy: EndingPoint must be after StartingPoint")
    return start, end


def between(tx: Transaction, topic: str, start: float, end: float) -> Iterator[dict[str, Any]]:
    """Archived messages of a time in their order."""
    rows = tx.all(
        "SELECT message FROM sns_archive WHERE topic=? AND time>=? AND time<=? ORDER BY seq",
        (topic, start, min(end, tx.now)),
    )
    for (message,) in rows:
        yield orjson.loads(message)


def expire(tx: Transaction) -> bool:
    """Delete what is older than its topic's ArchivePolicy; whether any topic has one."""
    found = False
    for arn, attributes in tx.all(
        "SELECT arn, attributes FROM sns_topics WHERE attributes LIKE '%ArchivePolicy%'"
    ):
        days = topic_attributes.archive_days(json.loads(attributes).get("ArchivePolicy"))
        found = found or days > 0
        tx.execute("DELETE FROM sns_archive WHERE topic=? AND time<?", (arn, tx.now - days * _DAY))
    return found
