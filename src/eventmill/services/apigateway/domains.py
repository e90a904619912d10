"""Custom domain names and their mappings to APIs.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDomainName.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import bad, missing, taken
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, page, shown
from eventmill.services.contract import Call, Result
from eventmill.store.transaction import Transaction


def create(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """A domain name. Raises Conflict."""
    name = given["domainName"]
    if parts.find(call.tx, parts.ACCOUNT, "domain", name) is not None:
        raise taken("The domain name you provided already exists.")
    config = {
        "securityPolicy": "TLS_1_2",
        "endpointConfiguration": {"types": ["EDGE"]},
        "tags": {},
        **{k: v for k, v in given.items() if not k.startswith("certificatePrivate")},
        "domainNameStatus": "AVAILABLE",
        "regionalDomainName": f"d-{call.ids.lower(10)}.execute-api.{call.region}.amazonaws.com",
        "regionalHostedZoneId": "Z1UJRXOUMOOFQ8",
        "distributionDomainName": f"{call.ids.lower(13)}.cloudfront.net",
        "distributionHostedZoneId": "Z2FDTNDATAQYW2",
    }
    parts.put(call.tx, parts.ACCOUNT, "domain", name, config)
    return config


def drop(tx: Transaction, name: str) -> None:
    """With its mappings; one that is gone is no error."""
    parts.drop(tx, parts.ACCOUNT, "domain", name)
    for number in parts.below(tx, parts.ACCOUNT, "mapping", name):
        parts.drop(tx, parts.ACCOUNT, "mapping", number)


def exists(call: Call, domain: str) -> bool:
    """Whether either version of the API made this name."""
    arn = f"arn:aws:apigateway:{call.region}::/domainnames/{domain}"
    return call.directory(call.tx, arn) is not None


def _must_exist(call: Call, domain: str) -> None:
    """Raises NotFound."""
    if not exists(call, domain):
        raise missing(parts.MISSING["domain"])


def add_mapping(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """Serve an API below a path of a domain. Raises NotFound, Conflict, Invalid."""
    domain = given["domainName"]
    _must_exist(call, domain)
    config = {key: given.get(key) for key in ("basePath", "restApiId", "stage")}
    return _put_mapping(call.tx, domain, config, None)


def _put_mapping(
    tx: Transaction, domain: str, given: Mapping[str, Any], before: str | None
) -> dict[str, Any]:
    """Write a mapping in place of the one with the id `before`. Raises Conflict, Invalid."""
    config = dict(given) | {"basePath": given.get("basePath") or parts.NO_PATH}
    number = f"{domain}/{config['basePath']}"
    if number != before and parts.find(tx, parts.ACCOUNT, "mapping", number) is not None:
        raise taken("Base path already exists for this domain name")
    api, stage = config.get("restApiId") or "", config.get("stage")
    if parts.find(tx, api, "api", api) is None:
        raise bad("Invalid REST API identifier specified")
    if stage and parts.find(tx, api, "stage", stage) is None:
        raise bad("Invalid stage identifier specified")
    if before is not None:
        parts.drop(tx, parts.ACCOUNT, "mapping", before)
    parts.put(tx, parts.ACCOUNT, "mapping", number, config)
    return config


@OPERATIONS.write("CreateDomainName")
def create_domain_name(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict."""
    return shown(create(call, request))


@OPERATIONS.read("GetDomainName")
def get_domain_name(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return shown(parts.get(call.tx, parts.ACCOUNT, "domain", request["domainName"]))


@OPERATIONS.scan("GetDomainNames")
def get_domain_names(call: Call, request: dict[str, Any]) -> Result:
    """All of them, a page at a time."""
    found = parts.every(call.tx, parts.ACCOUNT, "domain").values()
    return page([shown(config) for config in found], request)


@OPERATIONS.write("UpdateDomainName")
def update_domain_name(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    name = request["domainName"]
    config = patched(
        parts.get(call.tx, parts.ACCOUNT, "domain", name),
        request.get("patchOperations") or (),
        ("domainName",),
    )
    parts.put(call.tx, parts.ACCOUNT, "domain", name, config)
    return shown(config)


@OPERATIONS.write("DeleteDomainName")
def delete_domain_name(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    parts.get(call.tx, parts.ACCOUNT, "domain", request["domainName"])
    drop(call.tx, request["domainName"])
    return {}


def _mapping(request: Mapping[str, Any]) -> str:
    return f"{request['domainName']}/{unquote(request['basePath'])}"


@OPERATIONS.write("CreateBasePathMapping")
def create_base_path_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Conflict, Invalid."""
    return shown(add_mapping(call, request))


@OPERATIONS.read("GetBasePathMapping")
def get_base_path_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return shown(parts.get(call.tx, parts.ACCOUNT, "mapping", _mapping(request)))


@OPERATIONS.scan("GetBasePathMappings")
def get_base_path_mappings(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    domain = request["domainName"]
    _must_exist(call, domain)
    found = parts.below(call.tx, parts.ACCOUNT, "mapping", domain).values()
    return page([shown(config) for config in found], request)


def _named(operation: Mapping[str, Any]) -> dict[str, Any]:
    """A patch of a mapping: its paths are /basePath, /stage and /restapiId. Raises Invalid."""
    path = str(operation.get("path") or "")
    member = {"basepath": "basePath", "stage": "stage", "restapiid": "restApiId"}.get(
        path.removeprefix("/").lower()
    )
    if member is None or not path.startswith("/"):
        raise bad(
            f"Invalid patch path '{path}' specified for op '{operation.get('op')}'. Must be one "
            "of: [/basePath, /restapiId, /stage]"
        )
    return {**operation, "path": f"/{member}"}


@OPERATIONS.write("UpdateBasePathMapping")
def update_base_path_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound, Conflict for a path that is taken."""
    number = _mapping(request)
    changes = [_named(operation) for operation in request.get("patchOperations") or ()]
    config = patched(parts.get(call.tx, parts.ACCOUNT, "mapping", number), changes, ())
    return shown(_put_mapping(call.tx, request["domainName"], config, number))


@OPERATIONS.write("DeleteBasePathMapping")
def delete_base_path_mapping(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    parts.remove(call.tx, parts.ACCOUNT, "mapping", _mapping(request))
    return {}
