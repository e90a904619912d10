"""Types that are only kept: nothing on one machine follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.values import from_template
from eventmill.services.contract import Call, Created, Resource, ResourceType, Support

_R = Support.RECORDED


def _recorded(name: str, kind: str, members: tuple[str, ...], key: str | None) -> ResourceType:
    """A type whose id is its member `key`, or one made for it."""
    attributes = {"certificate": "ClientCertificateId"}.get(kind)

    def put(call: Call, properties: Mapping[str, Any], number: str) -> Created:
        api = properties.get("RestApiId", parts.ACCOUNT)
        parts.put(call.tx, api, kind, number, from_template(properties))
        return Created(number, {attributes: number} if attributes else {})

    def create(call: Call, resource: Resource) -> Created:
        number = resource.properties[key] if key else call.ids.lower(6)
        return put(call, resource.properties, number)

    def update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
        return put(call, resource.properties, resource.physical_id or "")

    def delete(call: Call, resource: Resource) -> None:
        api = resource.properties.get("RestApiId", parts.ACCOUNT)
        if parts.find(call.tx, api, kind, resource.physical_id or "") is not None:
            parts.remove(call.tx, api, kind, resource.physical_id or "")

    replaces = frozenset({"RestApiId", key} if key else ())
    return ResourceType(name, dict.fromkeys(members, _R), create, update, delete, replaces)


RECORDS = (
    _recorded("AWS::ApiGateway::ClientCertificate", "certificate", ("Description", "Tags"), None),
    _recorded(
        "AWS::ApiGateway::DocumentationVersion",
        "documentationversion",
        ("Description", "DocumentationVersion", "RestApiId"),
        "DocumentationVersion",
    ),
)
