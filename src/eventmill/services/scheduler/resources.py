"""The CloudFormation types of EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.clock import iso_epoch
from eventmill.services.contract import (
    UNKNOWN,
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    generated_name,
    known,
    typed,
)
from eventmill.services.scheduler import faults, groups, schedules, targets, timing
from eventmill.services.scheduler.operations import DEFAULT_GROUP
from eventmill.services.scheduler.tags import TAGS
from eventmill.services.tags import tag_map

H, R = Support.HONOURED, Support.RECORDED
_NUMBERS = dict.fromkeys(
    ("MaximumEventAgeInSeconds", "MaximumRetryAttempts", "MaximumWindowInMinutes"), int
)


def _epoch(member: str, text: Any) -> float:
    try:
        return iso_epoch(str(text))
    except ValueError:
        raise faults.validation(f"{member} {text} is no ISO 8601 time.") from None


def _request(resource: Resource, name: str) -> dict[str, Any]:
    request = {**typed(resource.properties, _NUMBERS), "Name": name}
    for member in ("StartDate", "EndDate"):
        if request.get(member) is not None:
            request[member] = _epoch(member, request[member])
    return request


def _validate(properties: Mapping[str, Any]) -> None:
    plain = known(properties)
    whole = properties.get("ScheduleExpressionTimezone") is not UNKNOWN
    if whole and plain.get("ScheduleExpression"):
        timing.check_expression(plain)
    if plain.get("FlexibleTimeWindow"):
        timing.check_window(typed(plain["FlexibleTimeWindow"], _NUMBERS))
    target = properties.get("Target")
    if isinstance(target, dict):
        certain = typed(known(target), _NUMBERS)
        # What is not known of these three makes no difference to the rest.
        if target.keys() - certain.keys() <= {"DeadLetterConfig", "Input", "RoleArn"}:
            targets.check_form(certain)
        else:
            targets.check_failures(certain)


def _create(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("Name") or generated_name(resource, call.ids)
    return Created(name, {"Arn": schedules.create(call, _request(resource, name))})


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    group = resource.properties.get("GroupName") or DEFAULT_GROUP
    request = _request(resource, name)
    if schedules.exists(call, group, name):
        return Created(name, {"Arn": schedules.update(call, request)})
    # Its last time has passed and it was deleted, as it asked for.
    return Created(name, {"Arn": schedules.create(call, request)})


def _delete(call: Call, resource: Resource) -> None:
    group = resource.properties.get("GroupName") or DEFAULT_GROUP
    schedules.delete(call, group, resource.physical_id or "")


def _group(call: Call, name: str) -> Created:
    shown = groups.described(call, name)
    return Created(
        name,
        {
            "Arn": shown["Arn"],
            "State": shown["State"],
            "CreationDate": str(shown["CreationDate"]),
            "LastModificationDate": str(shown["LastModificationDate"]),
        },
    )


def _create_group(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("Name") or generated_name(resource, call.ids)
    groups.create(call, name, tag_map(resource.properties.get("Tags")))
    return _group(call, name)


def _update_group(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    TAGS.replace(call.tx, groups.group_arn(call, name), tag_map(resource.properties.get("Tags")))
    return _group(call, name)


def _delete_group(call: Call, resource: Resource) -> None:
    groups.delete(call, resource.physical_id or "")


RESOURCES = (
    ResourceType(
        "AWS::Scheduler::Schedule",
        {
            **dict.fromkeys(("Name", "GroupName", "ScheduleExpression", "StartDate", "EndDate"), H),
            **dict.fromkeys(("ScheduleExpressionTimezone", "FlexibleTimeWindow", "State"), H),
            **dict.fromkeys(("Target", "Description", "ActionAfterCompletion"), H),
            **dict.fromkeys(("Target.RoleArn", "KmsKeyArn"), R),
            **dict.fromkeys(("Target.EcsParameters", "Target.SageMakerPipelineParameters"), R),
        },
        _create,
        _update,
        _delete,
        frozenset({"Name", "GroupName"}),
        validate=_validate,
        attributes=("Arn",),
    ),
    ResourceType(
        "AWS::Scheduler::ScheduleGroup",
        {"Name": H, "Tags": R},
        _create_group,
        _update_group,
        _delete_group,
        frozenset({"Name"}),
    ),
)
