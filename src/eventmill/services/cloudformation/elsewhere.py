"""Resources of services that are not offered: a name and attributes, and nothing behind them.

A template declares them beside what is offered, and most of its application works without them.
`check` and the deployment say so for each whose work is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eventmill.services.cloudformation.around import AROUND
from eventmill.services.cloudformation.empty import EMPTY
from eventmill.services.contract import (
    EVERYTHING,
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    generated_name,
)
from eventmill.template.model import ANY_ATTRIBUTE

_NOTICE = "recorded only: nothing runs behind it here, and calls of its API are answered with 501"
_LIMIT = 60


def _types(table: str, notice: str) -> Iterator[ResourceType]:
    for line in table.split("\n"):
        if line:
            kind, ref, *attributes = line.split(" ")
            yield _type(kind, ref, dict(pair.split("=", 1) for pair in attributes), notice)


def _type(kind: str, ref: str, attributes: Mapping[str, str], notice: str) -> ResourceType:
    service, _, short = kind.partition("::")

    def create(call: Call, resource: Resource) -> Created:
        number = call.ids.uuid()
        values = {
            "account": call.account,
            "region": call.region,
            "id": number,
            "short": number[:8],
            "name": _name(call, resource, short),
            "secret": resource.properties.get("SecretId") or "",
        }
        physical = ref.format_map(values)
        arn = f"arn:aws:{service.lower()}:{call.region}:{call.account}:{short.lower()}/{physical}"
        given = {"Arn": physical if physical.startswith("arn:") else arn}
        given |= {"Id": physical, "Name": values["name"], ANY_ATTRIBUTE: physical}
        given |= {name: text.format_map(values) for name, text in attributes.items()}
        return Created(physical, given)

    return ResourceType(
        f"AWS::{kind}",
        {EVERYTHING: Support.RECORDED},
        create,
        _keep,
        _forget,
        frozenset({f"{short}Name", "Name"}),
        notice,
    )


def unlisted(kind: str) -> ResourceType:
    """A type that no table here knows: a name, and that name for each attribute."""
    return _type(kind.removeprefix("AWS::"), "{name}", {}, _NOTICE)


def _name(call: Call, resource: Resource, short: str) -> str:
    for member in (f"{short}Name", f"{short}Identifier", "Name"):
        given = resource.properties.get(member)
        if isinstance(given, str) and given:
            return given
    return generated_name(resource, call.ids, limit=_LIMIT)


def _keep(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    """A change is the stack's own record's."""
    return Created(resource.physical_id or "", dict(resource.attributes))


def _forget(call: Call, resource: Resource) -> None:
    """Nothing is kept of it but the stack's own record."""


RESOURCES = (*_types(AROUND, ""), *_types(EMPTY, _NOTICE))
