"""Event source mappings: their API and their rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import Conflict, NotFound
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.mapping_settings import bad, settings
from eventmill.services.lambda_.names import function_arn, parse
from eventmill.services.lambda_.operations import OPERATIONS
from eventmill.store.transaction import Row, Transaction

KEY = "lambda.mappings"
"""Announced when a mapping was made, changed or deleted."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """One event source mapping."""

    uuid: str
    source: str
    function: str
    settings: dict[str, Any]
    enabled: bool
    modified: float
    result: str


_COLUMNS = "uuid, source, function, config, enabled, modified, result"


def _mapping(row: Row) -> Mapping:
    return Mapping(row[0], row[1], row[2], json.loads(row[3]), bool(row[4]), row[5], row[6])


def every(tx: Transaction) -> list[Mapping]:
    """All mappings."""
    return [_mapping(row) for row in tx.all(f"SELECT {_COLUMNS} FROM lambda_mappings")]


def find(tx: Transaction, uuid: str) -> Mapping:
    """Raises NotFound."""
    row = tx.one(f"SELECT {_COLUMNS} FROM lambda_mappings WHERE uuid=?", (uuid,))
    if row is None:
        raise NotFound("ResourceNotFoundException", "The resource you requested does not exist.")
    return _mapping(row)


def shape(call: Call, mapping: Mapping, state: str) -> dict[str, Any]:
    """A mapping as the API returns it."""
    stream = "StartingPosition" in mapping.settings
    region, account = call.region, call.account
    answer = (
        {"FunctionResponseTypes": []}
        | mapping.settings
        | {
            "UUID": mapping.uuid,
            "EventSourceArn": mapping.source,
            "EventSourceMappingArn": f"arn:aws:lambda:{region}:{account}"
            f":event-source-mapping:{mapping.uuid}",
            "FunctionArn": mapping.function,
            "LastModified": mapping.modified,
            "State": state,
            "StateTransitionReason": "User action" if stream else "USER_INITIATED",
        }
    )
    if stream:
        answer["LastProcessingResult"] = mapping.result
    return answer


def _steady(mapping: Mapping) -> str:
    return "Enabled" if mapping.enabled else "Disabled"


@OPERATIONS.write("CreateEventSourceMapping")
def create_event_source_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict for a source and function that are mapped already, Invalid, NotFound."""
    mapping = create(call, request)
    return shape(call, mapping, "Creating" if mapping.enabled else "Disabled")


def create(call: Call, request: dict[str, Any]) -> Mapping:
    """Make a mapping from the API's request or a template's properties."""
    source = request.get("EventSourceArn")
    if not source:
        raise bad(
            "Self-managed event sources are not offered yet; give an EventSourceArn of SQS "
            "or DynamoDB Streams."
        )
    who = parse(request["FunctionName"])
    version = functions.version_of(call.tx, who.name, who.qualifier)
    config = functions.config_of(call.tx, who.name, version)
    if config is None:
        raise bad(f"Function does not exist: {request['FunctionName']}")
    function = function_arn(call, who.name, who.qualifier)
    _check_source(call, source, config["Timeout"])
    taken = call.tx.one(
        "SELECT uuid FROM lambda_mappings WHERE source=? AND function=?", (source, function)
    )
    if taken is not None:
        raise Conflict(
            "ResourceConflictException",
            f'The event source arn (" {source} ") and function (" {who.name} ") provided mapping '
            "already exists. Please update or delete the existing mapping with UUID "
            f"{taken[0]}",
        )
    mapping = Mapping(
        uuid=call.ids.uuid(),
        source=source,
        function=function,
        settings=settings(request, {}, source),
        enabled=request.get("Enabled", True) is not False,
        modified=call.now,
        result="No records processed",
    )
    _write(call.tx, mapping)
    return mapping


def _check_source(call: Call, source: str, timeout: int) -> None:
    found = call.ports.directory.exists(call.tx, source)
    if found:
        visibility = call.ports.directory.visibility(call.tx, source)
        if visibility is not None and visibility < timeout:
            raise bad(
                f"Queue visibility timeout: {visibility} seconds is less than Function timeout: "
                f"{timeout} seconds"
            )
        return
    if source.split(":")[2] == "sqs":
        raise bad(
            "Error occurred while ReceiveMessage. SQS Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does "
            "not exist."
        )
    raise bad(f"Stream not found: {source}")


def _write(tx: Transaction, mapping: Mapping) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO lambda_mappings VALUES(?,?,?,?,?,?,?)",
        (
            mapping.uuid,
            mapping.source,
            mapping.function,
            json.dumps(mapping.settings),
            int(mapping.enabled),
            mapping.modified,
            mapping.result,
        ),
    )
    tx.announce(KEY)


def change(call: Call, uuid: str, request: dict[str, Any]) -> Mapping:
    """Apply what the request names. Raises NotFound, Invalid."""
    old = find(call.tx, uuid)
    function = old.function
    if request.get("FunctionName"):
        who = parse(request["FunctionName"])
        function = function_arn(call, who.name, who.qualifier)
        if not functions.exists(call.tx, function):
            raise bad(f"Function does not exist: {request['FunctionName']}")
    enabled = request.get("Enabled")
    mapping = Mapping(
        uuid,
        old.source,
        function,
        settings(request, old.settings, old.source),
        old.enabled if enabled is None else enabled,
        call.now,
        old.result,
    )
    _write(call.tx, mapping)
    return mapping


@OPERATIONS.write("UpdateEventSourceMapping")
def update_event_source_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    old = find(call.tx, request["UUID"])
    mapping = change(call, request["UUID"], request)
    state = "Updating"
    if mapping.enabled != old.enabled:
        state = "Enabling" if mapping.enabled else "Disabling"
    return shape(call, mapping, state)


@OPERATIONS.write("DeleteEventSourceMapping")
def delete_event_source_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Its positions go with it."""
    mapping = find(call.tx, request["UUID"])
    remove(call.tx, mapping.uuid)
    return shape(call, mapping, "Deleting")


def remove(tx: Transaction, uuid: str) -> None:
    """Delete the row; pollers see it and stop."""
    tx.execute("DELETE FROM lambda_mappings WHERE uuid=?", (uuid,))
    tx.announce(KEY)


@OPERATIONS.read("GetEventSourceMapping")
def get_event_source_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    mapping = find(call.tx, request["UUID"])
    return shape(call, mapping, _steady(mapping))


@OPERATIONS.scan("ListEventSourceMappings")
def list_event_source_mappings(call: Call, request: dict[str, Any]) -> Result:
    """Those of a source, of a function, or all; 100 a page."""
    source, name = request.get("EventSourceArn"), request.get("FunctionName")
    function = None
    if name:
        who = parse(name)
        function = function_arn(call, who.name, who.qualifier)
    rows = call.tx.all(
        f"SELECT {_COLUMNS} FROM lambda_mappings WHERE (?1 IS NULL OR source=?1)"
        " AND (?2 IS NULL OR function=?2) AND uuid>?3 ORDER BY uuid LIMIT ?4",
        (source, function, request.get("Marker") or "", (request.get("MaxItems") or 100) + 1),
    )
    limit = request.get("MaxItems") or 100
    found = [_mapping(row) for row in rows[:limit]]
    answer: dict[str, Any] = {
        "EventSourceMappings": [shape(call, mapping, _steady(mapping)) for mapping in found]
    }
    if len(rows) > limit:
        answer["NextMarker"] = found[-1].uuid
    return answer
