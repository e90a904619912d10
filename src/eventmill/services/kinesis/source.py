"""Streams as event sources: what deliver reads them by.

A consumer's ARN reads the stream of the consumer.
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eventmill.services.kinesis import consumers, places, records, streams
from eventmill.services.kinesis import shards as shard_rows
from eventmill.services.kinesis.records import Record
from eventmill.services.kinesis.shapes import encryption
from eventmill.services.kinesis.shards import Shard
from eventmill.services.kinesis.streams import Stream
from eventmill.store.transaction import Transaction

identity: str | None = "invokeIdentityArn"
"""Where a record names the role of its reader."""


@dataclass(frozen=True, slots=True)
class SourceShard:
    """A shard, as deliver sees it."""

    shard_id: str
    parents: tuple[str, ...]
    closed: bool


class SourceRecord:
    """A record; its event is made when it is asked for, since of several lanes one asks."""

    def __init__(self, stream: Stream, source: str, shard: str, record: Record) -> None:
        self.sequence = record.sequence
        self.created = record.created
        self.partition_key = record.key
        self._stream = stream
        self._source = source
        self._shard = shard
        self._record = record

    @cached_property
    def event(self) -> dict[str, Any]:
        """The record in the shape that Lambda gives a function."""
        record = self._record
        inner: dict[str, Any] = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.key,
            "sequenceNumber": record.sequence,
            "data": base64.b64encode(record.data).decode(),
            "approximateArrivalTimestamp": round(record.created, 3),
        }
        if encryption(self._stream):
            inner["encryptionType"] = "KMS"
        return {
            "kinesis": inner,
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self._shard}:{record.sequence}",
            "eventName": "aws:kinesis:record",
            "awsRegion": self._source.split(":")[3],
            "eventSourceARN": self._source,
        }


def key(stream: str) -> str:
    """Announced when the stream has other shards."""
    return streams.key(stream)


def shard_key(stream: str, shard: str) -> str:
    """Announced when the shard has new records."""
    return records.shard_key(stream, shard)


def _find(tx: Transaction, arn: str) -> Stream | None:
    if "/consumer/" in arn and consumers.find(tx, arn) is None:
        return None
    return streams.find(tx, arn)


def _shard(tx: Transaction, stream: Stream, name: str) -> Shard | None:
    number = shard_rows.number_of(name)
    return None if number is None else shard_rows.find(tx, stream.id, number)


def exists(tx: Transaction, arn: str) -> bool:
    """Whether there is such a stream or consumer."""
    return _find(tx, arn) is not None


def shards(tx: Transaction, stream: str) -> list[SourceShard]:
    """All shards whose records are still kept; none for a stream that is gone."""
    found = _find(tx, stream)
    if found is None:
        return []
    return [
        SourceShard(
            shard.name, tuple(map(shard_rows.name_of, shard.parents)), shard.closed is not None
        )
        for shard in shard_rows.of_stream(tx, found.id, since=tx.now - found.kept)
    ]


def closed(tx: Transaction, stream: str, shard: str) -> bool:
    """Whether no record will follow in the shard."""
    found = _find(tx, stream)
    known = None if found is None else _shard(tx, found, shard)
    return known is None or known.closed is not None


def before(tx: Transaction, stream: str, shard: str, moment: float) -> str | None:
    """The sequence number behind which lie the records that arrived at `moment` or later."""
    found = _find(tx, stream)
    known = None if found is None else _shard(tx, found, shard)
    if known is None:
        return None
    return known.sequence(records.before(tx, known, moment), moment)


def read(
    tx: Transaction, stream: str, shard: str, after: str | None, limit: int
) -> list[SourceRecord]:
    """Up to `limit` records behind a sequence number, oldest first."""
    found = _find(tx, stream)
    known = None if found is None else _shard(tx, found, shard)
    if found is None or known is None:
        return []
    place = 0 if after is None else places.parse(after)[1]
    return [
        SourceRecord(found, stream, shard, record)
        for record in records.read(tx, found, known, place, limit).records
    ]
