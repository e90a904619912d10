"""EventBridge Schemas in templates: recorded, since events find their way without a schema.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    absent,
    generated_name,
)

Name = Callable[[Call, Resource], Created]


def _arn(call: Call, kind: str, name: str) -> str:
    return f"arn:aws:schemas:{call.region}:{call.account}:{kind}/{name}"


def _named(call: Call, resource: Resource, member: str) -> str:
    given: str | None = resource.physical_id or resource.properties.get(member)
    return (given or generated_name(resource, call.ids)).rpartition("/")[2]


def _registry(call: Call, resource: Resource) -> Created:
    name = _named(call, resource, "RegistryName")
    arn = _arn(call, "registry", name)
    return Created(arn, {"RegistryArn": arn, "RegistryName": name})


def _discoverer(call: Call, resource: Resource) -> Created:
    number = _named(call, resource, "DiscovererId")
    arn = _arn(call, "discoverer", number)
    return Created(arn, {"DiscovererArn": arn, "DiscovererId": number, "State": "STARTED"})


def _schema(call: Call, resource: Resource) -> Created:
    name = _named(call, resource, "SchemaName")
    registry = str(resource.properties["RegistryName"]).rpartition("/")[2]
    arn = _arn(call, "schema", f"{registry}/{name}")
    return Created(arn, {"SchemaArn": arn, "SchemaName": name, "SchemaVersion": "1"})


def _policy(call: Call, resource: Resource) -> Created:
    return Created(resource.physical_id or generated_name(resource, call.ids))


def _nothing(call: Call, resource: Resource) -> None:
    """Nothing but the stack's own record is kept."""


def _recorded(kind: str, members: str, name: Name) -> ResourceType:
    def update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
        return name(call, resource)

    return ResourceType(
        f"AWS::EventSchemas::{kind}",
        dict.fromkeys(members.split(), Support.RECORDED),
        name,
        update,
        _nothing,
        notice=absent("schemas"),
    )


SCHEMA_RESOURCES = (
    _recorded("Registry", "RegistryName Description Tags", _registry),
    _recorded("Discoverer", "SourceArn Description CrossAccount Tags", _discoverer),
    _recorded("Schema", "RegistryName SchemaName Type Content Description Tags", _schema),
    _recorded("RegistryPolicy", "RegistryName Policy RevisionId", _policy),
)
