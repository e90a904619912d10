"""The tree of resources, whose paths make up the API.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html
"""

from __future__ import annotations

import re
from typing import Any

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import bad, taken
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, page, shown
from eventmill.services.contract import Call, Result
from eventmill.store.transaction import Transaction

_PART = re.compile(r"(?:[A-Za-z0-9._:~!$&'()*+,;=@%-]+|\{[A-Za-z0-9._:-]+\+?\})\Z")


def add(call: Call, api: str, parent: str, part: str) -> dict[str, Any]:
    """A resource below another. Raises Invalid, NotFound, Conflict."""
    tx = call.tx
    parts.get(tx, api, "api", api)
    above = parts.get(tx, api, "resource", parent)
    if not _PART.match(part):
        raise bad(
            "Resource's path part only allow alphanumeric characters, underscores, hyphens, "
            "periods, commas, colons, and curly braces at the beginning and the end."
        )
    if above["path"].endswith("+}"):
        raise bad(f"Cannot create a child of a resource with a greedy path variable: {part}")
    _check_siblings(tx, api, parent, part)
    number = call.ids.lower(6)
    made = {
        "id": number,
        "parentId": parent,
        "pathPart": part,
        "path": f"{above['path'].rstrip('/')}/{part}",
    }
    parts.put(tx, api, "resource", number, made)
    return made


def _check_siblings(tx: Transaction, api: str, parent: str, part: str) -> None:
    for other in parts.every(tx, api, "resource").values():
        if other.get("parentId") != parent:
            continue
        if other["pathPart"] == part:
            raise taken(f"Another resource with the same parent already has this name: {part}")
        plain = part.startswith("{") and not part.endswith("+}")
        if plain and other["pathPart"].startswith("{") and not other["pathPart"].endswith("+}"):
            raise bad(
                f"A sibling ({other['id']}) of this resource already has a variable path part -- "
                "only one is allowed"
            )


def drop(tx: Transaction, api: str, number: str) -> None:
    """Delete a resource and all below it. Raises NotFound, Invalid for the root."""
    if "parentId" not in parts.get(tx, api, "resource", number):
        raise bad("Root resource cannot be deleted")
    for other in list(parts.every(tx, api, "resource").values()):
        if other.get("parentId") == number:
            drop(tx, api, other["id"])
    for key in parts.every(tx, api, "method"):
        if key.partition("/")[0] == number:
            parts.remove(tx, api, "method", key)
    parts.remove(tx, api, "resource", number)


def by_path(tx: Transaction, api: str) -> dict[str, str]:
    """Resource ids by path."""
    return {entry["path"]: entry["id"] for entry in parts.every(tx, api, "resource").values()}


def ensure(call: Call, api: str, path: str) -> str:
    """The id of the resource at `path`, made with all above it where it is missing."""
    known = by_path(call.tx, api)
    trimmed = path.rstrip("/") or "/"
    if trimmed in known:
        return known[trimmed]
    above, _, part = trimmed.rpartition("/")
    return str(add(call, api, ensure(call, api, above or "/"), part)["id"])


def _with_methods(tx: Transaction, api: str, entry: dict[str, Any], full: bool) -> dict[str, Any]:
    methods = {
        key.partition("/")[2]: (config if full else {})
        for key, config in parts.every(tx, api, "method").items()
        if key.partition("/")[0] == entry["id"]
    }
    return shown(entry | {"resourceMethods": methods or None})


def _embeds(request: dict[str, Any]) -> bool:
    return "methods" in (request.get("embed") or ())


@OPERATIONS.write("CreateResource")
def create_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound, Conflict."""
    return add(call, request["restApiId"], request["parentId"], request["pathPart"])


@OPERATIONS.scan("GetResource")
def get_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api = request["restApiId"]
    entry = parts.get(call.tx, api, "resource", request["resourceId"])
    return _with_methods(call.tx, api, entry, _embeds(request))


@OPERATIONS.scan("GetResources")
def get_resources(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api = request["restApiId"]
    parts.get(call.tx, api, "api", api)
    found = parts.every(call.tx, api, "resource").values()
    return page([_with_methods(call.tx, api, entry, _embeds(request)) for entry in found], request)


@OPERATIONS.write("UpdateResource")
def update_resource(call: Call, request: dict[str, Any]) -> Result:
    """Rename or move it; the paths below follow. Raises Invalid, NotFound."""
    tx, api, number = call.tx, request["restApiId"], request["resourceId"]
    config = patched(
        parts.get(tx, api, "resource", number), request.get("patchOperations") or (), ("id", "path")
    )
    _move(tx, api, config)
    return shown(parts.get(tx, api, "resource", number))


def _move(tx: Transaction, api: str, config: dict[str, Any]) -> None:
    above = parts.get(tx, api, "resource", config["parentId"])
    config["path"] = f"{above['path'].rstrip('/')}/{config['pathPart']}"
    parts.put(tx, api, "resource", config["id"], config)
    for other in parts.every(tx, api, "resource").values():
        if other.get("parentId") == config["id"]:
            _move(tx, api, other)


@OPERATIONS.write("DeleteResource")
def delete_resource(call: Call, request: dict[str, Any]) -> Result:
    """With all below it. Raises NotFound."""
    drop(call.tx, request["restApiId"], request["resourceId"])
    return {}
