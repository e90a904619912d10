"""The API's operations on streams.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Operations, Result
from eventmill.services.kinesis import consumers, records, shapes, streams
from eventmill.services.kinesis.faults import in_use, one_of, ranged

OPERATIONS = Operations()

_PAGE = 100


@OPERATIONS.write("CreateStream")
def create_stream(call: Call, request: dict[str, Any]) -> Result:
    """The stream is active at once."""
    streams.create(call, request)
    return {}


@OPERATIONS.write("DeleteStream")
def delete_stream(call: Call, request: dict[str, Any]) -> Result:
    """Raises ResourceInUseException while it has consumers, unless told to drop these too."""
    stream = streams.named(call, request)
    if consumers.of_stream(call.tx, stream) and not request.get("EnforceConsumerDeletion"):
        raise in_use(
            f"Stream {stream.name} under account {stream.account} has registered consumers: "
            "deregister them, or set EnforceConsumerDeletion."
        )
    streams.delete(call.tx, stream)
    return {}


@OPERATIONS.scan("DescribeStream")
def describe_stream(call: Call, request: dict[str, Any]) -> Result:
    """With up to 100 shards, or `Limit`."""
    ranged("limit", request.get("Limit"), 1, 10_000)
    stream = streams.named(call, request)
    after, most = request.get("ExclusiveStartShardId"), request.get("Limit") or _PAGE
    return {"StreamDescription": shapes.description(call.tx, stream, after, most)}


@OPERATIONS.read("DescribeStreamSummary")
def describe_stream_summary(call: Call, request: dict[str, Any]) -> Result:
    """Without its shards."""
    stream = streams.named(call, request)
    return {"StreamDescriptionSummary": shapes.summary(call.tx, stream)}


@OPERATIONS.scan("ListStreams")
def list_streams(call: Call, request: dict[str, Any]) -> Result:
    """By name; the token is the last name."""
    ranged("limit", request.get("Limit"), 1, 10_000)
    after = request.get("NextToken") or request.get("ExclusiveStartStreamName") or ""
    most = request.get("Limit") or _PAGE
    found = [stream for stream in streams.all_streams(call.tx) if stream.name > after]
    page = found[:most]
    answer: dict[str, Any] = {
        "StreamNames": [stream.name for stream in page],
        "HasMoreStreams": len(found) > most,
        "StreamSummaries": [
            {
                "StreamName": stream.name,
                "StreamARN": stream.arn,
                "StreamStatus": "ACTIVE",
                "StreamModeDetails": {"StreamMode": stream.settings["StreamMode"]},
                "StreamCreationTimestamp": int(stream.created),
            }
            for stream in page
        ],
    }
    if len(found) > most:
        answer["NextToken"] = page[-1].name
    return answer


@OPERATIONS.scan("DescribeLimits")
def describe_limits(call: Call, request: dict[str, Any]) -> Result:
    """The one limit is what a stream may have; it is no limit of this machine."""
    known = streams.all_streams(call.tx)
    opened = call.tx.one("SELECT count(*) FROM kinesis_shards WHERE closed IS NULL")
    on_demand = sum(stream.settings["StreamMode"] == "ON_DEMAND" for stream in known)
    return {
        "ShardLimit": streams.MOST_SHARDS,
        "OpenShardCount": opened[0] if opened else 0,
        "OnDemandStreamCount": on_demand,
        "OnDemandStreamCountLimit": 50,
    }


@OPERATIONS.write("IncreaseStreamRetentionPeriod")
def increase_stream_retention_period(call: Call, request: dict[str, Any]) -> Result:
    """Up to a year."""
    stream = streams.named(call, request)
    streams.retain(call.tx, stream, request["RetentionPeriodHours"], longer=True)
    return {}


@OPERATIONS.write("DecreaseStreamRetentionPeriod")
def decrease_stream_retention_period(call: Call, request: dict[str, Any]) -> Result:
    """Down to a day; what is older is gone at once."""
    stream = streams.named(call, request)
    streams.retain(call.tx, stream, request["RetentionPeriodHours"], longer=False)
    records.trim_stream(call.tx, streams.require(call.tx, stream.arn))
    return {}


@OPERATIONS.write("UpdateStreamMode")
def update_stream_mode(call: Call, request: dict[str, Any]) -> Result:
    """The shards stay as they are."""
    stream = streams.named(call, request)
    mode = request["StreamModeDetails"]["StreamMode"]
    streams.check_strategy(mode, stream.settings.get("RecordDistributionStrategy"))
    warm = request.get("WarmThroughputMiBps", stream.settings.get("WarmThroughputMiBps"))
    streams.change(call.tx, stream, StreamMode=mode, WarmThroughputMiBps=warm)
    return {}


@OPERATIONS.write("UpdateStreamRecordDistributionStrategy")
def update_strategy(call: Call, request: dict[str, Any]) -> Result:
    """AUTO spreads records evenly and ignores their keys."""
    stream = streams.named(call, request)
    strategy = request["RecordDistributionStrategy"]
    streams.check_strategy(stream.settings["StreamMode"], strategy)
    streams.change(call.tx, stream, RecordDistributionStrategy=strategy)
    return {}


@OPERATIONS.write("UpdateMaxRecordSize")
def update_max_record_size(call: Call, request: dict[str, Any]) -> Result:
    """Between 1 and 10 MiB."""
    size = request["MaxRecordSizeInKiB"]
    ranged("maxRecordSizeInKiB", size, streams.RECORD_KIB, 10_240)
    streams.change(call.tx, streams.named(call, request), MaxRecordSizeInKiB=size)
    return {}


@OPERATIONS.write("UpdateStreamWarmThroughput")
def update_stream_warm_throughput(call: Call, request: dict[str, Any]) -> Result:
    """Recorded: shards have no throughput of their own here."""
    stream, warm = streams.named(call, request), request["WarmThroughputMiBps"]
    streams.change(call.tx, stream, WarmThroughputMiBps=warm)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "WarmThroughput": {"TargetMiBps": warm, "CurrentMiBps": warm},
    }


@OPERATIONS.write("StartStreamEncryption")
def start_stream_encryption(call: Call, request: dict[str, Any]) -> Result:
    """Recorded: the data directory is as safe as its disk. Raises Invalid."""
    one_of("encryptionType", request["EncryptionType"], ("KMS",))
    streams.change(call.tx, streams.named(call, request), KeyId=request["KeyId"])
    return {}


@OPERATIONS.write("StopStreamEncryption")
def stop_stream_encryption(call: Call, request: dict[str, Any]) -> Result:
    """Forgets the key, whichever the request names. Raises Invalid."""
    one_of("encryptionType", request["EncryptionType"], ("KMS",))
    streams.change(call.tx, streams.named(call, request), KeyId=None)
    return {}


@OPERATIONS.write("EnableEnhancedMonitoring")
def enable_enhanced_monitoring(call: Call, request: dict[str, Any]) -> Result:
    """Recorded."""
    return _monitor(call, request, on=True)


@OPERATIONS.write("DisableEnhancedMonitoring")
def disable_enhanced_monitoring(call: Call, request: dict[str, Any]) -> Result:
    """Recorded."""
    return _monitor(call, request, on=False)


def _monitor(call: Call, request: dict[str, Any], *, on: bool) -> Result:
    stream = streams.named(call, request)
    current = stream.settings.get("ShardLevelMetrics", [])
    given = request["ShardLevelMetrics"]
    named = set(streams.METRICS if "ALL" in given else given)
    wanted = set(current) | named if on else set(current) - named
    desired = [name for name in streams.METRICS if name in wanted]
    streams.change(call.tx, stream, ShardLevelMetrics=desired)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": current,
        "DesiredShardLevelMetrics": desired,
    }
