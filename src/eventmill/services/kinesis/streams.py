"""Streams as rows: found by name or ARN, created, deleted, their settings.

https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.contract import Call
from eventmill.services.kinesis import shards, tags
from eventmill.services.kinesis.faults import argument, constraint, in_use, missing, one_of, ranged
from eventmill.services.kinesis.places import rows
from eventmill.store.transaction import Transaction

SHORTEST, LONGEST = 24, 8_760
"""Hours of retention."""

ON_DEMAND_SHARDS = 4
MOST_SHARDS = 10_000
RECORD_KIB = 1_024
METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
)

_MODES = ("PROVISIONED", "ON_DEMAND")
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}\Z")
_COLUMNS = "id, arn, name, settings, created"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream. `settings` by AWS's names: StreamMode, RetentionPeriodHours …"""

    id: int
    arn: str
    name: str
    settings: dict[str, Any]
    created: float

    @property
    def account(self) -> str:
        """The account that owns it."""
        return self.arn.split(":")[4]

    @property
    def kept(self) -> float:
        """Seconds for which records are kept."""
        return float(self.settings["RetentionPeriodHours"]) * 3_600

    @property
    def record_bytes(self) -> int:
        """The longest record, its key included."""
        return int(self.settings.get("MaxRecordSizeInKiB", RECORD_KIB)) * 1_024


def find(tx: Transaction, arn: str) -> Stream | None:
    """The stream of an ARN, its own or that of one of its consumers."""
    arn = arn.partition("/consumer/")[0]
    return _stream(tx.one(f"SELECT {_COLUMNS} FROM kinesis_streams WHERE arn=?", (arn,)))


def require(tx: Transaction, arn: str) -> Stream:
    """The stream of an ARN. Raises Invalid (ResourceNotFoundException)."""
    stream = find(tx, arn)
    if stream is None:
        name = arn.partition(":stream/")[2].partition("/")[0] or arn
        account = arn.split(":")[4] if arn.count(":") >= 5 else ""
        raise missing(f"Stream {name} under account {account} not found.")
    return stream


def by_id(tx: Transaction, number: int) -> Stream:
    """The stream of a row's id. Raises Invalid for one that is gone."""
    stream = _stream(tx.one(f"SELECT {_COLUMNS} FROM kinesis_streams WHERE id=?", (number,)))
    if stream is None:
        raise missing("The stream of the shard iterator does not exist any more.")
    return stream


def named(call: Call, request: Mapping[str, Any]) -> Stream:
    """The stream that a request names by StreamARN or StreamName. Raises Invalid."""
    arn, name = request.get("StreamARN"), request.get("StreamName")
    if not arn and not name:
        raise argument("Either StreamName or StreamARN must be specified.")
    if not arn:
        arn = arn_of(call, str(name))
    elif name and not arn.endswith(f":stream/{name}"):
        raise argument(f"StreamARN {arn} and StreamName {name} do not name the same stream.")
    stream, created = require(call.tx, arn), request.get("StreamCreationTimestamp")
    if created is not None and int(created) != int(stream.created):
        raise missing(f"Stream {stream.name} under account {stream.account} is a later one.")
    return stream


def arn_of(call: Call, name: str) -> str:
    """The ARN of a stream of that name."""
    return f"arn:aws:kinesis:{call.region}:{call.account}:stream/{name}"


def all_streams(tx: Transaction) -> list[Stream]:
    """Every stream, by name."""
    found = tx.all(f"SELECT {_COLUMNS} FROM kinesis_streams ORDER BY name")
    return [stream for stream in map(_stream, found) if stream is not None]


def _stream(row: Any) -> Stream | None:
    if row is None:
        return None
    number, arn, name, settings, created = row
    return Stream(number, arn, name, json.loads(settings), created)


def check(request: Mapping[str, Any]) -> None:
    """What CreateStream refuses whatever else there is. Raises Invalid."""
    name = request["StreamName"]
    if not _NAME.match(name):
        raise constraint("streamName", name, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
    mode, count = _mode(request), request.get("ShardCount")
    one_of("streamModeDetails.streamMode", mode, _MODES)
    if mode == "ON_DEMAND" and count is not None:
        raise argument("ShardCount must not be specified for ON_DEMAND streams.")
    if mode == "PROVISIONED" and count is None:
        raise argument("ShardCount must be specified for PROVISIONED streams.")
    ranged("shardCount", count, 1, MOST_SHARDS)
    ranged("maxRecordSizeInKiB", request.get("MaxRecordSizeInKiB"), RECORD_KIB, 10_240)
    check_strategy(mode, request.get("RecordDistributionStrategy"))


def _mode(request: Mapping[str, Any]) -> str:
    return (request.get("StreamModeDetails") or {}).get("StreamMode") or "PROVISIONED"


def create(call: Call, request: Mapping[str, Any]) -> Stream:
    """A new stream, active at once. Raises Invalid."""
    check(request)
    name, mode = request["StreamName"], _mode(request)
    arn = arn_of(call, name)
    if find(call.tx, arn) is not None:
        raise in_use(f"Stream {name} under account {call.account} already exists.")
    settings: dict[str, Any] = {"StreamMode": mode, "RetentionPeriodHours": SHORTEST}
    given = {
        name: request.get(name)
        for name in ("MaxRecordSizeInKiB", "WarmThroughputMiBps", "RecordDistributionStrategy")
    }
    settings |= {key: value for key, value in given.items() if value is not None}
    stream = Stream(call.tx.number("kinesis.streams"), arn, name, settings, call.now)
    call.tx.execute(
        "INSERT INTO kinesis_streams VALUES(?,?,?,?,?,0)",
        (stream.id, arn, name, json.dumps(settings), call.now),
    )
    tags.put(call.tx, arn, request.get("Tags") or {})
    shards.open_first(call.tx, stream.id, request.get("ShardCount") or ON_DEMAND_SHARDS)
    announce(call.tx, stream)
    return stream


def check_strategy(mode: str, strategy: str | None) -> None:
    """Raises Invalid for records spread without keys over provisioned shards."""
    if strategy == "AUTO" and mode != "ON_DEMAND":
        raise argument(
            "RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode."
        )


def delete(tx: Transaction, stream: Stream) -> None:
    """The stream with its shards, records, consumers, policies and tags."""
    for (shard,) in tx.all("SELECT id FROM kinesis_shards WHERE stream=?", (stream.id,)):
        tx.execute("DELETE FROM kinesis_records WHERE id>=? AND id<?", rows(shard))
    tx.execute("DELETE FROM kinesis_shards WHERE stream=?", (stream.id,))
    tx.execute(
        "DELETE FROM kinesis_subscriptions WHERE consumer IN"
        " (SELECT arn FROM kinesis_consumers WHERE stream=?)",
        (stream.id,),
    )
    tx.execute("DELETE FROM kinesis_consumers WHERE stream=?", (stream.id,))
    # ARNs of consumers go on behind the stream's with a slash, which sorts before "0".
    for table in ("kinesis_policies", "kinesis_tags"):
        tx.execute(
            f"DELETE FROM {table} WHERE arn=? OR (arn>? AND arn<?)",
            (stream.arn, f"{stream.arn}/", f"{stream.arn}0"),
        )
    tx.execute("DELETE FROM kinesis_streams WHERE id=?", (stream.id,))
    announce(tx, stream)


def change(tx: Transaction, stream: Stream, **settings: Any) -> None:
    """Set some settings; None takes one away."""
    merged = {k: v for k, v in {**stream.settings, **settings}.items() if v is not None}
    tx.execute("UPDATE kinesis_streams SET settings=? WHERE id=?", (json.dumps(merged), stream.id))


def retain(tx: Transaction, stream: Stream, hours: int, *, longer: bool | None = None) -> None:
    """Change the retention; `longer` says which way the caller means it. Raises Invalid."""
    was = stream.settings["RetentionPeriodHours"]
    check_retention(hours)
    if longer is True and hours < was:
        raise argument(
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be "
            f"shorter than existing retention period ({was} hours). Use DecreaseRetentionPeriod "
            "API."
        )
    if longer is False and hours > was:
        raise argument(
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be "
            f"longer than existing retention period ({was} hours). Use IncreaseRetentionPeriod API."
        )
    change(tx, stream, RetentionPeriodHours=hours)


def check_retention(hours: int) -> None:
    """Raises Invalid for less than a day and more than a year."""
    if hours < SHORTEST:
        raise argument(
            f"Minimum allowed retention period is {SHORTEST} hours. Requested retention period "
            f"({hours} hours) is too short."
        )
    if hours > LONGEST:
        raise argument(
            f"Maximum allowed retention period is {LONGEST} hours. Requested retention period "
            f"({hours} hours) is too long."
        )


def key(arn: str) -> str:
    """Announced when the stream has other shards, or is gone."""
    return f"kinesis:{arn.partition('/consumer/')[0]}"


def announce(tx: Transaction, stream: Stream) -> None:
    """Wake those who follow the stream's shards."""
    tx.announce(key(stream.arn))
