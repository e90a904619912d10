"""Resources that are recorded: a name and attributes, and nothing behind them.

A template declares them beside what works here, and most of its application works without them.
`check` and each deployment say so for every one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from eventmill.services.cloudformation import known
from eventmill.services.contract import (
    EVERYTHING,
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    absent,
    generated_name,
)
from eventmill.template.model import ANY_ATTRIBUTE

NO_EFFECT = "it has no effect here"
_LIMIT = 60


def _rows(file: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(type below `AWS::`, what Ref gives, attributes) of each line; see the file's head."""
    for line in Path(__file__).with_name(file).read_text().splitlines():
        if not line.startswith("#"):
            kind, ref, *attributes = line.split(" ")
            yield kind, ref, dict(pair.partition("=")[::2] for pair in attributes)


def _beside(kind: str, ref: str, attributes: Mapping[str, str]) -> ResourceType:
    """One of a service that is here: it has AWS's attributes and no others."""
    bare = frozenset(name for name, text in attributes.items() if not text)

    def give(physical: str, values: Mapping[str, str]) -> dict[str, str]:
        return {name: text.format_map(values) or physical for name, text in attributes.items()}

    return _type(kind, ref, give, NO_EFFECT, bare.__contains__)


def unlisted(kind: str) -> ResourceType:
    """A type of which nothing is known but that AWS has it."""
    return _absent(kind.removeprefix("AWS::"), "{name}", {})


def _absent(kind: str, ref: str, attributes: Mapping[str, str]) -> ResourceType:
    """One of a service that is not here: any attribute may be asked for."""
    service, _, short = kind.partition("::")
    own = frozenset({"Arn", "Id", "Name", *attributes})

    def give(physical: str, values: Mapping[str, str]) -> dict[str, str]:
        region, account = values["region"], values["account"]
        arn = f"arn:aws:{service.lower()}:{region}:{account}:{short.lower()}/{physical}"
        given = {"Arn": physical if physical.startswith("arn:") else arn}
        given |= {"Id": physical, "Name": values["name"], ANY_ATTRIBUTE: physical}
        return given | {name: text.format_map(values) for name, text in attributes.items()}

    return _type(kind, ref, give, absent(known.client(service)), lambda name: name not in own)


def _type(
    kind: str,
    ref: str,
    give: Callable[[str, Mapping[str, str]], dict[str, str]],
    notice: str,
    stands_in: Callable[[str], bool],
) -> ResourceType:
    short = kind.partition("::")[2]

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
        return Created(physical, give(physical, values))

    return ResourceType(
        f"AWS::{kind}",
        {EVERYTHING: Support.RECORDED},
        create,
        _keep,
        _forget,
        frozenset({f"{short}Name", "Name"}),
        notice,
        stands_in,
    )


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


def _application() -> ResourceType:
    """A stack of the Serverless Application Repository; any of its outputs may be asked for."""

    def give(physical: str, values: Mapping[str, str]) -> dict[str, str]:
        return {ANY_ATTRIBUTE: physical}

    ref = "arn:aws:cloudformation:{region}:{account}:stack/{name}/{id}"
    notice = "its template lies in the Serverless Application Repository, so nothing of it is made"
    return _type("ServerlessRepo::Application", ref, give, notice, lambda name: True)


_ABSENT = tuple(_absent(*row) for row in _rows("absent.txt"))
RESOURCES = (*_ABSENT, _application(), *(_beside(*row) for row in _rows("beside.txt")))
ABSENT = frozenset(kind.name for kind in _ABSENT)
"""The names of those whose services are not here."""
