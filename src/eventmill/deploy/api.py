"""CloudFormation's API over the record of the stacks: what runs already, told or deleted.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from eventmill.deploy import record
from eventmill.deploy.record import Recorded
from eventmill.kernel.errors import Invalid, UsageError
from eventmill.services.cloudformation import RESOURCES
from eventmill.services.contract import Call, Later, Operations, Result, Service, attribute_text

OPERATIONS = Operations()
_MADE, _CHANGED = "CREATE_COMPLETE", "UPDATE_COMPLETE"


@dataclass(frozen=True, slots=True)
class _Stack:
    name: str
    number: str
    outputs: dict[str, Any]
    told: dict[str, Any]

    @property
    def status(self) -> str:
        return _CHANGED if self.told.get("updated") else _MADE

    @property
    def times(self) -> dict[str, float]:
        """When it was made and last changed; 0 for one of an earlier version of the record."""
        updated = self.told.get("updated")
        made = {"CreationTime": self.told.get("created", 0)}
        return made | ({"LastUpdatedTime": updated} if updated else {})

    @property
    def changed(self) -> float:
        return float(self.told.get("updated") or self.told.get("created", 0))


def _stacks(call: Call, wanted: str | None) -> list[_Stack]:
    """All, or the one of a name or id. Raises Invalid."""
    rows = call.tx.all("SELECT name, id, outputs, told FROM deploy_stacks ORDER BY name")
    found = [
        _Stack(name, number, json.loads(outputs), json.loads(told))
        for name, number, outputs, told in rows
        if wanted in (None, "", name, number)
    ]
    if wanted and not found:
        raise Invalid("ValidationError", f"Stack with id {wanted} does not exist")
    return found


def _resources(call: Call, wanted: str) -> tuple[_Stack, list[Recorded]]:
    (stack,) = _stacks(call, wanted)
    return stack, list(record.resources_of(call.tx, stack.name).values())


@OPERATIONS.scan("DescribeStacks")
def describe_stacks(call: Call, request: dict[str, Any]) -> Result:
    """All stacks, or one with its outputs. Raises Invalid (ValidationError)."""
    names = {(export.stack_id, export.output): export.name for export in record.exports_of(call.tx)}
    stacks = []
    for stack in _stacks(call, request.get("StackName")):
        descriptions = stack.told.get("Descriptions", {})
        shown = []
        for key, value in stack.outputs.items():
            output = {"OutputKey": key, "OutputValue": attribute_text(value)}
            more = {
                "Description": descriptions.get(key),
                "ExportName": names.get((stack.number, key)),
            }
            shown.append(output | {name: text for name, text in more.items() if text})
        described = stack.told.get("Description")
        stacks.append(
            {
                "StackName": stack.name,
                "StackId": stack.number,
                "StackStatus": stack.status,
                **stack.times,
                **({"Description": described} if described else {}),
                "Outputs": shown,
                "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
                "DisableRollback": True,
                "Parameters": stack.told.get("Parameters", []),
                "Tags": [],
            }
        )
    return {"Stacks": stacks}


@OPERATIONS.scan("ListStacks")
def list_stacks(call: Call, request: dict[str, Any]) -> Result:
    """All of them, or those of some status."""
    wanted = request.get("StackStatusFilter")
    return {
        "StackSummaries": [
            {
                "StackName": stack.name,
                "StackId": stack.number,
                "StackStatus": stack.status,
                **stack.times,
            }
            for stack in _stacks(call, None)
            if not wanted or stack.status in wanted
        ]
    }


@OPERATIONS.read("DeleteStack")
def delete_stack(call: Call, request: dict[str, Any]) -> Result:
    """Answered when all is deleted; a stack that is not there is deleted already.

    Raises Invalid (ValidationError) naming what could not be deleted.
    """
    try:
        (stack,) = _stacks(call, request["StackName"])
    except Invalid:
        return {}
    ports, retained = call.ports, request.get("RetainResources") or ()

    async def run() -> dict[str, Any]:
        try:
            await ports.delete_stack(stack.name, retained)
        except UsageError as error:
            raise Invalid("ValidationError", str(error)) from error
        return {}

    return Later(run)


def _shown(entry: Recorded) -> dict[str, Any]:
    return {
        "LogicalResourceId": entry.logical_id,
        "PhysicalResourceId": entry.physical_id,
        "ResourceType": entry.type,
        "ResourceStatus": _MADE,
    }


@OPERATIONS.scan("ListStackResources")
def list_stack_resources(call: Call, request: dict[str, Any]) -> Result:
    """In the order of creation. Raises Invalid (ValidationError)."""
    stack, resources = _resources(call, request["StackName"])
    return {
        "StackResourceSummaries": [
            _shown(entry) | {"LastUpdatedTimestamp": stack.changed} for entry in resources
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
    stack, resources = _resources(call, wanted)
    about = {"StackName": stack.name, "StackId": stack.number, "Timestamp": stack.changed}
    logical = request.get("LogicalResourceId")
    return {
        "StackResources": [
            _shown(entry) | about for entry in resources if logical in (None, entry.logical_id)
        ]
    }


@OPERATIONS.scan("DescribeStackResource")
def describe_stack_resource(call: Call, request: dict[str, Any]) -> Result:
    """One by its logical id. Raises Invalid (ValidationError)."""
    stack, resources = _resources(call, request["StackName"])
    about = {"StackName": stack.name, "StackId": stack.number}
    for entry in resources:
        if entry.logical_id == request["LogicalResourceId"]:
            timed = about | {"LastUpdatedTimestamp": stack.changed}
            return {"StackResourceDetail": _shown(entry) | timed}
    raise Invalid(
        "ValidationError",
        f"Resource {request['LogicalResourceId']} does not exist for stack {stack.name}",
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
