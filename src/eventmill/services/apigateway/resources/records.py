"""The types that are only kept: nothing on one machine follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.records import CERTIFICATE, LINK, VERSION, Record, add
from eventmill.services.apigateway.values import from_template
from eventmill.services.contract import Call, Created, Resource, ResourceType, Support


def _type(record: Record, members: tuple[str, ...], replaces: tuple[str, ...]) -> ResourceType:
    attribute = {"vpclink": "VpcLinkId", "certificate": "ClientCertificateId"}.get(record.kind)

    def made(number: str) -> Created:
        return Created(number, {attribute: number} if attribute else {})

    def place(resource: Resource) -> tuple[str, str, str]:
        api = resource.properties.get("RestApiId", parts.ACCOUNT)
        return api, record.kind, resource.physical_id or ""

    def create(call: Call, resource: Resource) -> Created:
        return made(add(call, record, from_template(resource.properties))[record.key])

    def update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
        config = parts.get(call.tx, *place(resource))
        kept = {key: value for key, value in config.items() if key not in from_template(old)}
        given = from_template({k: v for k, v in resource.properties.items() if k not in replaces})
        parts.put(call.tx, *place(resource), kept | given)
        return made(resource.physical_id or "")

    def delete(call: Call, resource: Resource) -> None:
        parts.drop(call.tx, *place(resource))

    return ResourceType(
        f"AWS::ApiGateway::{record.name}",
        dict.fromkeys(members, Support.RECORDED),
        create,
        update,
        delete,
        frozenset(replaces),
    )


RECORDS = (
    _type(LINK, ("Description", "Name", "Tags", "TargetArns"), ("TargetArns",)),
    _type(CERTIFICATE, ("Description", "Tags"), ()),
    _type(
        VERSION,
        ("Description", "DocumentationVersion", "RestApiId"),
        ("DocumentationVersion", "RestApiId"),
    ),
)
