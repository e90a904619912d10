"""Which stream of Kinesis a table's changes go to: the operations, and a template's property.

A table has one active destination at the most; those that were disabled, or named a stream that
is not there, stay listed until they are enabled anew.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_EnableKinesisStreamingDestination.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.arns import service_of
from eventmill.services.contract import Call, Result
from eventmill.services.dynamodb import tables
from eventmill.services.dynamodb.destinations import (
    DEFINED,
    MICROSECOND,
    MILLISECOND,
    PRECISION,
)
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.tables import OPERATIONS, Table

_ENABLING, _UPDATING = "EnableKinesisStreamingConfiguration", "UpdateKinesisStreamingConfiguration"
_STATE = "Table is not in a valid state to enable Kinesis Streaming Destination: "
_NO_STREAM = "User does not have a permission to use kinesis stream"
"""What AWS says of a stream that does not exist."""


def _table(call: Call, request: Mapping[str, Any]) -> Table:
    name = request["TableName"]
    return tables.find(call.tx, name, f"Requested resource not found: Table: {name} not found")


def _listed(table: Table) -> list[dict[str, Any]]:
    return list(table.definition.get(DEFINED) or [])


def _change(call: Call, table: Table, stream: str, entry: Mapping[str, Any]) -> None:
    """Let `entry` stand for the stream; the newest stands first."""
    others = [other for other in _listed(table) if other["StreamArn"] != stream]
    listed = [{"StreamArn": stream, **entry}, *others]
    tables.put_definition(call, table.name, dict(table.definition) | {DEFINED: listed})


def _check_precision(precision: str | None) -> None:
    if precision not in (None, MILLISECOND, MICROSECOND):
        raise validation(
            f"1 validation error detected: Value '{precision}' at '{PRECISION}' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{MICROSECOND}, {MILLISECOND}]"
        )


def _enable(call: Call, table: Table, stream: str, precision: str | None) -> bool:
    """Whether the stream is there. Raises Invalid while another destination is active."""
    _check_precision(precision)
    if table.destination is not None:
        raise validation(
            f"{_STATE}EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to "
            "perform ENABLE operation."
        )
    found = service_of(stream) == "kinesis" and call.directory(call.tx, stream) is not None
    failed = {"DestinationStatus": "ENABLE_FAILED", "DestinationStatusDescription": _NO_STREAM}
    entry = {"DestinationStatus": "ACTIVE"} if found else failed
    _change(call, table, stream, entry | ({PRECISION: precision} if precision else {}))
    return found


def _disable(call: Call, table: Table, stream: str) -> None:
    if table.destination is None or table.destination.stream != stream:
        raise validation(
            f"{_STATE}KinesisStreamingDestination must be ACTIVE to perform DISABLE operation."
        )
    _change(call, table, stream, {"DestinationStatus": "DISABLED"})


def align(call: Call, name: str, wanted: Mapping[str, Any] | None) -> None:
    """Let a table's destination be the one of its KinesisStreamSpecification; None for none.

    Raises Invalid for a stream that does not exist.
    """
    table = tables.find(call.tx, name)
    if table.destination is not None:
        _disable(call, table, table.destination.stream)
    if wanted is not None:
        table, stream = tables.find(call.tx, name), wanted["StreamArn"]
        if not _enable(call, table, stream, wanted.get(PRECISION)):
            raise validation(f"{stream} is no stream of Kinesis that exists")


def _answer(table: Table, request: Mapping[str, Any], status: str) -> dict[str, Any]:
    """AWS takes some seconds or minutes for what is done here before the answer."""
    return {
        "TableName": table.name,
        "StreamArn": request["StreamArn"],
        "DestinationStatus": status,
    }


@OPERATIONS.write("EnableKinesisStreamingDestination")
def enable(call: Call, request: dict[str, Any]) -> Result:
    """A stream that does not exist shows as ENABLE_FAILED. Raises Invalid."""
    table, settings = _table(call, request), request.get(_ENABLING) or {}
    _enable(call, table, request["StreamArn"], settings.get(PRECISION))
    return _answer(table, request, "ENABLING") | {_ENABLING: settings}


@OPERATIONS.write("DisableKinesisStreamingDestination")
def disable(call: Call, request: dict[str, Any]) -> Result:
    """What was changed before still arrives. Raises Invalid."""
    table = _table(call, request)
    if request.get(_ENABLING):
        raise validation(f"Stream cannot be disabled using {_ENABLING} parameters")
    _disable(call, table, request["StreamArn"])
    return _answer(table, request, "DISABLING")


@OPERATIONS.write("UpdateKinesisStreamingDestination")
def update(call: Call, request: dict[str, Any]) -> Result:
    """Another precision. Raises Invalid."""
    table, stream = _table(call, request), request["StreamArn"]
    settings = request.get(_UPDATING) or {}
    precision = settings.get(PRECISION)
    if precision is None:
        raise validation(
            "Streaming destination cannot be updated with given parameters: "
            f"{_UPDATING} cannot be null or contain only null values"
        )
    _check_precision(precision)
    if table.destination is None or table.destination.stream != stream:
        raise validation(
            f"{_STATE}Kinesis streaming is not in ACTIVE state. Updates are only allowed in "
            f"ACTIVE state. TableName: {table.name}"
        )
    if (table.destination.precision or MILLISECOND) == precision:
        raise validation(
            f"Invalid Request: Precision is already set to the desired value of {precision} for "
            f"tableId: {table.id}, kdsArn: {stream}"
        )
    _change(call, table, stream, {"DestinationStatus": "ACTIVE", PRECISION: precision})
    return _answer(table, request, "UPDATING") | {_UPDATING: settings}


@OPERATIONS.read("DescribeKinesisStreamingDestination")
def describe(call: Call, request: dict[str, Any]) -> Result:
    """The active one and those that were. Raises Invalid."""
    table = _table(call, request)
    return {"TableName": table.name, "KinesisDataStreamDestinations": _listed(table)}
