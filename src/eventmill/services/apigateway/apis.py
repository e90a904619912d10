"""REST APIs themselves.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateRestApi.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import bad
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, page, shown
from eventmill.services.contract import Call, Result
from eventmill.store.transaction import Transaction

_EMPTY = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "Empty Schema",
    "type": "object",
}
_ERROR = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "Error Schema",
    "type": "object",
    "properties": {"message": {"type": "string"}},
}
_COMPRESSION_LIMIT = 10_485_760


def check(config: Mapping[str, Any]) -> None:
    """Raises Invalid for settings that do not fit."""
    if not config.get("name"):
        raise bad("Name is required")
    if config.get("apiKeySource", "HEADER") not in ("HEADER", "AUTHORIZER"):
        raise bad("Invalid API key source. Valid values are HEADER and AUTHORIZER")
    size = config.get("minimumCompressionSize")
    if size is not None and not 0 <= size <= _COMPRESSION_LIMIT:
        raise bad("Invalid minimum compression size, must be between 0 and 10485760")
    if config.get("policy"):
        try:
            json.loads(config["policy"])
        except ValueError:
            raise bad("Invalid policy document. Please check the policy syntax") from None


def create(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """A new API with its root resource and the two models that every API begins with."""
    number, root = call.ids.lower(10), call.ids.lower(10)
    config = {
        "apiKeySource": "HEADER",
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "disableExecuteApiEndpoint": False,
        "tags": {},
        **{key: value for key, value in given.items() if key != "cloneFrom"},
        "id": number,
        "createdDate": call.now,
        "rootResourceId": root,
    }
    check(config)
    parts.put(call.tx, number, "api", number, config)
    parts.put(call.tx, number, "resource", root, {"id": root, "path": "/"})
    add_default_models(call, number)
    if given.get("cloneFrom"):
        _clone(call.tx, given["cloneFrom"], number, root)
    return config


def add_default_models(call: Call, api: str) -> None:
    """`Empty` and `Error`."""
    for name, schema, text in (
        ("Empty", _EMPTY, "This is a default empty schema model"),
        ("Error", _ERROR, "This is a default error schema model"),
    ):
        model = {
            "id": call.ids.lower(6),
            "name": name,
            "description": text,
            "schema": json.dumps(schema),
            "contentType": "application/json",
        }
        parts.put(call.tx, api, "model", name, model)


def _clone(tx: Transaction, source: str, api: str, root: str) -> None:
    """Copy the parts of another API. Raises NotFound."""
    old_root = parts.get(tx, source, "api", source)["rootResourceId"]

    def moved(text: str) -> str:
        return root if text == old_root else text

    for kind in ("resource", "method", "model", "validator", "authorizer", "response"):
        for number, config in parts.every(tx, source, kind).items():
            copied = {
                key: moved(v) if key in ("id", "parentId") else v for key, v in config.items()
            }
            first, slash, rest = number.partition("/")
            parts.put(tx, api, kind, moved(first) + slash + rest, copied)


def change(call: Call, api: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Set members. Raises Invalid, NotFound."""
    config = parts.get(call.tx, api, "api", api) | dict(given)
    check(config)
    parts.put(call.tx, api, "api", api, config)
    return config


@OPERATIONS.write("CreateRestApi")
def create_rest_api(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return shown(create(call, request))


@OPERATIONS.read("GetRestApi")
def get_rest_api(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return shown(parts.get(call.tx, request["restApiId"], "api", request["restApiId"]))


@OPERATIONS.scan("GetRestApis")
def get_rest_apis(call: Call, request: dict[str, Any]) -> Result:
    """All of them, a page at a time."""
    return page([shown(config) for config in parts.apis(call.tx).values()], request)


@OPERATIONS.write("UpdateRestApi")
def update_rest_api(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    api = request["restApiId"]
    config = patched(
        parts.get(call.tx, api, "api", api),
        request.get("patchOperations") or (),
        ("id", "createdDate", "rootResourceId"),
    )
    check(config)
    parts.put(call.tx, api, "api", api, config)
    return shown(config)


@OPERATIONS.write("DeleteRestApi")
def delete_rest_api(call: Call, request: dict[str, Any]) -> Result:
    """With everything that belongs to it. Raises NotFound."""
    parts.remove(call.tx, request["restApiId"], "api", request["restApiId"])
    return {}
