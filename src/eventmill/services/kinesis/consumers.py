"""Consumers with enhanced fan-out, and their subscriptions to shards.

https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.contract import Call
from eventmill.services.kinesis import streams, tags
from eventmill.services.kinesis.faults import argument, constraint, in_use, limit, missing
from eventmill.services.kinesis.streams import Stream
from eventmill.store.transaction import Transaction

MOST = 20
"""Of one stream."""

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}\Z")


@dataclass(frozen=True, slots=True)
class Consumer:
    """A registered consumer."""

    arn: str
    stream: int
    name: str
    created: float

    def shape(self) -> dict[str, Any]:
        """Consumer of the API."""
        return {
            "ConsumerName": self.name,
            "ConsumerARN": self.arn,
            "ConsumerStatus": "ACTIVE",
            "ConsumerCreationTimestamp": self.created,
        }


def register(call: Call, stream: Stream, name: str, given_tags: Mapping[str, str]) -> Consumer:
    """A new consumer, active at once. Raises Invalid."""
    if not _NAME.match(name):
        raise constraint(
            "consumerName", name, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )
    known = of_stream(call.tx, stream)
    if any(consumer.name == name for consumer in known):
        raise in_use(
            f"Consumer {name} under stream {stream.arn} already exists for account "
            f"{stream.account}."
        )
    if len(known) >= MOST:
        raise limit(f"Stream {stream.name} has {MOST} registered consumers, which is the limit.")
    consumer = Consumer(f"{stream.arn}/consumer/{name}:{int(call.now)}", stream.id, name, call.now)
    call.tx.execute(
        "INSERT INTO kinesis_consumers VALUES(?,?,?,?)",
        (consumer.arn, stream.id, name, call.now),
    )
    tags.put(call.tx, consumer.arn, given_tags)
    return consumer


def deregister(tx: Transaction, consumer: Consumer) -> None:
    """Away with it; its subscriptions end."""
    tx.execute("DELETE FROM kinesis_consumers WHERE arn=?", (consumer.arn,))
    tx.execute("DELETE FROM kinesis_subscriptions WHERE consumer=?", (consumer.arn,))
    tags.TAGS.drop(tx, consumer.arn)
    tags.set_policy(tx, consumer.arn, None)
    tx.announce(streams.key(consumer.arn))


def of_stream(tx: Transaction, stream: Stream) -> list[Consumer]:
    """All of a stream, by name."""
    found = tx.all(
        "SELECT arn, stream, name, created FROM kinesis_consumers WHERE stream=? ORDER BY name",
        (stream.id,),
    )
    return [Consumer(*row) for row in found]


def find(tx: Transaction, arn: str) -> Consumer | None:
    """By its ARN."""
    row = tx.one("SELECT arn, stream, name, created FROM kinesis_consumers WHERE arn=?", (arn,))
    return None if row is None else Consumer(*row)


def named(call: Call, request: Mapping[str, Any]) -> Consumer:
    """The consumer that a request names: by its ARN, or by name and stream. Raises Invalid."""
    arn, name = request.get("ConsumerARN"), request.get("ConsumerName")
    if arn:
        found = find(call.tx, arn)
        if found is None:
            raise missing(f"Consumer {arn}, account {call.account} not found.")
        return found
    if not name or not request.get("StreamARN"):
        raise argument("Specify either ConsumerARN, or StreamARN and ConsumerName.")
    stream = streams.require(call.tx, request["StreamARN"])
    for consumer in of_stream(call.tx, stream):
        if consumer.name == name:
            return consumer
    raise missing(f"Consumer {name} under stream {stream.arn}, account {call.account} not found.")
