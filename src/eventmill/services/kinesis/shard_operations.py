"""The API's operations on shards."""

from __future__ import annotations

import base64
import json
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.kinesis import iterators, shards, streams
from eventmill.services.kinesis.faults import argument, constraint, in_use, limit, one_of, ranged
from eventmill.services.kinesis.shards import Shard
from eventmill.services.kinesis.stream_operations import OPERATIONS
from eventmill.services.kinesis.streams import Stream

_PAGE = 1_000


@OPERATIONS.scan("ListShards")
def list_shards(call: Call, request: dict[str, Any]) -> Result:
    """By number, a thousand at once, those that the filter names."""
    ranged("maxResults", request.get("MaxResults"), 1, 10_000)
    token = request.get("NextToken")
    after: str | None
    if token:
        arn, wanted, after = _token(token)
        if any(request.get(name) for name in ("StreamName", "ExclusiveStartShardId")):
            raise argument("NextToken and StreamName cannot be provided together.")
        stream = streams.require(call.tx, arn)
    else:
        stream = streams.named(call, request)
        wanted = request.get("ShardFilter") or {"Type": "FROM_TRIM_HORIZON"}
        after = request.get("ExclusiveStartShardId")
    known = shards.of_stream(call.tx, stream.id, since=call.now - stream.kept)
    found = [
        shard
        for shard in known
        if _wanted(call, stream, shard, wanted) and (after is None or shard.name > after)
    ]
    most = min(request.get("MaxResults") or _PAGE, _PAGE)
    answer: dict[str, Any] = {"Shards": [shard.shape() for shard in found[:most]]}
    if len(found) > most:
        inner = json.dumps([stream.arn, wanted, found[most - 1].name])
        answer["NextToken"] = base64.urlsafe_b64encode(inner.encode()).decode()
    return answer


def _token(text: str) -> tuple[str, dict[str, Any], str]:
    try:
        arn, wanted, after = json.loads(base64.urlsafe_b64decode(text))
    except (ValueError, TypeError):
        raise argument("Invalid NextToken.") from None
    return arn, wanted, after


def _wanted(call: Call, stream: Stream, shard: Shard, wanted: dict[str, Any]) -> bool:
    kind, moment = wanted["Type"], wanted.get("Timestamp")
    horizon = max(stream.created, call.now - stream.kept)
    if kind in ("AT_TIMESTAMP", "FROM_TIMESTAMP") and moment is None:
        raise argument(f"Timestamp is required for a ShardFilter of type {kind}.")
    closed = shard.closed if shard.closed is not None else float("inf")
    if kind == "AFTER_SHARD_ID":
        if wanted.get("ShardId") is None:
            raise argument("ShardId is required for a ShardFilter of type AFTER_SHARD_ID.")
        return shard.name > str(wanted["ShardId"])
    if kind == "AT_LATEST":
        return shard.closed is None
    if kind == "AT_TRIM_HORIZON":
        return shard.created <= horizon
    if kind == "AT_TIMESTAMP":
        # Timestamps of clients have whole milliseconds.
        return int(shard.created * 1_000) <= float(moment or 0) * 1_000 and closed >= (moment or 0)
    if kind == "FROM_TIMESTAMP":
        return closed >= (moment or 0)
    return True


@OPERATIONS.write("SplitShard")
def split_shard(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a key that is not inside, or a shard that is closed."""
    stream = streams.named(call, request)
    shard = _splittable(call, stream, request["ShardToSplit"])
    text = request["NewStartingHashKey"]
    if not (text.isascii() and text.isdigit()):
        pattern = "satisfy regular expression pattern: 0|([1-9]\\d{0,38})"
        raise constraint("newStartingHashKey", text, pattern)
    at = int(text)
    if not shard.low + 1 < at < shard.high:
        raise argument(
            f"NewStartingHashKey {at} used in SplitShard() on shard {shard.name} in stream "
            f"{stream.name} under account {stream.account} is not both greater than one plus the "
            f"shard's StartingHashKey {shard.low} and less than the shard's EndingHashKey "
            f"{shard.high}."
        )
    shards.split(call.tx, stream.id, shard, at)
    streams.announce(call.tx, stream)
    return {}


@OPERATIONS.write("MergeShards")
def merge_shards(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for shards that are no neighbours, or one that is closed."""
    stream = streams.named(call, request)
    first = _splittable(call, stream, request["ShardToMerge"])
    second = _splittable(call, stream, request["AdjacentShardToMerge"])
    if first.high + 1 != second.low and second.high + 1 != first.low:
        raise argument(
            f"Shards {first.name} and {second.name} in stream {stream.name} under account "
            f"{stream.account} are not an adjacent pair of shards eligible for merging"
        )
    shards.merge(call.tx, stream.id, first, second)
    streams.announce(call.tx, stream)
    return {}


def _splittable(call: Call, stream: Stream, name: str) -> Shard:
    shard = iterators.shard_of(call.tx, stream, name)
    if shard.closed is not None:
        raise in_use(
            f"Shard {shard.name} in stream {stream.name} under account {stream.account} has "
            "already been merged or split, and thus is not eligible for merging or splitting."
        )
    return shard


@OPERATIONS.write("UpdateShardCount")
def update_shard_count(call: Call, request: dict[str, Any]) -> Result:
    """To between half and double of what is open. Raises Invalid."""
    one_of("scalingType", request["ScalingType"], ("UNIFORM_SCALING",))
    stream, target = streams.named(call, request), request["TargetShardCount"]
    current = len(shards.open_shards(call.tx, stream.id))
    counts = f"Current open shard count: {current} Target shard count: {target}"
    ranged("targetShardCount", target, 1, streams.MOST_SHARDS)
    if stream.settings["StreamMode"] == "ON_DEMAND":
        raise argument(
            f"Stream {stream.name} is in ON_DEMAND mode: its shard count cannot be updated."
        )
    if target > current * 2:
        raise limit(
            "UpdateShardCount cannot scale up over double your current open shard count. " + counts
        )
    if target * 2 < current:
        raise limit(
            "UpdateShardCount cannot scale down below half your current open shard count. " + counts
        )
    shards.scale(call.tx, stream.id, target)
    streams.announce(call.tx, stream)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardCount": current,
        "TargetShardCount": target,
    }
