"""The parts of an API as rows: the API itself, its routes, integrations, stages and the rest.

A part belongs to an owner: its API, for mappings the domain name, for the others themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import NotFound
from eventmill.services.contract import Call
from eventmill.services.parts import Parts
from eventmill.store.transaction import Transaction

KEY = "apigatewayv2"
"""Announced when any part of any API changed."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of part: its name in operations, the member that holds its id, who owns it.

    `parent` is the member that names the part above it, such as the route of a route response.
    """

    name: str
    id: str
    owner: str = "ApiId"
    parent: str = ""
    size: int = 7


KINDS = {
    "api": Kind("Api", "ApiId", size=10),
    "route": Kind("Route", "RouteId"),
    "integration": Kind("Integration", "IntegrationId"),
    "authorizer": Kind("Authorizer", "AuthorizerId"),
    "stage": Kind("Stage", "StageName"),
    "deployment": Kind("Deployment", "DeploymentId"),
    "model": Kind("Model", "ModelId"),
    "routeresponse": Kind("RouteResponse", "RouteResponseId", parent="RouteId"),
    "integrationresponse": Kind(
        "IntegrationResponse", "IntegrationResponseId", parent="IntegrationId"
    ),
    "domainname": Kind("DomainName", "DomainName", owner="DomainName"),
    "apimapping": Kind("ApiMapping", "ApiMappingId", owner="DomainName"),
    "vpclink": Kind("VpcLink", "VpcLinkId", owner="VpcLinkId"),
}
DEPLOYED = (
    *("api", "route", "integration", "authorizer", "model"),
    *("routeresponse", "integrationresponse"),
)
"""What a deployment keeps a copy of."""
_OWNERS = ("api", "domainname", "vpclink")

Snapshot = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Parts by kind and id, as they were deployed."""


_ROWS = Parts("apiv2_parts", KEY)
put, find, owners = _ROWS.put, _ROWS.find, _ROWS.owners


def get(tx: Transaction, owner: str, kind: str, number: str) -> dict[str, Any]:
    """Raises NotFound."""
    config = find(tx, owner, kind, number)
    if config is None:
        name = KINDS[kind].name if kind in KINDS else kind
        raise NotFound("NotFoundException", f"Invalid {name} identifier specified {number}")
    return config


def every(tx: Transaction, owner: str, kind: str, parent: str = "") -> dict[str, dict[str, Any]]:
    """The parts of a kind by id, in the order of their making; `parent` keeps those below it."""
    found = _ROWS.every(tx, owner, kind)
    if not parent:
        return found
    member = KINDS[kind].parent
    return {number: part for number, part in found.items() if part[member] == parent}


def remove(tx: Transaction, owner: str, kind: str, number: str) -> None:
    """Delete a part and what is below it. Raises NotFound."""
    get(tx, owner, kind, number)
    drop(tx, owner, kind, number)


def drop(tx: Transaction, owner: str, kind: str, number: str) -> None:
    """Delete a part and what is below it; one that is gone is no error."""
    if kind in _OWNERS:
        _ROWS.drop_all(tx, owner)
        return
    _ROWS.drop(tx, owner, kind, number)
    if kind not in KINDS:
        return
    for below, described in KINDS.items():
        if described.parent and described.parent == KINDS[kind].id:
            for child in every(tx, owner, below, number):
                drop(tx, owner, below, child)
    if kind == "deployment":
        _ROWS.drop(tx, owner, "snapshot", number)


def add(call: Call, owner: str, kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """A new part under a fresh id (stages and domain names have their own), as it is returned."""
    described = KINDS[kind]
    if kind not in _OWNERS:
        check_owner(call, described, owner)
    named = kind in ("stage", "domainname")
    number = config[described.id] if named else call.ids.lower(described.size)
    made = dict(config) | {described.id: number}
    put(call.tx, number if kind in _OWNERS else owner, kind, number, made)
    return made


def exists(call: Call, path: str) -> bool:
    """Whether either version of the API has what this path of its ARN names."""
    arn = f"arn:aws:apigateway:{call.region}::{path}"
    return call.directory(call.tx, arn) is not None


def check_owner(call: Call, kind: Kind, owner: str) -> None:
    """Raises NotFound for an owner that is not there; domain names may be of version 1 too."""
    if kind.owner != "DomainName":
        get(call.tx, owner, "api", owner)
    elif not exists(call, f"/domainnames/{owner}"):
        get(call.tx, owner, "domainname", owner)


def snapshot(tx: Transaction, api: str) -> Snapshot:
    """The API's parts as they are now."""
    return {kind: every(tx, api, kind) for kind in DEPLOYED}


def deployed(tx: Transaction, api: str, stage: Mapping[str, Any]) -> Snapshot | None:
    """What a stage serves: the parts of its deployment, or with AutoDeploy those of now.

    None for a stage that nothing was deployed to.
    """
    if stage.get("AutoDeploy"):
        return snapshot(tx, api)
    return find(tx, api, "snapshot", stage.get("DeploymentId") or "")
