"""The API's operations on functions, versions, aliases and their concurrency."""

from __future__ import annotations

import json
from typing import Any

from eventmill.kernel.errors import Conflict, NotFound
from eventmill.services.contract import Call, Operations, Result
from eventmill.services.lambda_ import code, functions, settings
from eventmill.services.lambda_.names import Named, function_arn, not_found, parse

OPERATIONS = Operations()

CHANGED = "lambda.functions"
"""Announced when a function changed or went."""


def named(request: dict[str, Any]) -> Named:
    """The function that a request is about."""
    return parse(request["FunctionName"], request.get("Qualifier"))


def existing(call: Call, who: Named) -> tuple[str, dict[str, Any]]:
    """(version, configuration). Raises NotFound."""
    version = functions.version_of(call.tx, who.name, who.qualifier)
    config = functions.config_of(call.tx, who.name, version)
    if config is None:
        raise not_found(function_arn(call, who.name, who.qualifier))
    return version, config


def store(call: Call, name: str, config: dict[str, Any], folder: str, layers: str) -> None:
    """Write $LATEST and let go of the environments of its earlier state."""
    config["RevisionId"] = call.ids.uuid()
    call.tx.execute(
        "INSERT OR REPLACE INTO lambda_functions VALUES(?,?,?,?,?,?)",
        (name, "$LATEST", json.dumps(config), folder, layers, config["RevisionId"]),
    )
    forget(call, name)


def forget(call: Call, name: str) -> None:
    """Have idle environments of a changed function end."""
    call.tx.announce(CHANGED)
    arn = function_arn(call, name)
    call.tx.after_commit(lambda: call.ports.invoker.forget(arn))


@OPERATIONS.write("CreateFunction")
def create_function(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict when it exists, Invalid for a setting that Lambda does not take."""
    name = parse(request["FunctionName"]).name
    if functions.config_of(call.tx, name) is not None:
        raise Conflict("ResourceConflictException", f"Function already exist: {name}")
    given = {**request, "FunctionName": name}
    arn = function_arn(call, name)
    config = settings.configuration(given, {"FunctionName": name}, arn, call.now)
    config["Version"] = "$LATEST"
    layers = request.get("Layers") or []
    config["Layers"] = [{"Arn": layer, "CodeSize": 0} for layer in layers]
    folder = code.folder_of(call, request["Code"], config.get("Handler") or "")
    _fingerprint(config, folder)
    store(call, name, config, folder, code.layers_json(call, layers))
    if request.get("Publish"):
        return publish(call, name, request.get("Description"))
    return config


def _fingerprint(config: dict[str, Any], folder: str) -> None:
    config["CodeSha256"] = folder.rpartition("/")[2][:44]
    config["CodeSize"] = 0


@OPERATIONS.read("GetFunction")
def get_function(call: Call, request: dict[str, Any]) -> Result:
    """The configuration, its tags and concurrency."""
    who = named(request)
    _, config = existing(call, who)
    answer: dict[str, Any] = {
        "Configuration": _at(call, who, config),
        "Code": {"RepositoryType": "S3", "Location": ""},
        "Tags": config.get("Tags") or {},
    }
    reserved = reserved_of(call, who.name)
    if reserved is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": reserved}
    return answer


def _at(call: Call, who: Named, config: dict[str, Any]) -> dict[str, Any]:
    return config | {"FunctionArn": function_arn(call, who.name, who.qualifier)}


@OPERATIONS.read("GetFunctionConfiguration")
def get_function_configuration(call: Call, request: dict[str, Any]) -> Result:
    """The configuration."""
    who = named(request)
    return _at(call, who, existing(call, who)[1])


@OPERATIONS.scan("ListFunctions")
def list_functions(call: Call, request: dict[str, Any]) -> Result:
    """By name, 50 a page unless MaxItems says otherwise."""
    limit = request.get("MaxItems") or 50
    rows = call.tx.all(
        "SELECT name, config FROM lambda_functions WHERE version='$LATEST' AND name>?"
        " ORDER BY name LIMIT ?",
        (request.get("Marker") or "", limit + 1),
    )
    answer: dict[str, Any] = {"Functions": [json.loads(row[1]) for row in rows[:limit]]}
    if len(rows) > limit:
        answer["NextMarker"] = rows[limit - 1][0]
    return answer


@OPERATIONS.write("UpdateFunctionCode")
def update_function_code(call: Call, request: dict[str, Any]) -> Result:
    """New code for $LATEST."""
    who = named(request)
    _, config = existing(call, Named(who.name, ""))
    folder = code.folder_of(call, request, config.get("Handler") or "")
    _fingerprint(config, folder)
    row = call.tx.one(
        "SELECT layers FROM lambda_functions WHERE name=? AND version='$LATEST'", (who.name,)
    )
    assert row is not None
    store(call, who.name, config, folder, row[0])
    if request.get("Publish"):
        return publish(call, who.name, None)
    return config


@OPERATIONS.write("UpdateFunctionConfiguration")
def update_function_configuration(call: Call, request: dict[str, Any]) -> Result:
    """New settings for $LATEST."""
    who = named(request)
    _, old = existing(call, Named(who.name, ""))
    arn = function_arn(call, who.name)
    config = settings.configuration({**request, "FunctionName": who.name}, old, arn, call.now)
    row = call.tx.one(
        "SELECT code, layers FROM lambda_functions WHERE name=? AND version='$LATEST'",
        (who.name,),
    )
    assert row is not None
    layers = row[1]
    if "Layers" in request:
        config["Layers"] = [{"Arn": layer, "CodeSize": 0} for layer in request["Layers"]]
        layers = code.layers_json(call, request["Layers"])
    store(call, who.name, config, row[0], layers)
    return config


@OPERATIONS.write("DeleteFunction")
def delete_function(call: Call, request: dict[str, Any]) -> Result:
    """A version, or with no qualifier the function with all that belongs to it."""
    who = named(request)
    existing(call, who)
    if who.qualifier:
        call.tx.execute(
            "DELETE FROM lambda_functions WHERE name=? AND version=?", (who.name, who.qualifier)
        )
        return {}
    call.tx.execute("DELETE FROM lambda_functions WHERE name=?", (who.name,))
    for table in ("aliases", "policies", "concurrency", "invoke_configs"):
        call.tx.execute(f"DELETE FROM lambda_{table} WHERE function=?", (who.name,))
    forget(call, who.name)
    return {}


def publish(call: Call, name: str, description: str | None) -> dict[str, Any]:
    """A version of what $LATEST is now; the newest one when nothing changed since."""
    row = call.tx.one(
        "SELECT config, code, layers FROM lambda_functions WHERE name=? AND version='$LATEST'",
        (name,),
    )
    if row is None:
        raise not_found(function_arn(call, name))
    config = json.loads(row[0])
    newest = call.tx.one(
        "SELECT config, code FROM lambda_functions WHERE name=? AND version<>'$LATEST'"
        " ORDER BY CAST(version AS INTEGER) DESC LIMIT 1",
        (name,),
    )
    last = json.loads(newest[0]) if newest else None
    if last is not None and last.get("OfRevision") == config["RevisionId"]:
        return dict(last)
    version = str(int(last["Version"]) + 1 if last else 1)
    config |= {
        "Version": version,
        "FunctionArn": function_arn(call, name, version),
        "OfRevision": config["RevisionId"],
        "RevisionId": call.ids.uuid(),
    }
    if description is not None:
        config["Description"] = description
    call.tx.execute(
        "INSERT INTO lambda_functions VALUES(?,?,?,?,?,?)",
        (name, version, json.dumps(config), row[1], row[2], config["RevisionId"]),
    )
    return dict(config)


@OPERATIONS.write("PublishVersion")
def publish_version(call: Call, request: dict[str, Any]) -> Result:
    """An immutable copy of $LATEST."""
    return publish(call, named(request).name, request.get("Description"))


@OPERATIONS.scan("ListVersionsByFunction")
def list_versions_by_function(call: Call, request: dict[str, Any]) -> Result:
    """$LATEST first, then by number."""
    who = named(request)
    existing(call, Named(who.name, ""))
    rows = call.tx.all(
        "SELECT config FROM lambda_functions WHERE name=?"
        " ORDER BY CASE version WHEN '$LATEST' THEN 0 ELSE CAST(version AS INTEGER) END",
        (who.name,),
    )
    return {"Versions": [json.loads(row[0]) for row in rows]}


def reserved_of(call: Call, name: str) -> int | None:
    """The reserved concurrency, or None."""
    row = call.tx.one("SELECT reserved FROM lambda_concurrency WHERE function=?", (name,))
    return None if row is None else int(row[0])


@OPERATIONS.write("PutFunctionConcurrency")
def put_function_concurrency(call: Call, request: dict[str, Any]) -> Result:
    """Reserve concurrency; 0 stops the function."""
    who = named(request)
    existing(call, Named(who.name, ""))
    reserved = request["ReservedConcurrentExecutions"]
    total = call.tx.one(
        "SELECT coalesce(sum(reserved), 0) FROM lambda_concurrency WHERE function<>?", (who.name,)
    )
    if total is not None and total[0] + reserved > 900:
        raise settings.parameter(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [100]."
        )
    call.tx.execute("INSERT OR REPLACE INTO lambda_concurrency VALUES(?,?)", (who.name, reserved))
    call.tx.announce(CHANGED)
    return {"ReservedConcurrentExecutions": reserved}


@OPERATIONS.read("GetFunctionConcurrency")
def get_function_concurrency(call: Call, request: dict[str, Any]) -> Result:
    """The reserved concurrency, if any."""
    reserved = reserved_of(call, named(request).name)
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


@OPERATIONS.write("DeleteFunctionConcurrency")
def delete_function_concurrency(call: Call, request: dict[str, Any]) -> Result:
    """Give the reservation up."""
    call.tx.execute("DELETE FROM lambda_concurrency WHERE function=?", (named(request).name,))
    call.tx.announce(CHANGED)
    return {}


@OPERATIONS.read("GetAccountSettings")
def get_account_settings(call: Call, request: dict[str, Any]) -> Result:
    """The account's limits."""
    total = call.tx.one("SELECT coalesce(sum(reserved), 0) FROM lambda_concurrency")
    count = call.tx.one("SELECT count(*) FROM lambda_functions WHERE version='$LATEST'")
    assert total is not None and count is not None
    return {
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": 1_000,
            "UnreservedConcurrentExecutions": 1_000 - total[0],
        },
        "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": count[0]},
    }


def alias_shape(call: Call, row: tuple[Any, ...]) -> dict[str, Any]:
    """An alias as the API returns it."""
    function, name, version, weights, description, revision = row
    shape: dict[str, Any] = {
        "AliasArn": function_arn(call, function, name),
        "Name": name,
        "FunctionVersion": version,
        "Description": description,
        "RevisionId": revision,
    }
    if json.loads(weights):
        shape["RoutingConfig"] = {"AdditionalVersionWeights": json.loads(weights)}
    return shape


def put_alias(call: Call, name: str, alias: str, request: dict[str, Any]) -> dict[str, Any]:
    """Point an alias at a version. Raises NotFound for a version that does not exist."""
    version = request["FunctionVersion"]
    if functions.config_of(call.tx, name, version) is None:
        raise not_found(function_arn(call, name, version))
    routing = request.get("RoutingConfig") or {}
    weights = routing.get("AdditionalVersionWeights") or {}
    row = (
        name,
        alias,
        version,
        json.dumps(weights),
        request.get("Description") or "",
        call.ids.uuid(),
    )
    call.tx.execute("INSERT OR REPLACE INTO lambda_aliases VALUES(?,?,?,?,?,?)", row)
    return alias_shape(call, row)


def _alias(call: Call, request: dict[str, Any]) -> tuple[Any, ...]:
    name = named(request).name
    row = call.tx.one(
        "SELECT * FROM lambda_aliases WHERE function=? AND name=?", (name, request["Name"])
    )
    if row is None:
        arn = function_arn(call, name, request["Name"])
        raise NotFound("ResourceNotFoundException", f"Cannot find alias arn: {arn}")
    return row


@OPERATIONS.write("CreateAlias")
def create_alias(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict when it exists."""
    name, alias = named(request).name, request["Name"]
    taken = call.tx.one("SELECT 1 FROM lambda_aliases WHERE function=? AND name=?", (name, alias))
    if taken is not None:
        arn = function_arn(call, name, alias)
        raise Conflict("ResourceConflictException", f"Alias already exists: {arn}")
    return put_alias(call, name, alias, request)


@OPERATIONS.write("UpdateAlias")
def update_alias(call: Call, request: dict[str, Any]) -> Result:
    """What the request leaves out stays."""
    row = _alias(call, request)
    merged = {"FunctionVersion": row[2], "Description": row[4]} | request
    merged.setdefault("RoutingConfig", {"AdditionalVersionWeights": json.loads(row[3])})
    return put_alias(call, row[0], row[1], merged)


@OPERATIONS.read("GetAlias")
def get_alias(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return alias_shape(call, _alias(call, request))


@OPERATIONS.scan("ListAliases")
def list_aliases(call: Call, request: dict[str, Any]) -> Result:
    """By name."""
    rows = call.tx.all(
        "SELECT * FROM lambda_aliases WHERE function=? ORDER BY name", (named(request).name,)
    )
    return {"Aliases": [alias_shape(call, row) for row in rows]}


@OPERATIONS.write("DeleteAlias")
def delete_alias(call: Call, request: dict[str, Any]) -> Result:
    """Deleting one that is not there succeeds."""
    call.tx.execute(
        "DELETE FROM lambda_aliases WHERE function=? AND name=?",
        (named(request).name, request["Name"]),
    )
    return {}
