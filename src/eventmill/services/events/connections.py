"""Connections: how API destinations authorize, and what they add to each request.

Secrets lie in the store and are never shown; the secret's ARN is a name alone.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.events import buses, faults
from eventmill.services.events.buses import OPERATIONS
from eventmill.store.transaction import Transaction

_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}\Z")
_SHOWN = ("Description", "KmsKeyIdentifier")
_PARAMETERS = {
    "BASIC": ("BasicAuthParameters", "Password"),
    "API_KEY": ("ApiKeyAuthParameters", "ApiKeyValue"),
    "OAUTH_CLIENT_CREDENTIALS": ("OAuthParameters", "ClientSecret"),
}
"""Of each kind of authorization: its member of AuthParameters, and the secret in it."""
_SECRETS = frozenset(secret for _, secret in _PARAMETERS.values())
_ADDED = "InvocationHttpParameters"


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection as stored. `parameters` are its AuthParameters with their secrets."""

    name: str
    arn: str
    secret_arn: str
    kind: str
    parameters: dict[str, Any]
    config: dict[str, Any]
    state: str
    created: float
    modified: float
    authorized: float | None


def _connection(row: tuple[Any, ...]) -> Connection:
    name, arn, secret, kind, parameters, config, *rest = row
    return Connection(name, arn, secret, kind, json.loads(parameters), json.loads(config), *rest)


def by_arn(tx: Transaction, arn: str) -> Connection | None:
    """The connection of an ARN, or None."""
    row = tx.one("SELECT * FROM events_connections WHERE arn=?", (arn,))
    return None if row is None else _connection(row)


def require(tx: Transaction, name: str) -> Connection:
    """Raises Invalid (ResourceNotFoundException)."""
    row = tx.one("SELECT * FROM events_connections WHERE name=?", (name,))
    if row is None:
        raise faults.missing(f"Connection '{name}' does not exist.")
    return _connection(row)


def checked_name(name: str) -> str:
    """A name of a connection or an API destination. Raises Invalid."""
    if not _NAME.match(name):
        raise faults.validation(
            f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"
        )
    return name


def _checked(kind: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that the kind of authorization uses. Raises Invalid."""
    if kind not in _PARAMETERS:
        raise faults.parameter("AuthorizationType", f"{kind} is none.")
    wanted, secret = _PARAMETERS[kind]
    given = parameters.get(wanted) or {}
    if secret not in given and secret not in given.get("ClientParameters", {}):
        raise faults.parameter("AuthParameters", f"{wanted} must be given for {kind}.")
    if parameters.get("ConnectivityParameters"):
        raise faults.parameter("ConnectivityParameters", "Private endpoints exist only on AWS.")
    return {key: parameters[key] for key in (wanted, _ADDED) if key in parameters}


def _refuse_private(request: Mapping[str, Any]) -> None:
    """Raises Invalid."""
    if request.get("InvocationConnectivityParameters"):
        raise faults.parameter(
            "InvocationConnectivityParameters", "Private endpoints exist only on AWS."
        )


def create(call: Call, name: str, request: Mapping[str, Any]) -> Connection:
    """Raises Invalid for a name that is taken and for parameters of another kind."""
    if call.tx.one("SELECT 1 FROM events_connections WHERE name=?", (name,)) is not None:
        raise faults.taken(f"Connection {name} already exists.")
    kind = request["AuthorizationType"]
    parameters = _checked(kind, request["AuthParameters"])
    _refuse_private(request)
    place, number = f"{call.region}:{call.account}", call.ids.uuid()
    connection = Connection(
        checked_name(name),
        f"arn:aws:events:{place}:connection/{name}/{number}",
        f"arn:aws:secretsmanager:{place}:secret:events!connection/{name}/{number}",
        kind,
        parameters,
        {key: request[key] for key in _SHOWN if request.get(key)},
        "AUTHORIZED",
        call.now,
        call.now,
        call.now,
    )
    _keep(call.tx, connection)
    return connection


def _keep(tx: Transaction, one: Connection) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO events_connections VALUES(?,?,?,?,?,?,?,?,?,?)",
        (
            one.name,
            one.arn,
            one.secret_arn,
            one.kind,
            json.dumps(one.parameters),
            json.dumps(one.config),
            one.state,
            one.created,
            one.modified,
            one.authorized,
        ),
    )


def change(call: Call, name: str, request: Mapping[str, Any]) -> Connection:
    """Replace what the request names; the connection is authorized anew. Raises Invalid."""
    old = require(call.tx, name)
    _refuse_private(request)
    kind = request.get("AuthorizationType") or old.kind
    parameters = _checked(kind, {**old.parameters, **(request.get("AuthParameters") or {})})
    config = old.config | {key: request[key] for key in _SHOWN if request.get(key)}
    connection = replace(
        old,
        kind=kind,
        parameters=parameters,
        config=config,
        state="AUTHORIZED",
        modified=call.now,
        authorized=call.now,
    )
    _keep(call.tx, connection)
    return connection


def delete(call: Call, name: str) -> Connection:
    """API destinations that use it stay, and can deliver nothing. Raises Invalid."""
    connection = require(call.tx, name)
    call.tx.execute("DELETE FROM events_connections WHERE name=?", (name,))
    return connection


def _public(value: Any) -> Any:
    """Without what is secret."""
    if isinstance(value, list):
        return [_public(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    hidden = _SECRETS | ({"Value"} if value.get("IsValueSecret") else set())
    return {key: _public(entry) for key, entry in value.items() if key not in hidden}


def _state(connection: Connection, state: str | None = None) -> dict[str, Any]:
    answer = {
        "ConnectionArn": connection.arn,
        "ConnectionState": state or connection.state,
        "CreationTime": connection.created,
        "LastModifiedTime": connection.modified,
    }
    if connection.authorized is not None:
        answer["LastAuthorizedTime"] = connection.authorized
    return answer


def _without(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in names}


@OPERATIONS.write("CreateConnection")
def create_connection(call: Call, request: dict[str, Any]) -> Result:
    """Authorized at once: a token is fetched with the first event."""
    return _without(_state(create(call, request["Name"], request)), "LastAuthorizedTime")


@OPERATIONS.write("UpdateConnection")
def update_connection(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    return _state(change(call, request["Name"], request))


@OPERATIONS.write("DeleteConnection")
def delete_connection(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    return _state(delete(call, request["Name"]), "DELETING")


@OPERATIONS.write("DeauthorizeConnection")
def deauthorize_connection(call: Call, request: dict[str, Any]) -> Result:
    """Forgets the secrets: nothing is delivered until the connection is updated."""
    old = require(call.tx, request["Name"])
    call.tx.execute(
        "UPDATE events_connections SET state='DEAUTHORIZED', parameters=?, modified=? WHERE name=?",
        (json.dumps(_public(old.parameters)), call.now, old.name),
    )
    return _state(old, "DEAUTHORIZING")


@OPERATIONS.read("DescribeConnection")
def describe_connection(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    one = require(call.tx, request["Name"])
    return {
        **_state(one),
        "Name": one.name,
        "AuthorizationType": one.kind,
        "SecretArn": one.secret_arn,
        "AuthParameters": _public(one.parameters),
        **one.config,
    }


@OPERATIONS.scan("ListConnections")
def list_connections(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by name."""
    rows = call.tx.all(
        "SELECT * FROM events_connections WHERE name>? ORDER BY name",
        (request.get("NextToken") or "",),
    )
    prefix, state = request.get("NamePrefix") or "", request.get("ConnectionState")
    found = [one for one in map(_connection, rows) if one.name.startswith(prefix)]
    return buses.page(
        request,
        "Connections",
        [
            (one.name, {**_state(one), "Name": one.name, "AuthorizationType": one.kind})
            for one in found
            if state in (None, one.state)
        ],
    )
