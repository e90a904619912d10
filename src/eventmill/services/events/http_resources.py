"""The CloudFormation types of connections and API destinations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import (
    Call,
    Created,
    Refused,
    Resource,
    ResourceType,
    Support,
    generated_name,
)
from eventmill.services.events import connections, destinations
from eventmill.services.events.connections import Connection

H, R = Support.HONOURED, Support.RECORDED


def _connection(one: Connection) -> Created:
    return Created(
        one.name,
        {
            "Arn": one.arn,
            "ArnForPolicy": one.arn.rpartition("/")[0],
            "SecretArn": one.secret_arn,
        },
    )


def _create_connection(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("Name") or generated_name(resource, call.ids)
    return _connection(connections.create(call, name, resource.properties))


def _update_connection(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _connection(connections.change(call, resource.physical_id or "", resource.properties))


def _delete_connection(call: Call, resource: Resource) -> None:
    _unless_gone(call, resource, connections.delete)


def _unless_gone(call: Call, resource: Resource, delete: Any) -> None:
    try:
        delete(call, resource.physical_id or "")
    except Invalid as fault:
        if fault.code != "ResourceNotFoundException":
            raise


def _destination(name: str, arn: str) -> Created:
    return Created(name, {"Arn": arn, "ArnForPolicy": arn.rpartition("/")[0]})


def _settings(resource: Resource) -> dict[str, Any]:
    """Templates may write numbers as text."""
    settings = dict(resource.properties)
    if "InvocationRateLimitPerSecond" in settings:
        settings["InvocationRateLimitPerSecond"] = int(settings["InvocationRateLimitPerSecond"])
    return settings


def _create_destination(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("Name") or generated_name(resource, call.ids)
    return _destination(name, destinations.create(call, name, _settings(resource)))


def _update_destination(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    return _destination(name, destinations.change(call, name, _settings(resource)))


def _delete_destination(call: Call, resource: Resource) -> None:
    _unless_gone(call, resource, destinations.delete)


HTTP_RESOURCES = (
    ResourceType(
        "AWS::Events::Connection",
        {
            **dict.fromkeys(("Name", "Description", "AuthorizationType", "AuthParameters"), H),
            "KmsKeyIdentifier": R,
            "AuthParameters.ConnectivityParameters": Refused("private endpoints exist only on AWS"),
            "InvocationConnectivityParameters": Refused("private endpoints exist only on AWS"),
        },
        _create_connection,
        _update_connection,
        _delete_connection,
        frozenset({"Name"}),
    ),
    ResourceType(
        "AWS::Events::ApiDestination",
        {
            **dict.fromkeys(("Name", "Description", "ConnectionArn", "InvocationEndpoint"), H),
            **dict.fromkeys(("HttpMethod", "InvocationRateLimitPerSecond"), H),
        },
        _create_destination,
        _update_destination,
        _delete_destination,
        frozenset({"Name"}),
    ),
)
