"""Streams and records as the API returns them."""

from __future__ import annotations

from typing import Any

from eventmill.services.kinesis import consumers, shards
from eventmill.services.kinesis.records import Record
from eventmill.services.kinesis.streams import RECORD_KIB, Stream
from eventmill.store.transaction import Transaction


def record_shape(stream: Stream, record: Record) -> dict[str, Any]:
    """Record of the API."""
    shape: dict[str, Any] = {
        "SequenceNumber": record.sequence,
        "ApproximateArrivalTimestamp": round(record.created, 3),
        "Data": record.data,
        "PartitionKey": record.key,
    }
    return shape | encryption(stream)


def encryption(stream: Stream) -> dict[str, Any]:
    """EncryptionType, where the stream is said to be encrypted."""
    return {"EncryptionType": "KMS"} if stream.settings.get("KeyId") else {}


def _common(stream: Stream) -> dict[str, Any]:
    settings = stream.settings
    shape: dict[str, Any] = {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": settings["StreamMode"]},
        "RetentionPeriodHours": settings["RetentionPeriodHours"],
        "StreamCreationTimestamp": int(stream.created),
        "EnhancedMonitoring": [{"ShardLevelMetrics": settings.get("ShardLevelMetrics", [])}],
        "EncryptionType": "NONE",
    }
    if settings.get("KeyId"):
        shape |= {"EncryptionType": "KMS", "KeyId": settings["KeyId"]}
    return shape


def description(tx: Transaction, stream: Stream, after: str | None, limit: int) -> dict[str, Any]:
    """StreamDescription, with up to `limit` shards after the named one."""
    known = shards.of_stream(tx, stream.id, since=tx.now - stream.kept)
    rest = [shard for shard in known if after is None or shard.name > after]
    return _common(stream) | {
        "Shards": [shard.shape() for shard in rest[:limit]],
        "HasMoreShards": len(rest) > limit,
    }


def summary(tx: Transaction, stream: Stream) -> dict[str, Any]:
    """StreamDescriptionSummary."""
    settings = stream.settings
    shape = _common(stream) | {
        "OpenShardCount": len(shards.open_shards(tx, stream.id)),
        "ConsumerCount": len(consumers.of_stream(tx, stream)),
        "MaxRecordSizeInKiB": settings.get("MaxRecordSizeInKiB", RECORD_KIB),
    }
    warm = settings.get("WarmThroughputMiBps")
    if warm is not None:
        shape["WarmThroughput"] = {"TargetMiBps": warm, "CurrentMiBps": warm}
    if settings["StreamMode"] == "ON_DEMAND":
        strategy = settings.get("RecordDistributionStrategy", "USER_PARTITION_KEY")
        shape["RecordDistributionStrategy"] = strategy
    return shape
