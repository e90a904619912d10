"""The API's operations on functions themselves.

https://docs.aws.amazon.com/lambda/latest/api/API_Operations_AWS_Lambda.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Conflict, Invalid
from eventmill.services.contract import Call, Operations, Result, Then
from eventmill.services.lambda_ import code, functions, layers, settings
from eventmill.services.lambda_.faults import parameter
from eventmill.services.lambda_.functions import LATEST, existing
from eventmill.services.lambda_.names import Named, function_arn, not_found, parse
from eventmill.services.lambda_.tags import TAGS
from eventmill.services.lambda_.versions import publish

OPERATIONS = Operations()

_OWNED = (
    "aliases",
    "policies",
    "concurrency",
    "invoke_configs",
    "urls",
    "versions",
    "recursion",
    "provisioned",
    "recorded",
)
"""Tables whose rows go with their function."""


def named(request: Mapping[str, Any]) -> Named:
    """The function that a request is about."""
    return parse(request["FunctionName"], request.get("Qualifier"))


def create(call: Call, request: Mapping[str, Any], package: code.Code) -> dict[str, Any]:
    """Create a function. Raises Conflict when it exists, Invalid for a setting not taken."""
    name = parse(request["FunctionName"]).name
    if functions.config_of(call.tx, name) is not None:
        raise Conflict(
            "ResourceConflictException", f"Function already exist: {name}", fields={"Type": "User"}
        )
    base = {"FunctionName": name, "Version": LATEST}
    _store(call, request, base, package)
    TAGS.put(call.tx, function_arn(call, name), request.get("Tags") or {})
    if request.get("Publish"):
        return publish(call, name)
    return existing(call, Named(name, ""))


def configure(
    call: Call, name: str, request: Mapping[str, Any], package: code.Code | None = None
) -> dict[str, Any]:
    """Change settings and, with `package`, code of $LATEST. Raises NotFound, Invalid."""
    old = existing(call, Named(name, ""))
    wanted = request.get("RevisionId")
    if wanted and wanted != old["RevisionId"]:
        raise Invalid(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id",
            status=412,
        )
    _store(call, request, old, package)
    return existing(call, Named(name, ""))


def _store(
    call: Call, given: Mapping[str, Any], base: dict[str, Any], package: code.Code | None
) -> None:
    name = base["FunctionName"]
    config = settings.configuration(given, base, function_arn(call, name), call.now)
    if config["Runtime"].startswith("nodejs"):
        missing = call.ports.builder.refusal(config["Runtime"])
        if missing is not None:
            raise parameter(f"{missing}.")
    config["RevisionId"] = call.ids.uuid()
    row = call.tx.one(
        "SELECT code, layers FROM lambda_functions WHERE name=? AND version=?", (name, LATEST)
    )
    folder, folders = row or ("", "[]")
    if package is not None:
        config |= {"CodeSha256": package.sha256, "CodeSize": package.size}
        folder = package.folder
    if given.get("Layers") is not None:
        used = layers.find(call, given["Layers"])
        config["Layers"] = [{"Arn": layer.arn, "CodeSize": layer.size} for layer in used]
        folders = json.dumps([layer.folder for layer in used if layer.folder])
    functions.save(call.tx, config, folder, folders)
    functions.changed(call, name)


def delete(call: Call, name: str) -> None:
    """Delete a function with all that belongs to it; its event source mappings stay, as on AWS."""
    call.tx.execute("DELETE FROM lambda_functions WHERE name=?", (name,))
    for table in _OWNED:
        call.tx.execute(f"DELETE FROM lambda_{table} WHERE function=?", (name,))
    TAGS.drop(call.tx, function_arn(call, name))
    functions.changed(call, name)


@OPERATIONS.scan("CreateFunction")
def create_function(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict when it exists, Invalid for a setting that Lambda does not take."""
    package = code.unpack(call, request["Code"], request)
    return Then(lambda writing: create(writing, request, package))


@OPERATIONS.scan("UpdateFunctionCode")
def update_function_code(call: Call, request: dict[str, Any]) -> Result:
    """New code for $LATEST."""
    name = named(request).name
    old = existing(call, Named(name, ""))
    package = code.unpack(call, request, old)
    if request.get("DryRun"):
        return old | {"CodeSha256": package.sha256, "CodeSize": package.size}
    given: dict[str, Any] = {
        key: request[key] for key in ("Architectures", "RevisionId") if key in request
    }

    def change(writing: Call) -> dict[str, Any]:
        config = configure(writing, name, given, package)
        return publish(writing, name) if request.get("Publish") else config

    return Then(change)


@OPERATIONS.write("UpdateFunctionConfiguration")
def update_function_configuration(call: Call, request: dict[str, Any]) -> Result:
    """New settings for $LATEST."""
    return configure(call, named(request).name, request)


@OPERATIONS.read("GetFunction")
def get_function(call: Call, request: dict[str, Any]) -> Result:
    """The configuration, its tags and concurrency."""
    who = named(request)
    answer: dict[str, Any] = {
        "Configuration": _at(call, who),
        "Code": {"RepositoryType": "S3", "Location": _location(call, who)},
        "Tags": TAGS.of(call.tx, function_arn(call, who.name)),
    }
    row = call.tx.one("SELECT reserved FROM lambda_concurrency WHERE function=?", (who.name,))
    if row is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": row[0]}
    return answer


def _location(call: Call, who: Named) -> str:
    version = functions.version_of(call.tx, who.name, who.qualifier)
    row = call.tx.one(
        "SELECT code FROM lambda_functions WHERE name=? AND version=?", (who.name, version)
    )
    return "" if row is None else code.location(call, row[0])


@OPERATIONS.read("GetFunctionConfiguration")
def get_function_configuration(call: Call, request: dict[str, Any]) -> Result:
    """The configuration."""
    return _at(call, named(request))


def _at(call: Call, who: Named) -> dict[str, Any]:
    return existing(call, who) | {"FunctionArn": function_arn(call, who.name, who.qualifier)}


@OPERATIONS.scan("ListFunctions")
def list_functions(call: Call, request: dict[str, Any]) -> Result:
    """By name, 50 a page unless MaxItems says otherwise."""
    limit = min(request.get("MaxItems") or 50, 50)
    versions = "" if request.get("FunctionVersion") == "ALL" else "AND version='$LATEST'"
    rows = call.tx.all(
        "SELECT name, version, config FROM lambda_functions"
        f" WHERE (name || ':' || version) > ? {versions} ORDER BY name || ':' || version LIMIT ?",
        (request.get("Marker") or "", limit + 1),
    )
    answer: dict[str, Any] = {"Functions": [json.loads(row[2]) for row in rows[:limit]]}
    if len(rows) > limit:
        answer["NextMarker"] = f"{rows[limit - 1][0]}:{rows[limit - 1][1]}"
    return answer


@OPERATIONS.write("DeleteFunction")
def delete_function(call: Call, request: dict[str, Any]) -> Result:
    """A version, or with no qualifier the function with all that belongs to it."""
    who = named(request)
    if not who.qualifier:
        existing(call, who)
        delete(call, who.name)
        return {"StatusCode": 204}
    if not who.qualifier.isdigit():
        raise Invalid(
            "InvalidParameterValueException",
            "$LATEST version cannot be deleted without deleting the function."
            if who.qualifier == LATEST
            else "Deletion of aliases is not currently supported.",
        )
    alias = call.tx.one(
        "SELECT name FROM lambda_aliases WHERE function=? AND (version=? OR EXISTS"
        " (SELECT 1 FROM json_each(weights) WHERE key=?))",
        (who.name, who.qualifier, who.qualifier),
    )
    if alias is not None:
        raise Conflict(
            "ResourceConflictException",
            f"Version {who.qualifier} of function {who.name} is referenced by the alias "
            f"{alias[0]}; point that elsewhere first.",
            fields={"Type": "User"},
        )
    if not functions.delete_version(call, who.name, who.qualifier):
        raise not_found(function_arn(call, who.name, who.qualifier))
    return {"StatusCode": 204}
