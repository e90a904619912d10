"""Parameters: putting, getting and deleting them.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eventmill.kernel.errors import Fault, Invalid
from eventmill.services import paging
from eventmill.services.contract import Call, Operations, Result
from eventmill.services.ssm import faults, store
from eventmill.services.ssm.store import Version
from eventmill.services.tags import tag_map

OPERATIONS = Operations()

GIVEN = ("Type", "KeyId", "Description", "AllowedPattern", "Tier", "Policies", "DataType")
_SHOWN = ("Description", "KeyId", "AllowedPattern", "Tier", "DataType")


def parameter_arn(call: Call, name: str) -> str:
    """The ARN of a parameter."""
    return f"arn:aws:ssm:{call.region}:{call.account}:parameter/{name.lstrip('/')}"


def parameter(call: Call, version: Version, *, decrypted: bool) -> dict[str, Any]:
    """A version as the getting operations answer it."""
    return {
        "Name": version.name,
        "Type": version.entry["Type"],
        "Value": version.shown(decrypted=decrypted),
        "Version": version.version,
        "LastModifiedDate": version.modified,
        "ARN": parameter_arn(call, version.name),
        "DataType": version.entry["DataType"],
    }


def described(call: Call, version: Version) -> dict[str, Any]:
    """A version without its value."""
    return {
        "Name": version.name,
        "Type": version.entry["Type"],
        "LastModifiedDate": version.modified,
        "LastModifiedUser": f"arn:aws:iam::{call.account}:root",
        "Version": version.version,
        "Policies": _policies(version),
        **{name: version.entry[name] for name in _SHOWN if name in version.entry},
    }


def _policies(version: Version) -> list[dict[str, Any]]:
    text = version.entry.get("Policies")
    return [{"PolicyText": text, "PolicyStatus": "Pending"}] if text else []


@OPERATIONS.write("PutParameter")
def put_parameter(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    name, tags = store.bare_name(request["Name"]), request.get("Tags") or []
    overwrite = bool(request.get("Overwrite"))
    if tags and overwrite:
        raise faults.validation(
            "Invalid request: tags and overwrite can't be used together. To create a parameter "
            "with tags, please remove overwrite flag. To update tags for an existing parameter, "
            "please use AddTagsToResource or RemoveTagsFromResource."
        )
    given = {key: request[key] for key in GIVEN if request.get(key) is not None}
    version = store.put(call, name, request["Value"], given, overwrite=overwrite)
    if tags:
        store.set_tags(call.tx, name, tag_map(tags))
    return {"Version": version.version, "Tier": version.entry["Tier"]}


@OPERATIONS.read("GetParameter")
def get_parameter(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    version = store.find(call.tx, request["Name"])
    found = parameter(call, version, decrypted=bool(request.get("WithDecryption")))
    return {"Parameter": found | _selector(request["Name"])}


def _selector(text: str) -> dict[str, str]:
    """The version or label that was asked for."""
    rest = text.split(":", 6)[6:] if text.startswith("arn:") else text.split(":", 1)[1:]
    return {"Selector": f":{rest[0]}"} if rest else {}


@OPERATIONS.read("GetParameters")
def get_parameters(call: Call, request: dict[str, Any]) -> Result:
    """Up to ten; those that are not there are listed."""
    if len(request["Names"]) > 10:
        raise faults.validation(
            "1 validation error detected: Value at 'names' failed to satisfy constraint: Member "
            "must have length less than or equal to 10."
        )
    found, missing = [], []
    for name in request["Names"]:
        try:
            version = store.find(call.tx, name)
        except Fault:
            missing.append(name)
            continue
        shown = parameter(call, version, decrypted=bool(request.get("WithDecryption")))
        found.append(shown | _selector(name))
    return {"Parameters": found, "InvalidParameters": missing}


@OPERATIONS.scan("GetParametersByPath")
def get_parameters_by_path(call: Call, request: dict[str, Any]) -> Result:
    """Those right below a path, with Recursive all below it."""
    path = request["Path"].rstrip("/") + "/"
    if not path.startswith("/"):
        raise faults.validation(
            "The parameter doesn't meet the parameter name requirements. The parameter name must "
            'begin with a forward slash "/".'
        )
    found = [
        version
        for version in store.latest(call.tx)
        if _below(version.name, path, recursive=bool(request.get("Recursive")))
        and _passes(call, version, request.get("ParameterFilters") or [])
    ]
    page, token = _page(found, request, 10)
    decrypted = bool(request.get("WithDecryption"))
    answer: dict[str, Any] = {
        "Parameters": [parameter(call, version, decrypted=decrypted) for version in page]
    }
    return answer | token


def _below(name: str, path: str, *, recursive: bool) -> bool:
    # A name without a slash lies at the root.
    full = name if name.startswith("/") else f"/{name}"
    return full.startswith(path) and (recursive or "/" not in full[len(path) :])


def _page(
    found: Sequence[Version], request: dict[str, Any], most: int
) -> tuple[Sequence[Version], dict[str, str]]:
    """Raises Invalid (InvalidNextToken)."""
    limit = request.get("MaxResults") or most
    page, token = paging.page(found, request.get("NextToken"), limit, faults.bad_token())
    return page, {"NextToken": token} if token else {}


@OPERATIONS.scan("DescribeParameters")
def describe_parameters(call: Call, request: dict[str, Any]) -> Result:
    """Those that pass the filters, without their values."""
    older = [
        {"Key": entry["Key"], "Option": "Equals", "Values": entry["Values"]}
        for entry in request.get("Filters") or []
    ]
    filters = [*older, *(request.get("ParameterFilters") or [])]
    found = [one for one in store.latest(call.tx) if _passes(call, one, filters)]
    page, token = _page(found, request, 50)
    return {"Parameters": [described(call, version) for version in page]} | token


def _passes(call: Call, version: Version, filters: list[dict[str, Any]]) -> bool:
    """Whether a parameter passes every filter.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
    """
    return all(_passes_one(call, version, entry) for entry in filters)


def _passes_one(call: Call, version: Version, entry: dict[str, Any]) -> bool:
    key, values = entry["Key"], entry.get("Values") or []
    option = entry.get("Option") or "Equals"
    if key == "Path":
        recursive = option == "Recursive"
        return any(_below(version.name, v.rstrip("/") + "/", recursive=recursive) for v in values)
    if key.startswith("tag:"):
        text = store.tags_of(call.tx, version.name).get(key[4:])
        return text is not None and (not values or text in values)
    if key == "Label":
        return any(value in version.labels for value in values)
    if key not in ("Name", "Type", "KeyId", "Tier", "DataType"):
        raise Invalid("InvalidFilterKey", f"The filter key {key} is not valid for parameters.")
    text = version.name if key == "Name" else version.entry.get(key, "")
    if option == "BeginsWith":
        return any(text.startswith(value) for value in values)
    return any(value in text if option == "Contains" else value == text for value in values)


@OPERATIONS.read("GetParameterHistory")
def get_parameter_history(call: Call, request: dict[str, Any]) -> Result:
    """All versions, oldest first."""
    found = store.versions(call.tx, store.bare_name(request["Name"]))
    if not found:
        raise faults.no_parameter()
    decrypted = bool(request.get("WithDecryption"))
    page, token = _page(found, request, 50)
    listed = [
        described(call, one) | {"Value": one.shown(decrypted=decrypted), "Labels": one.labels}
        for one in page
    ]
    return {"Parameters": listed} | token


@OPERATIONS.write("DeleteParameter")
def delete_parameter(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    if not store.delete(call.tx, store.bare_name(request["Name"])):
        raise faults.no_parameter()
    return {}


@OPERATIONS.write("DeleteParameters")
def delete_parameters(call: Call, request: dict[str, Any]) -> Result:
    """Those that are not there are listed."""
    names = request["Names"]
    gone = [name for name in names if store.delete(call.tx, store.bare_name(name))]
    missing = [name for name in names if name not in gone]
    return {"DeletedParameters": gone, "InvalidParameters": missing}
