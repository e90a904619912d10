"""The parts of an API as rows: the API itself, routes, integrations, authorizers, stages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import NotFound
from eventmill.services.contract import Call
from eventmill.store.transaction import Transaction

KEY = "apigatewayv2"
"""Announced when any part of any API changed."""

ID_MEMBERS = {
    "api": "ApiId",
    "route": "RouteId",
    "integration": "IntegrationId",
    "authorizer": "AuthorizerId",
    "stage": "StageName",
    "deployment": "DeploymentId",
}


def put(tx: Transaction, api: str, kind: str, number: str, config: Mapping[str, Any]) -> None:
    """Write a part."""
    row = tx.one("SELECT coalesce(max(position), 0) + 1 FROM apiv2_parts WHERE api=?", (api,))
    assert row is not None
    tx.execute(
        "INSERT INTO apiv2_parts VALUES(?,?,?,?,?)"
        " ON CONFLICT DO UPDATE SET config=excluded.config",
        (api, kind, number, json.dumps(dict(config)), row[0]),
    )
    tx.announce(KEY)


def get(tx: Transaction, api: str, kind: str, number: str) -> dict[str, Any]:
    """Raises NotFound."""
    row = tx.one(
        "SELECT config FROM apiv2_parts WHERE api=? AND kind=? AND id=?", (api, kind, number)
    )
    if row is None:
        raise NotFound("NotFoundException", f"Invalid {kind} identifier specified {number}")
    config: dict[str, Any] = json.loads(row[0])
    return config


def every(tx: Transaction, api: str, kind: str) -> dict[str, dict[str, Any]]:
    """The parts of a kind by id, in the order of their making."""
    rows = tx.all(
        "SELECT id, config FROM apiv2_parts WHERE api=? AND kind=? ORDER BY position", (api, kind)
    )
    return {row[0]: json.loads(row[1]) for row in rows}


def apis(tx: Transaction) -> dict[str, dict[str, Any]]:
    """All APIs by id."""
    rows = tx.all("SELECT api, config FROM apiv2_parts WHERE kind='api' ORDER BY api")
    return {row[0]: json.loads(row[1]) for row in rows}


def remove(tx: Transaction, api: str, kind: str, number: str) -> None:
    """Delete a part; with the API goes all of it. Raises NotFound."""
    get(tx, api, kind, number)
    if kind == "api":
        tx.execute("DELETE FROM apiv2_parts WHERE api=?", (api,))
    else:
        tx.execute("DELETE FROM apiv2_parts WHERE api=? AND kind=? AND id=?", (api, kind, number))
    tx.announce(KEY)


def add(call: Call, api: str, kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """A new part under a fresh id, as the API returns it."""
    if kind != "api":
        get(call.tx, api, "api", api)
    number = config["StageName"] if kind == "stage" else call.ids.lower(10 if kind == "api" else 7)
    made = dict(config) | {ID_MEMBERS[kind]: number}
    put(call.tx, number if kind == "api" else api, kind, number, made)
    return made
