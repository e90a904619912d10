"""The records of the table's stream, as plain values."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord


@dataclass(frozen=True)
class Change:
    """`old` and `new` are the document's record before and after; one may be missing."""

    event_id: str
    kind: str
    at: str
    """ISO-8601; the stream's time is in whole seconds."""
    sequence: str
    """The stream's sequence number: decimal digits, larger with every change of a document."""
    old: dict[str, Any] | None
    new: dict[str, Any] | None

    @property
    def record(self) -> dict[str, Any]:
        """The record after the change, or the last one."""
        return self.new or self.old or {}


def change_of(record: DynamoDBRecord) -> Change:
    """Raises ValueError for a record without images."""
    stream = record.dynamodb
    if stream is None or record.event_id is None or record.event_name is None:
        raise ValueError("the stream must carry NEW_AND_OLD_IMAGES")
    at = stream.approximate_creation_date_time or 0
    moment = datetime.fromtimestamp(float(at), UTC).isoformat(timespec="seconds")
    return Change(
        record.event_id,
        record.event_name.name,
        moment.replace("+00:00", "Z"),
        stream.sequence_number or "0",
        stream.old_image or None,
        stream.new_image or None,
    )


def shown(record: dict[str, Any]) -> dict[str, Any]:
    """A record as people and programs see it: without its key and its counters."""
    hidden = ("document", "rank", "version", "thumbnail")
    return {name: _json(value) for name, value in record.items() if name not in hidden}


def _json(value: Any) -> Any:
    """DynamoDB's decimals as numbers."""
    if isinstance(value, dict):
        return {name: _json(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_json(entry) for entry in value]
    if hasattr(value, "as_integer_ratio") and not isinstance(value, int | float):
        return int(value) if value == int(value) else float(value)
    return value
