"""The API's operations on event source mappings."""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import event_source_mappings
from eventmill.services.lambda_.names import function_arn, parse
from eventmill.services.lambda_.operations import OPERATIONS

_PAGE = 100


def _resting(enabled: int) -> str:
    return "Enabled" if enabled else "Disabled"


@OPERATIONS.write("CreateEventSourceMapping")
def create_event_source_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict for a source and function mapped already, Invalid."""
    row = event_source_mappings.create(call, request)
    return event_source_mappings.shape(call, row, "Creating" if row[4] else "Disabled")


@OPERATIONS.read("GetEventSourceMapping")
def get_event_source_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    row = event_source_mappings.row_of(call.tx, request["UUID"])
    return event_source_mappings.shape(call, row, _resting(row[4]))


@OPERATIONS.write("UpdateEventSourceMapping")
def update_event_source_mapping(call: Call, request: dict[str, Any]) -> Result:
    """What the request leaves out stays."""
    was = event_source_mappings.row_of(call.tx, request["UUID"])
    row = event_source_mappings.update(call, request["UUID"], request)
    state = "Updating"
    if row[4] != was[4]:
        state = "Enabling" if row[4] else "Disabling"
    return event_source_mappings.shape(call, row, state)


@OPERATIONS.write("DeleteEventSourceMapping")
def delete_event_source_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return event_source_mappings.shape(
        call, event_source_mappings.delete(call, request["UUID"]), "Deleting"
    )


@OPERATIONS.scan("ListEventSourceMappings")
def list_event_source_mappings(call: Call, request: dict[str, Any]) -> Result:
    """All, or those of a source or a function."""
    limit = min(request.get("MaxItems") or _PAGE, _PAGE)
    function = request.get("FunctionName")
    wanted = function_arn(call, *parse(function)) if function else None
    source = request.get("EventSourceArn")
    rows = call.tx.all(
        "SELECT uuid, source, function, config, enabled, created, modified, result"
        " FROM lambda_mappings WHERE uuid>?"
        # A topic stands behind the ARN of a Kafka cluster.
        " AND (? IS NULL OR ? IN (source, substr(source, 1, instr(source, '#') - 1)))"
        " AND (? IS NULL OR function=?) ORDER BY uuid LIMIT ?",
        (request.get("Marker") or "", source, source, wanted, wanted, limit + 1),
    )
    answer: dict[str, Any] = {
        "EventSourceMappings": [
            event_source_mappings.shape(call, row, _resting(row[4])) for row in rows[:limit]
        ]
    }
    if len(rows) > limit:
        answer["NextMarker"] = rows[limit - 1][0]
    return answer
