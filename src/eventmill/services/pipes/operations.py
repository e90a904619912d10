"""The API's operations.

https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_Operations.html
"""

from __future__ import annotations

import json
from typing import Any

from eventmill.services import paging
from eventmill.services.contract import Call, Operations, Result
from eventmill.services.pipes import pipes
from eventmill.store.transaction import Row

OPERATIONS = Operations()

_PAGE = 100


def _shape(row: Row, current: str, desired: str | None = None) -> dict[str, Any]:
    """What every operation that changes a pipe answers."""
    name, _, arn, _, _, state, _, created, modified = row
    return {
        "Name": name,
        "Arn": arn,
        "DesiredState": desired or state,
        "CurrentState": current,
        "CreationTime": created,
        "LastModifiedTime": modified,
    }


@OPERATIONS.write("CreatePipe")
def create_pipe(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict, Invalid."""
    return _shape(pipes.create(call, request), "CREATING")


@OPERATIONS.write("UpdatePipe")
def update_pipe(call: Call, request: dict[str, Any]) -> Result:
    """What the request leaves out stays."""
    return _shape(pipes.update(call, request["Name"], request), "UPDATING")


@OPERATIONS.write("DeletePipe")
def delete_pipe(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return _shape(pipes.delete(call, request["Name"]), "DELETING", "DELETED")


@OPERATIONS.read("DescribePipe")
def describe_pipe(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    row = pipes.row_of(call.tx, request["Name"])
    state, reason = pipes.condition(row)
    answer = {**_shape(row, state), **json.loads(row[3]), "Tags": json.loads(row[4])}
    if reason is not None:
        answer["StateReason"] = reason
    return answer


@OPERATIONS.write("StartPipe")
def start_pipe(call: Call, request: dict[str, Any]) -> Result:
    """It goes on where it stopped."""
    return _shape(pipes.switch(call, request["Name"], "RUNNING"), "STARTING")


@OPERATIONS.write("StopPipe")
def stop_pipe(call: Call, request: dict[str, Any]) -> Result:
    """Batches that are under way end."""
    return _shape(pipes.switch(call, request["Name"], "STOPPED"), "STOPPING")


@OPERATIONS.scan("ListPipes")
def list_pipes(call: Call, request: dict[str, Any]) -> Result:
    """By name; the token is the last one."""
    most = min(request.get("Limit") or _PAGE, _PAGE)
    found = []
    for row in pipes.rows(call.tx):
        definition = json.loads(row[3])
        state, reason = pipes.condition(row)
        entry = _shape(row, state)
        for key in ("Source", "Target", "Enrichment"):
            if key in definition:
                entry[key] = definition[key]
        if reason is not None:
            entry["StateReason"] = reason
        if _wanted(entry, request):
            found.append((entry["Name"], entry))
    page, token = paging.keyed(found, request.get("NextToken"), most)
    return {"Pipes": page} | ({"NextToken": token} if token is not None else {})


def _wanted(entry: dict[str, Any], request: dict[str, Any]) -> bool:
    prefixes = {"NamePrefix": "Name", "SourcePrefix": "Source", "TargetPrefix": "Target"}
    if any(not entry[key].startswith(request.get(name) or "") for name, key in prefixes.items()):
        return False
    states = ("DesiredState", "CurrentState")
    return all(entry[key] == (request.get(key) or entry[key]) for key in states)


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    pipes.set_tags(call, request["resourceArn"], request["tags"])
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    pipes.set_tags(call, request["resourceArn"], dict.fromkeys(request["tagKeys"]))
    return {}


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return {"tags": pipes.tags_of(call.tx, request["resourceArn"])[1]}
