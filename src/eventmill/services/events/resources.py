"""The CloudFormation types of EventBridge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    attribute_text,
    generated_name,
    known,
    typed,
)
from eventmill.services.events import archives, buses, rules, targets
from eventmill.services.events.http_resources import HTTP_RESOURCES
from eventmill.services.events.schema_registry import SCHEMA_RESOURCES
from eventmill.services.tags import tag_map

H, R = Support.HONOURED, Support.RECORDED
_NUMBERS = dict.fromkeys(("MaximumEventAgeInSeconds", "MaximumRetryAttempts"), int)


def _bus(call: Call, name: str) -> Created:
    return Created(name, {"Arn": buses.bus_arn(call, name), "Name": name, "Policy": ""})


def _create_bus(call: Call, resource: Resource) -> Created:
    name = resource.properties["Name"]
    buses.create(call, name, resource.properties)
    _set_policy(call, name, resource.properties)
    _retag(call, buses.bus_arn(call, name), resource)
    return _bus(call, name)


def _retag(call: Call, arn: str, resource: Resource) -> None:
    buses.TAGS.replace(call.tx, arn, tag_map(resource.properties.get("Tags")))


def _set_policy(call: Call, name: str, properties: Mapping[str, Any]) -> None:
    policy = properties.get("Policy")
    text = None if policy is None else attribute_text(policy)
    buses.change(call, name, {"Policy": text})


def _update_bus(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    wanted = {key: resource.properties.get(key) for key in ("Description", "DeadLetterConfig")}
    buses.change(call, name, wanted)
    if resource.properties.get("Policy") is not None or old.get("Policy") is not None:
        # Else its statements are those of AWS::Events::EventBusPolicy, and stay.
        _set_policy(call, name, resource.properties)
    _retag(call, buses.bus_arn(call, name), resource)
    return _bus(call, name)


def _delete_bus(call: Call, resource: Resource) -> None:
    buses.delete(call, resource.physical_id or "")


def _validate_rule(properties: Mapping[str, Any]) -> None:
    plain = known(properties)
    if plain.get("EventPattern"):
        rules.check_pattern(attribute_text(plain["EventPattern"]))
    if plain.get("ScheduleExpression"):
        rules.check_schedule(plain["ScheduleExpression"], buses.DEFAULT)
    for target in properties.get("Targets") or []:
        # The target's address is most often that of a resource of the stack.
        if isinstance(target, dict) and known(target) == target:
            targets.check(typed(target, _NUMBERS))


def _put_rule(call: Call, resource: Resource, name: str) -> Created:
    properties = resource.properties
    pattern = properties.get("EventPattern")
    if isinstance(pattern, dict):
        pattern = json.dumps(pattern)
    request = {key: properties.get(key) for key in ("ScheduleExpression", "State", "Description")}
    request |= {"Name": name, "EventPattern": pattern, "EventBusName": _bus_of(properties)}
    bus = buses.name_of(_bus_of(properties))
    if bus.startswith(buses.PARTNERS) and not buses.exists(call.tx, bus):
        # On AWS it was made by hand, once the partner had offered its source.
        buses.create(call, bus, {"EventSourceName": bus})
    arn = rules.put(call, request)
    _retag(call, arn, resource)
    wanted = properties.get("Targets") or []
    for target in targets.of_rule(call.tx, bus, name):
        if target["Id"] not in {entry["Id"] for entry in wanted}:
            targets.remove(call.tx, bus, name, target["Id"])
    for target in wanted:
        targets.put(call.tx, bus, name, typed(target, _NUMBERS))
    physical = name if bus == buses.DEFAULT else f"{bus}|{name}"
    return Created(physical, {"Arn": arn})


def _bus_of(properties: Mapping[str, Any]) -> str | None:
    bus: str | None = properties.get("EventBusName")
    return bus


def _create_rule(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("Name") or generated_name(resource, call.ids)
    return _put_rule(call, resource, name)


def _update_rule(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put_rule(call, resource, (resource.physical_id or "").rpartition("|")[2])


def _delete_rule(call: Call, resource: Resource) -> None:
    bus, _, name = (resource.physical_id or "").rpartition("|")
    bus = bus or buses.DEFAULT
    for target in targets.of_rule(call.tx, bus, name):
        targets.remove(call.tx, bus, name, target["Id"])
    rules.delete(call, bus, name)


def _put_statement(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    name = buses.name_of(properties.get("EventBusName"))
    statement = properties.get("Statement")
    if statement is None:
        principal = properties["Principal"]
        statement = {
            "Effect": "Allow",
            "Action": properties.get("Action", "events:PutEvents"),
            "Principal": principal if principal == "*" else {"AWS": principal},
            "Resource": buses.bus_arn(call, name),
        }
    sid = properties["StatementId"]
    buses.put_statement(call, name, {**statement, "Sid": sid})
    return Created(f"event-bus-policy-{name}-{sid}")


def _change_statement(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put_statement(call, resource)


def _drop_statement(call: Call, resource: Resource) -> None:
    name = buses.name_of(resource.properties.get("EventBusName"))
    if buses.exists(call.tx, name):
        buses.drop_statement(call, name, resource.properties["StatementId"])


def _archive_settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    pattern = properties.get("EventPattern")
    return {
        "Description": properties.get("Description"),
        "RetentionDays": properties.get("RetentionDays"),
        "KmsKeyIdentifier": properties.get("KmsKeyIdentifier"),
        "EventPattern": json.dumps(pattern) if isinstance(pattern, dict) else pattern,
    }


def _archive(call: Call, name: str) -> Created:
    return Created(name, {"Arn": archives.archive_arn(call, name), "ArchiveName": name})


def _create_archive(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    name = properties.get("ArchiveName") or generated_name(
        resource, call.ids, limit=archives.NAME_LIMIT
    )
    archives.create(call, name, properties["SourceArn"], _archive_settings(properties))
    return _archive(call, name)


def _update_archive(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    archives.change(call, name, _archive_settings(resource.properties))
    return _archive(call, name)


def _delete_archive(call: Call, resource: Resource) -> None:
    if archives.bus_of(call.tx, resource.physical_id or "") is not None:
        archives.delete(call, resource.physical_id or "")


RESOURCES = (
    ResourceType(
        "AWS::Events::EventBus",
        dict.fromkeys(("Name", "Description", "EventSourceName"), H)
        | dict.fromkeys(("Policy", "Tags", "KmsKeyIdentifier", "LogConfig", "DeadLetterConfig"), R),
        _create_bus,
        _update_bus,
        _delete_bus,
        frozenset({"Name", "EventSourceName"}),
        attributes=("Arn", "Name", "Policy"),
    ),
    ResourceType(
        "AWS::Events::Rule",
        {
            **dict.fromkeys(("Name", "EventBusName", "EventPattern", "ScheduleExpression"), H),
            **dict.fromkeys(("State", "Description", "Targets", "Targets.RoleArn"), H),
            **dict.fromkeys(("RoleArn", "Tags"), R),
            **{f"Targets.{member}": R for member in targets.PARAMETERS_OF_NOTHING},
        },
        _create_rule,
        _update_rule,
        _delete_rule,
        frozenset({"Name", "EventBusName"}),
        validate=_validate_rule,
        adopts=(),
        attributes=("Arn",),
    ),
    ResourceType(
        "AWS::Events::EventBusPolicy",
        dict.fromkeys(
            ("EventBusName", "StatementId", "Statement", "Action", "Principal", "Condition"), R
        ),
        _put_statement,
        _change_statement,
        _drop_statement,
        frozenset({"EventBusName", "StatementId"}),
        adopts=(),
    ),
    ResourceType(
        "AWS::Events::Archive",
        dict.fromkeys(
            ("ArchiveName", "SourceArn", "Description", "EventPattern", "RetentionDays"), H
        )
        | {"KmsKeyIdentifier": R},
        _create_archive,
        _update_archive,
        _delete_archive,
        frozenset({"ArchiveName", "SourceArn"}),
    ),
    *HTTP_RESOURCES,
    *SCHEMA_RESOURCES,
)
