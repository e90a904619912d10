"""CloudFormation's API over the record of the stacks: what runs already, told.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
"""

from __future__ import annotations

import json
from typing import Any

from eventmill.deploy import record
from eventmill.deploy.record import Recorded
from eventmill.kernel.errors import Invalid
from eventmill.services.cloudformation import RESOURCES
from eventmill.services.contract import Call, Operations, Result, Service, attribute_text

OPERATIONS = Operations()
_STATUS = "CREATE_COMPLETE"


def _stacks(call: Call, wanted: str | None) -> list[tuple[str, str, dict[str, Any]]]:
    """(name, id, outputs) of all, or of the one of a name or id. Raises Invalid."""
    rows = call.tx.all("SELECT name, id, outputs FROM deploy_stacks ORDER BY name")
    found = [
        (name, number, json.loads(outputs))
        for name, number, outputs in rows
        if wanted in (None, "", name, number)
    ]
    if wanted and not found:
        raise Invalid("ValidationError", f"Stack with id {wanted} does not exist")
    return found


def _resources(call: Call, wanted: str) -> tuple[str, str, list[Recorded]]:
    ((name, number, _),) = _stacks(call, wanted)
    return name, number, list(record.resources_of(call.tx, name).values())


@OPERATIONS.scan("DescribeStacks")
def describe_stacks(call: Call, request: dict[str, Any]) -> Result:
    """All stacks, or one with its outputs. Raises Invalid (ValidationError)."""
    names = {(export.stack_id, export.output): export.name for export in record.exports_of(call.tx)}
    stacks = []
    for name, number, outputs in _stacks(call, request.get("StackName")):
        shown = []
        for key, value in outputs.items():
            output = {"OutputKey": key, "OutputValue": attribute_text(value)}
            export = names.get((number, key))
            shown.append(output | ({"ExportName": export} if export else {}))
        stacks.append(
            {
                "StackName": name,
                "StackId": number,
                "StackStatus": _STATUS,
                "CreationTime": 0,
                "Outputs": shown,
                "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
                "DisableRollback": True,
                "Parameters": [],
                "Tags": [],
            }
        )
    return {"Stacks": stacks}


@OPERATIONS.scan("ListStacks")
def list_stacks(call: Call, request: dict[str, Any]) -> Result:
    """All of them: each is as complete as the others."""
    wanted = request.get("StackStatusFilter")
    found = _stacks(call, None) if not wanted or _STATUS in wanted else []
    return {
        "StackSummaries": [
            {"StackName": name, "StackId": number, "StackStatus": _STATUS, "CreationTime": 0}
            for name, number, _ in found
        ]
    }


def _shown(entry: Recorded) -> dict[str, Any]:
    return {
        "LogicalResourceId": entry.logical_id,
        "PhysicalResourceId": entry.physical_id,
        "ResourceType": entry.type,
        "ResourceStatus": _STATUS,
    }


@OPERATIONS.scan("ListStackResources")
def list_stack_resources(call: Call, request: dict[str, Any]) -> Result:
    """In the order of creation. Raises Invalid (ValidationError)."""
    _, _, resources = _resources(call, request["StackName"])
    return {
        "StackResourceSummaries": [
            _shown(entry) | {"LastUpdatedTimestamp": 0} for entry in resources
        ]
    }


@OPERATIONS.scan("DescribeStackResources")
def describe_stack_resources(call: Call, request: dict[str, Any]) -> Result:
    """Of a stack, or of the stack that has a physical id. Raises Invalid (ValidationError)."""
    wanted, physical = request.get("StackName"), request.get("PhysicalResourceId")
    if not wanted and physical:
        row = call.tx.one("SELECT stack FROM deploy_resources WHERE physical_id=?", (physical,))
        if row is None:
            raise Invalid("ValidationError", f"Stack for {physical} does not exist")
        wanted = row[0]
    if not wanted:
        raise Invalid("ValidationError", "Give StackName or PhysicalResourceId.")
    name, number, resources = _resources(call, wanted)
    logical = request.get("LogicalResourceId")
    return {
        "StackResources": [
            _shown(entry) | {"StackName": name, "StackId": number, "Timestamp": 0}
            for entry in resources
            if logical in (None, entry.logical_id)
        ]
    }


@OPERATIONS.scan("DescribeStackResource")
def describe_stack_resource(call: Call, request: dict[str, Any]) -> Result:
    """One by its logical id. Raises Invalid (ValidationError)."""
    name, number, resources = _resources(call, request["StackName"])
    for entry in resources:
        if entry.logical_id == request["LogicalResourceId"]:
            about = {"StackName": name, "StackId": number, "LastUpdatedTimestamp": 0}
            return {"StackResourceDetail": _shown(entry) | about}
    raise Invalid(
        "ValidationError",
        f"Resource {request['LogicalResourceId']} does not exist for stack {name}",
    )


@OPERATIONS.scan("ListExports")
def list_exports(call: Call, request: dict[str, Any]) -> Result:
    """Of every stack."""
    return {
        "Exports": [
            {
                "ExportingStackId": export.stack_id,
                "Name": export.name,
                "Value": attribute_text(export.value),
            }
            for export in record.exports_of(call.tx)
        ]
    }


SERVICE = Service("cloudformation", OPERATIONS.by_name, (), RESOURCES)
