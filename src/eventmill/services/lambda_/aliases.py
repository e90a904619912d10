"""Aliases: names for versions, optionally with a share of the calls for a second one.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Conflict, Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.faults import missing, parameter
from eventmill.services.lambda_.names import Named, function_arn, not_found
from eventmill.services.lambda_.operations import OPERATIONS, named
from eventmill.services.lambda_.paging import page

_NAME = re.compile(r"(?!\d+\Z)[a-zA-Z0-9_-]{1,128}\Z")


def shape(call: Call, row: tuple[Any, ...]) -> dict[str, Any]:
    """An alias as the API returns it."""
    function, name, version, weights, description, revision = row
    answer: dict[str, Any] = {
        "AliasArn": function_arn(call, function, name),
        "Name": name,
        "FunctionVersion": version,
        "Description": description,
        "RevisionId": revision,
    }
    if weights != "{}":
        answer["RoutingConfig"] = {"AdditionalVersionWeights": json.loads(weights)}
    return answer


def put(call: Call, name: str, alias: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Point an alias at a version. Raises Invalid, NotFound for a version that does not exist."""
    functions.existing(call, Named(name, ""))
    version = str(request["FunctionVersion"])
    weights = (request.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    check(alias, version, weights)
    for wanted in (version, *weights):
        if functions.config_of(call.tx, name, wanted) is None:
            raise not_found(function_arn(call, name, wanted))
    description = request.get("Description") or ""
    row = (name, alias, version, json.dumps(weights), description, call.ids.uuid())
    call.tx.execute("INSERT OR REPLACE INTO lambda_aliases VALUES(?,?,?,?,?,?)", row)
    call.tx.announce(functions.FUNCTIONS_KEY)
    return shape(call, row)


def check(alias: str, version: str, weights: Mapping[str, float]) -> None:
    """What no alias can be, whatever versions there are. Raises Invalid."""
    if not _NAME.match(alias):
        raise Invalid(
            "ValidationException",
            f"1 validation error detected: Value '{alias}' at 'name' failed to satisfy constraint:"
            " Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
        )
    if len(weights) > 1:
        raise parameter("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for other, weight in weights.items():
        if not 0.0 <= weight <= 1.0:
            raise parameter(f"Weight {weight} of version {other} must be between 0.0 and 1.0.")
        if other == version or functions.LATEST in (other, version):
            raise parameter(
                "$LATEST is not supported for an alias pointing to more than 1 version"
                if functions.LATEST in (other, version)
                else f"Invalid function version {other}. Function version {other} is already "
                "included in routing configuration."
            )


def delete(call: Call, name: str, alias: str) -> None:
    """Delete an alias with the policy, URL and configuration attached to it."""
    call.tx.execute("DELETE FROM lambda_aliases WHERE function=? AND name=?", (name, alias))
    functions.drop_qualified(call.tx, name, alias)
    call.tx.announce(functions.FUNCTIONS_KEY)


def _row(call: Call, name: str, alias: str) -> tuple[Any, ...] | None:
    return call.tx.one("SELECT * FROM lambda_aliases WHERE function=? AND name=?", (name, alias))


def _existing(call: Call, request: Mapping[str, Any]) -> tuple[Any, ...]:
    name = named(request).name
    row = _row(call, name, request["Name"])
    if row is None:
        arn = function_arn(call, name, request["Name"])
        raise missing(f"Cannot find alias arn: {arn}")
    return row


@OPERATIONS.write("CreateAlias")
def create_alias(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict when it exists."""
    name, alias = named(request).name, request["Name"]
    if _row(call, name, alias) is not None:
        arn = function_arn(call, name, alias)
        raise Conflict("ResourceConflictException", f"Alias already exists: {arn}")
    return put(call, name, alias, request)


@OPERATIONS.write("UpdateAlias")
def update_alias(call: Call, request: dict[str, Any]) -> Result:
    """What the request leaves out stays."""
    row = _existing(call, request)
    kept = {
        "FunctionVersion": row[2],
        "RoutingConfig": {"AdditionalVersionWeights": json.loads(row[3])},
        "Description": row[4],
    }
    return put(call, row[0], row[1], kept | request)


@OPERATIONS.read("GetAlias")
def get_alias(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return shape(call, _existing(call, request))


@OPERATIONS.scan("ListAliases")
def list_aliases(call: Call, request: dict[str, Any]) -> Result:
    """By name; all of them, or those of one version."""
    rows = call.tx.all(
        "SELECT * FROM lambda_aliases WHERE function=? AND (? IS NULL OR version=?) ORDER BY name",
        (named(request).name, request.get("FunctionVersion"), request.get("FunctionVersion")),
    )
    return page([(row[1], shape(call, row)) for row in rows], "Aliases", request)


@OPERATIONS.write("DeleteAlias")
def delete_alias(call: Call, request: dict[str, Any]) -> Result:
    """Deleting one that is not there succeeds."""
    delete(call, named(request).name, request["Name"])
    return {}
