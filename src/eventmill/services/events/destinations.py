"""API destinations: HTTP endpoints that rules send events to.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from eventmill.services.contract import Call, Result
from eventmill.services.events import buses, connections, faults
from eventmill.services.events.buses import OPERATIONS
from eventmill.services.events.connections import Connection
from eventmill.store.transaction import Transaction

DEFAULT_RATE = 300
"""Requests a second."""

_SETTINGS = ("Description", "InvocationEndpoint", "HttpMethod", "InvocationRateLimitPerSecond")
_ENDPOINT = re.compile(r"https?://[^\s/]+\S*\Z")
_AUTHORIZED = "AUTHORIZED"
_SELECT = (
    "SELECT d.name, d.arn, d.connection, d.config, d.created, d.modified, c.state"
    " FROM events_destinations d LEFT JOIN events_connections c ON c.arn=d.connection"
)


class _Row(NamedTuple):
    """A row of `_SELECT`: the connection's ARN, the config as JSON, the connection's state."""

    name: str
    arn: str
    connection: str
    config: str
    created: float
    modified: float
    state: str | None


@dataclass(frozen=True, slots=True)
class Destination:
    """An API destination as stored, with its connection when that exists."""

    name: str
    arn: str
    endpoint: str
    """The URL, `*` for each path parameter."""
    method: str
    rate: int
    """Requests a second."""
    connection: Connection | None

    @property
    def active(self) -> bool:
        """Whether its connection is authorized."""
        return self.connection is not None and self.connection.state == _AUTHORIZED


def by_arn(tx: Transaction, arn: str) -> Destination | None:
    """The API destination of an ARN, or None."""
    row = tx.one(
        "SELECT name, arn, connection, config FROM events_destinations WHERE arn=?", (arn,)
    )
    if row is None:
        return None
    name, arn, connection, text = row
    config = json.loads(text)
    return Destination(
        name,
        arn,
        config["InvocationEndpoint"],
        config["HttpMethod"],
        config.get("InvocationRateLimitPerSecond") or DEFAULT_RATE,
        connections.by_arn(tx, connection),
    )


def _checked(call: Call, config: Mapping[str, Any], connection: str) -> str:
    if not _ENDPOINT.match(config["InvocationEndpoint"]):
        raise faults.parameter("InvocationEndpoint", "It must be an HTTP URL.")
    if connections.by_arn(call.tx, connection) is None:
        name = connection.partition("connection/")[2].partition("/")[0] or connection
        raise faults.missing(f"Connection '{name}' does not exist.")
    return json.dumps(config)


def create(call: Call, name: str, request: Mapping[str, Any]) -> str:
    """Returns the ARN. Raises Invalid for a name that is taken, an unknown connection."""
    if call.tx.one("SELECT 1 FROM events_destinations WHERE name=?", (name,)) is not None:
        raise faults.taken(f"An api-destination '{name}' already exists.")
    place = f"{call.region}:{call.account}"
    checked = connections.checked_name(name)
    arn = f"arn:aws:events:{place}:api-destination/{checked}/{call.ids.uuid()}"
    config = {key: request[key] for key in _SETTINGS if request.get(key)}
    text = _checked(call, config, request["ConnectionArn"])
    call.tx.execute(
        "INSERT INTO events_destinations VALUES(?,?,?,?,?,?)",
        (name, arn, request["ConnectionArn"], text, call.now, call.now),
    )
    return arn


def change(call: Call, name: str, request: Mapping[str, Any]) -> str:
    """Replace what the request names; returns the ARN. Raises Invalid."""
    row = _row(call.tx, name)
    config = json.loads(row.config) | {key: request[key] for key in _SETTINGS if request.get(key)}
    connection = request.get("ConnectionArn") or row.connection
    call.tx.execute(
        "UPDATE events_destinations SET connection=?, config=?, modified=? WHERE name=?",
        (connection, _checked(call, config, connection), call.now, name),
    )
    return row.arn


def delete(call: Call, name: str) -> None:
    """Raises Invalid (ResourceNotFoundException)."""
    _row(call.tx, name)
    call.tx.execute("DELETE FROM events_destinations WHERE name=?", (name,))


def _row(tx: Transaction, name: str) -> _Row:
    row = tx.one(f"{_SELECT} WHERE d.name=?", (name,))
    if row is None:
        raise faults.missing(f"An api-destination '{name}' does not exist.")
    return _Row(*row)


def _described(row: _Row) -> dict[str, Any]:
    return {
        "Name": row.name,
        "ApiDestinationArn": row.arn,
        "ApiDestinationState": "ACTIVE" if row.state == _AUTHORIZED else "INACTIVE",
        "ConnectionArn": row.connection,
        "CreationTime": row.created,
        "LastModifiedTime": row.modified,
        "InvocationRateLimitPerSecond": DEFAULT_RATE,
        **json.loads(row.config),
    }


def _state(call: Call, name: str) -> dict[str, Any]:
    wanted = ("ApiDestinationArn", "ApiDestinationState", "CreationTime", "LastModifiedTime")
    described = _described(_row(call.tx, name))
    return {key: described[key] for key in wanted}


@OPERATIONS.write("CreateApiDestination")
def create_api_destination(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid as `create` does."""
    create(call, request["Name"], request)
    return _state(call, request["Name"])


@OPERATIONS.write("UpdateApiDestination")
def update_api_destination(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    change(call, request["Name"], request)
    return _state(call, request["Name"])


@OPERATIONS.write("DeleteApiDestination")
def delete_api_destination(call: Call, request: dict[str, Any]) -> Result:
    """Events on their way to it go to the dead-letter queue."""
    delete(call, request["Name"])
    return {}


@OPERATIONS.read("DescribeApiDestination")
def describe_api_destination(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    return _described(_row(call.tx, request["Name"]))


@OPERATIONS.scan("ListApiDestinations")
def list_api_destinations(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by name."""
    rows = call.tx.all(
        f"{_SELECT} WHERE d.name>? ORDER BY d.name", (request.get("NextToken") or "",)
    )
    prefix, wanted = request.get("NamePrefix") or "", request.get("ConnectionArn")
    found = [
        (row.name, _described(row))
        for row in map(_Row._make, rows)
        if row.name.startswith(prefix) and wanted in (None, row.connection)
    ]
    return buses.page(request, "ApiDestinations", found)
