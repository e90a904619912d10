"""VPC links, client certificates and versions of the documentation: kept and returned.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateVpcLink.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import taken
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, page, shown
from eventmill.services.contract import Call, Result

_YEAR = 31_536_000


class Record(NamedTuple):
    """`name` is how operations call it, `create` the one that makes it, `member` names it in
    requests and `key` in its own config."""

    kind: str
    name: str
    create: str
    member: str
    key: str


LINK = Record("vpclink", "VpcLink", "CreateVpcLink", "vpcLinkId", "id")
CERTIFICATE = Record(
    "certificate",
    "ClientCertificate",
    "GenerateClientCertificate",
    "clientCertificateId",
    "clientCertificateId",
)
VERSION = Record(
    "documentationversion",
    "DocumentationVersion",
    "CreateDocumentationVersion",
    "documentationVersion",
    "version",
)


def add(call: Call, record: Record, given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep one. Raises NotFound for its API, Conflict for a version that is taken."""
    tx, api = call.tx, given.get("restApiId", parts.ACCOUNT)
    config = {key: value for key, value in given.items() if key not in ("restApiId", "stageName")}
    if record is LINK:
        # Every target is reached directly here.
        config |= {"id": call.ids.lower(6), "status": "AVAILABLE"}
    elif record is CERTIFICATE:
        dates = {"createdDate": call.now, "expirationDate": call.now + _YEAR}
        config |= {"clientCertificateId": call.ids.lower(6), **dates}
    else:
        parts.get(tx, api, "api", api)
        config |= {"version": config.pop("documentationVersion"), "createdDate": call.now}
        if parts.find(tx, api, record.kind, config["version"]) is not None:
            raise taken("Documentation version already exists")
    parts.put(tx, api, record.kind, config[record.key], config)
    return config


def _register(record: Record) -> None:
    kind, member = record.kind, record.member

    def place(request: Mapping[str, Any]) -> tuple[str, str, str]:
        return request.get("restApiId", parts.ACCOUNT), kind, request[member]

    @OPERATIONS.write(record.create)
    def create(call: Call, request: dict[str, Any]) -> Result:
        return shown(add(call, record, request))

    @OPERATIONS.read(f"Get{record.name}")
    def get(call: Call, request: dict[str, Any]) -> Result:
        return shown(parts.get(call.tx, *place(request)))

    @OPERATIONS.scan(f"Get{record.name}s")
    def listed(call: Call, request: dict[str, Any]) -> Result:
        found = parts.every(call.tx, request.get("restApiId", parts.ACCOUNT), kind).values()
        return page([shown(config) for config in found], request)

    @OPERATIONS.write(f"Update{record.name}")
    def update(call: Call, request: dict[str, Any]) -> Result:
        config = patched(
            parts.get(call.tx, *place(request)),
            request.get("patchOperations") or (),
            (record.key, "createdDate"),
        )
        parts.put(call.tx, *place(request), config)
        return shown(config)

    @OPERATIONS.write(f"Delete{record.name}")
    def drop(call: Call, request: dict[str, Any]) -> Result:
        parts.remove(call.tx, *place(request))
        return {}


for _record in (LINK, CERTIFICATE, VERSION):
    _register(_record)
