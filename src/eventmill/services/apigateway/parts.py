"""What a REST API is made of, as rows: one for each part, its config as the API returns it.

A method's row holds its responses and its integration, as `GetMethod` shows them; its id is
`<resource id>/<METHOD>`. What belongs to the account (keys, plans, domain names) has no API.
"""

from __future__ import annotations

import json
from typing import Any

from eventmill.services.apigateway.faults import missing
from eventmill.services.parts import Parts
from eventmill.store.transaction import Transaction

KEY = "apigateway"
"""Announced when any part of any API changed."""

AUTHORIZERS_KEY = "apigateway.authorizers"
"""Announced when what authorizers said must be forgotten."""

ACCOUNT = ""

NO_PATH = "(none)"
"""The base path of a mapping at the root of its domain."""

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


_ROWS = Parts("rest_parts", KEY)
put, find, every, below = _ROWS.put, _ROWS.find, _ROWS.every, _ROWS.below


def get(tx: Transaction, api: str, kind: str, number: str) -> dict[str, Any]:
    """The part. Raises NotFound."""
    config = find(tx, api, kind, number)
    if config is None:
        raise missing(MISSING[kind])
    return config


def apis(tx: Transaction) -> dict[str, dict[str, Any]]:
    """All APIs by id."""
    return _ROWS.owners(tx, "api")


def remove(tx: Transaction, api: str, kind: str, number: str) -> None:
    """Delete a part; with the API goes all of it. Raises NotFound."""
    get(tx, api, kind, number)
    drop(tx, api, kind, number)


def drop(tx: Transaction, api: str, kind: str, number: str) -> None:
    """Delete a part; one that is gone is no error, for somebody may have deleted it by hand."""
    if kind == "api":
        _ROWS.drop_all(tx, api)
        tx.execute("DELETE FROM rest_snapshots WHERE api=?", (api,))
    else:
        _ROWS.drop(tx, api, kind, number)


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
