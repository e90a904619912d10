"""Function URLs, as data: edge serves them.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import Conflict
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.faults import missing, one_of, parameter, ranged
from eventmill.services.lambda_.names import Named, function_arn
from eventmill.services.lambda_.operations import OPERATIONS, named
from eventmill.services.lambda_.paging import page
from eventmill.store.transaction import Transaction

MODES = ("BUFFERED", "RESPONSE_STREAM")
_MEMBERS = ("AuthType", "Cors", "InvokeMode")


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """What edge must know to serve a URL. `qualifier` is empty or an alias."""

    id: str
    function: str
    qualifier: str
    auth_type: str
    invoke_mode: str
    cors: Mapping[str, Any]

    @property
    def owner(self) -> Named:
        """The function or alias whose policy holds."""
        return Named(self.function, self.qualifier)


def url_by_id(tx: Transaction, url_id: str) -> FunctionUrl | None:
    """The URL whose host begins with `url_id`; None without one."""
    row = tx.one("SELECT function, qualifier, config FROM lambda_urls WHERE id=?", (url_id,))
    if row is None:
        return None
    config = json.loads(row[2])
    return FunctionUrl(
        url_id, row[0], row[1], config["AuthType"], config["InvokeMode"], config.get("Cors") or {}
    )


def create(call: Call, who: Named, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give a function or alias a URL. Raises NotFound, Conflict, Invalid."""
    functions.existing(call, who)
    if who.qualifier == functions.LATEST or who.qualifier.isdigit():
        raise parameter("A function URL belongs to the function itself or to an alias.")
    if _row(call, who) is not None:
        raise Conflict(
            "ResourceConflictException",
            f"Failed to create function url config for [functionArn = {function_arn(call, *who)}]."
            " Error message:  FunctionUrlConfig exists for this Lambda function",
        )
    config = {"InvokeMode": "BUFFERED"} | {
        name: given[name] for name in _MEMBERS if given.get(name) is not None
    }
    check(config)
    call.tx.execute(
        "INSERT INTO lambda_urls VALUES(?,?,?,?,?,?)",
        (*who, call.ids.lower(32), json.dumps(config), call.now, call.now),
    )
    return get(call, who)


def update(call: Call, who: Named, given: Mapping[str, Any]) -> dict[str, Any]:
    """What `given` leaves out stays. Raises NotFound, Invalid."""
    row = _existing(call, who)
    config = json.loads(row[1]) | {
        name: given[name] for name in _MEMBERS if given.get(name) is not None
    }
    check(config)
    call.tx.execute(
        "UPDATE lambda_urls SET config=?, modified=? WHERE id=?",
        (json.dumps(config), call.now, row[0]),
    )
    return get(call, who)


def delete(call: Call, who: Named) -> None:
    """Deleting one that is not there changes nothing."""
    call.tx.execute("DELETE FROM lambda_urls WHERE function=? AND qualifier=?", who)


def get(call: Call, who: Named) -> dict[str, Any]:
    """The URL as the API returns it. Raises NotFound."""
    return _shape(call, who, _existing(call, who))


def check(config: Mapping[str, Any]) -> None:
    """What no URL can be, whatever functions there are. Raises Invalid."""
    one_of("authType", config.get("AuthType") or "NONE", ("NONE", "AWS_IAM"))
    one_of("invokeMode", config.get("InvokeMode") or MODES[0], MODES)
    cors = config.get("Cors") or {}
    if cors.get("MaxAge") is not None:
        ranged("cors.maxAge", cors["MaxAge"], 0, 86_400)
    for name, most in (("AllowHeaders", 100), ("AllowMethods", 6), ("AllowOrigins", 100)):
        if len(cors.get(name) or ()) > most:
            raise parameter(f"Cors.{name} must have at most {most} members.")


def _row(call: Call, who: Named) -> tuple[Any, ...] | None:
    return call.tx.one(
        "SELECT id, config, created, modified FROM lambda_urls WHERE function=? AND qualifier=?",
        who,
    )


def _existing(call: Call, who: Named) -> tuple[Any, ...]:
    row = _row(call, who)
    if row is None:
        raise missing("The resource you requested does not exist.")
    return row


def _shape(call: Call, who: Named, row: tuple[Any, ...]) -> dict[str, Any]:
    shape: dict[str, Any] = json.loads(row[1])
    return shape | {
        "FunctionUrl": _address(call, row[0]),
        "FunctionArn": function_arn(call, *who),
        "CreationTime": iso_millis(row[2]),
        "LastModifiedTime": iso_millis(row[3]),
    }


def _address(call: Call, url_id: str) -> str:
    """A path of the engine's own: names below `localhost` are not known to every resolver."""
    return f"{call.endpoint}/_aws/lambda-url/{url_id}/"


@OPERATIONS.write("CreateFunctionUrlConfig")
def create_function_url_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict when there is one."""
    return create(call, named(request), request)


@OPERATIONS.write("UpdateFunctionUrlConfig")
def update_function_url_config(call: Call, request: dict[str, Any]) -> Result:
    """What the request leaves out stays."""
    return update(call, named(request), request)


@OPERATIONS.read("GetFunctionUrlConfig")
def get_function_url_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return get(call, named(request))


@OPERATIONS.scan("ListFunctionUrlConfigs")
def list_function_url_configs(call: Call, request: dict[str, Any]) -> Result:
    """The URLs of a function and its aliases."""
    name = named(request).name
    rows = call.tx.all(
        "SELECT qualifier, id, config, created, modified FROM lambda_urls WHERE function=?"
        " ORDER BY id",
        (name,),
    )
    entries = [(row[1], _shape(call, Named(name, row[0]), row[1:])) for row in rows]
    return page(entries, "FunctionUrlConfigs", request)


@OPERATIONS.write("DeleteFunctionUrlConfig")
def delete_function_url_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound when there is none."""
    _existing(call, named(request))
    delete(call, named(request))
    return {}
