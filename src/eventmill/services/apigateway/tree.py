"""The tree of resources, whose paths make up the API.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    parts.get(call.tx, api, "api", api)
    made = {"id": call.ids.lower(6), "parentId": parent, "pathPart": part}
    made["path"] = _path(call.tx, api, made)
    parts.put(call.tx, api, "resource", made["id"], made)
    return made


def check_part(part: str) -> None:
    """Raises Invalid for what no step of a path may be."""
    if not _PART.match(part):
        raise bad(
            "Resource's path part only allow alphanumeric characters, underscores, hyphens, "
            f"periods, commas, colons, and curly braces at the beginning and the end: {part}"
        )


def _path(tx: Transaction, api: str, config: Mapping[str, str]) -> str:
    """The path of a resource at its place. Raises NotFound, Invalid, Conflict for one that
    cannot be there."""
    above = parts.get(tx, api, "resource", config.get("parentId") or "")
    part = config.get("pathPart") or ""
    check_part(part)
    if above["path"].endswith("+}"):
        raise bad(f"Cannot create a child of a resource with a greedy path variable: {part}")
    _check_siblings(tx, api, config["id"], above["id"], part)
    return f"{above['path'].rstrip('/')}/{part}"


def _check_siblings(tx: Transaction, api: str, number: str, parent: str, part: str) -> None:
    for other in parts.every(tx, api, "resource").values():
        if other.get("parentId") != parent or other["id"] == number:
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
    for key in parts.below(tx, api, "method", number):
        parts.drop(tx, api, "method", key)
    parts.drop(tx, api, "resource", number)


def by_path(tx: Transaction, api: str) -> dict[str, str]:
    """Resource ids by path."""
    return {entry["path"]: entry["id"] for entry in parts.every(tx, api, "resource").values()}


def ensure(call: Call, api: str, path: str, known: dict[str, str]) -> str:
    """The id of the resource at `path`, made with all above it where it is missing.

    `known` are the resource ids by path; those that are made are added.
    """
    trimmed = path.rstrip("/") or "/"
    if trimmed not in known:
        above, _, part = trimmed.rpartition("/")
        parent = ensure(call, api, above or "/", known)
        known[trimmed] = add(call, api, parent, part)["id"]
    return known[trimmed]


def _with_methods(
    entry: dict[str, Any], methods: Mapping[str, dict[str, Any]], request: Mapping[str, Any]
) -> dict[str, Any]:
    """A resource as the API returns it; `methods` are those of it, by their verb."""
    full = "methods" in (request.get("embed") or ())
    shown_methods = {verb: (config if full else {}) for verb, config in methods.items()}
    return shown(entry | {"resourceMethods": shown_methods or None})


@OPERATIONS.write("CreateResource")
def create_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound, Conflict."""
    return add(call, request["restApiId"], request["parentId"], request["pathPart"])


@OPERATIONS.scan("GetResource")
def get_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api = request["restApiId"]
    entry = parts.get(call.tx, api, "resource", request["resourceId"])
    held = parts.below(call.tx, api, "method", entry["id"]).values()
    return _with_methods(entry, {method["httpMethod"]: method for method in held}, request)


@OPERATIONS.scan("GetResources")
def get_resources(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api = request["restApiId"]
    parts.get(call.tx, api, "api", api)
    methods: dict[str, dict[str, Any]] = {}
    for key, method in parts.every(call.tx, api, "method").items():
        methods.setdefault(key.partition("/")[0], {})[method["httpMethod"]] = method
    found = parts.every(call.tx, api, "resource")
    return page(
        [_with_methods(entry, methods.get(number, {}), request) for number, entry in found.items()],
        request,
    )


@OPERATIONS.write("UpdateResource")
def update_resource(call: Call, request: dict[str, Any]) -> Result:
    """Rename or move it; the paths below follow. Raises Invalid, NotFound, Conflict."""
    tx, api, number = call.tx, request["restApiId"], request["resourceId"]
    config = parts.get(tx, api, "resource", number)
    if "parentId" not in config:
        raise bad("Root resource cannot be updated")
    config = patched(config, request.get("patchOperations") or (), ("id", "path"))
    held = parts.every(tx, api, "resource")
    above = held.get(config.get("parentId") or "")
    while above is not None:
        if above["id"] == number:
            raise bad("A resource cannot be moved below itself")
        above = held.get(above.get("parentId") or "")
    config["path"] = _path(tx, api, config)
    if config["path"].endswith("+}") and any(r.get("parentId") == number for r in held.values()):
        raise bad("A resource with children cannot have a greedy path variable")
    _move(tx, api, config, held)
    return shown(config)


def _move(
    tx: Transaction, api: str, config: Mapping[str, Any], held: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write a resource and the paths of all below it."""
    parts.put(tx, api, "resource", config["id"], config)
    for below in held.values():
        if below.get("parentId") == config["id"]:
            path = f"{config['path']}/{below['pathPart']}"
            _move(tx, api, dict(below) | {"path": path}, held)


@OPERATIONS.write("DeleteResource")
def delete_resource(call: Call, request: dict[str, Any]) -> Result:
    """With all below it. Raises NotFound."""
    drop(call.tx, request["restApiId"], request["resourceId"])
    return {}
