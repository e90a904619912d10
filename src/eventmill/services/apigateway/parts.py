"""What a REST API is made of, as rows: one for each part, its config as the API returns it.

A method's row holds its responses and its integration, as `GetMethod` shows them; its id is
`<resource id>/<METHOD>`. What belongs to the account (keys, plans, domain names) has no API.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway.faults import missing
from eventmill.store.transaction import Transaction

KEY = "apigateway"
"""Announced when any part of any API changed."""

AUTHORIZERS_KEY = "apigateway.authorizers"
"""Announced when what authorizers said must be forgotten."""

ACCOUNT = ""

MISSING = {
    "api": "Invalid API identifier specified",
    "resource": "Invalid Resource identifier specified",
    "method": "Invalid Method identifier specified",
    "model": "Invalid Model identifier specified",
    "validator": "Invalid Request Validator identifier specified",
    "authorizer": "Invalid Authorizer identifier specified",
    "response": "Invalid gateway response type specified",
    "deployment": "Invalid Deployment identifier specified",
    "stage": "Invalid stage identifier specified",
    "documentation": "Invalid Documentation part identifier specified",
    "documentationversion": "Invalid Documentation version specified",
    "key": "Invalid API Key identifier specified",
    "plan": "Invalid Usage Plan ID specified",
    "plankey": "Invalid Usage Plan Key identifier specified",
    "domain": "Invalid domain name identifier specified",
    "mapping": "Invalid base path mapping identifier specified",
    "vpclink": "Invalid Vpc Link identifier specified",
    "certificate": "Invalid Client Certificate identifier specified",
}
"""The kinds, and what is said of a part that is not there."""

DEPLOYED = ("api", "resource", "method", "model", "validator", "authorizer", "response")
"""What a deployment takes a snapshot of."""


def put(tx: Transaction, api: str, kind: str, number: str, config: Mapping[str, Any]) -> None:
    """Write a part."""
    row = tx.one("SELECT coalesce(max(position), 0) + 1 FROM rest_parts WHERE api=?", (api,))
    assert row is not None
    tx.execute(
        "INSERT INTO rest_parts VALUES(?,?,?,?,?) ON CONFLICT DO UPDATE SET config=excluded.config",
        (api, kind, number, json.dumps(dict(config)), row[0]),
    )
    tx.announce(KEY)


def find(tx: Transaction, api: str, kind: str, number: str) -> dict[str, Any] | None:
    """The part, or None."""
    row = tx.one(
        "SELECT config FROM rest_parts WHERE api=? AND kind=? AND id=?", (api, kind, number)
    )
    if row is None:
        return None
    config: dict[str, Any] = json.loads(row[0])
    return config


def get(tx: Transaction, api: str, kind: str, number: str) -> dict[str, Any]:
    """The part. Raises NotFound."""
    config = find(tx, api, kind, number)
    if config is None:
        raise missing(MISSING[kind])
    return config


def every(tx: Transaction, api: str, kind: str) -> dict[str, dict[str, Any]]:
    """The parts of a kind by id, in the order of their making."""
    rows = tx.all(
        "SELECT id, config FROM rest_parts WHERE api=? AND kind=? ORDER BY position", (api, kind)
    )
    return {row[0]: json.loads(row[1]) for row in rows}


def apis(tx: Transaction) -> dict[str, dict[str, Any]]:
    """All APIs by id."""
    rows = tx.all("SELECT api, config FROM rest_parts WHERE kind='api' ORDER BY api")
    return {row[0]: json.loads(row[1]) for row in rows}


def remove(tx: Transaction, api: str, kind: str, number: str) -> None:
    """Delete a part; with the API goes all of it. Raises NotFound."""
    get(tx, api, kind, number)
    if kind == "api":
        tx.execute("DELETE FROM rest_parts WHERE api=?", (api,))
        tx.execute("DELETE FROM rest_snapshots WHERE api=?", (api,))
    else:
        tx.execute("DELETE FROM rest_parts WHERE api=? AND kind=? AND id=?", (api, kind, number))
    tx.announce(KEY)


def clear(tx: Transaction, api: str, kinds: tuple[str, ...]) -> None:
    """Delete all parts of these kinds."""
    for kind in kinds:
        tx.execute("DELETE FROM rest_parts WHERE api=? AND kind=?", (api, kind))
    tx.announce(KEY)


def current(tx: Transaction, api: str) -> dict[str, dict[str, dict[str, Any]]]:
    """What a deployment would take now: the parts by kind and id."""
    return {kind: every(tx, api, kind) for kind in DEPLOYED}


def take_snapshot(tx: Transaction, api: str, deployment: str) -> None:
    """Keep the API's parts as they are now under a deployment's id."""
    kept = json.dumps(current(tx, api))
    tx.execute("INSERT INTO rest_snapshots VALUES(?,?,?)", (api, deployment, kept))


def snapshot(tx: Transaction, api: str, deployment: str) -> dict[str, dict[str, Any]] | None:
    """The parts by kind and id as they were deployed, or None."""
    row = tx.one("SELECT parts FROM rest_snapshots WHERE api=? AND deployment=?", (api, deployment))
    if row is None:
        return None
    kept: dict[str, dict[str, Any]] = json.loads(row[0])
    return kept


def drop_snapshot(tx: Transaction, api: str, deployment: str) -> None:
    """Forget it with its deployment."""
    tx.execute("DELETE FROM rest_snapshots WHERE api=? AND deployment=?", (api, deployment))
