"""Sessions: sign-ins that wait for the answer to a challenge."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from eventmill.services.cognito import faults
from eventmill.services.cognito.clients import Client
from eventmill.store.transaction import Row, Transaction


def begin(
    tx: Transaction,
    client: Client,
    key: str,
    challenge: str,
    state: Mapping[str, Any],
    id: str = "",
) -> str:
    """The session's id, which the client gives back. `key` is the user's, `state` is kept."""
    tx.execute("DELETE FROM cognito_sessions WHERE expires<?", (tx.now,))
    id = id or secrets.token_urlsafe(48)
    tx.execute(
        "INSERT INTO cognito_sessions VALUES(?,?,?,?,?,?,?)",
        (
            *(id, client.pool, client.id, key, challenge, json.dumps(dict(state))),
            tx.now + client.session_seconds,
        ),
    )
    return id


def take(
    tx: Transaction, client: Client, id: str | None, challenge: str
) -> tuple[str, dict[str, Any]]:
    """(key of the user, state) of a session, which ends: it is good for one answer.

    Raises Invalid for one that is unknown, too old, or of another challenge or client.
    """
    if not id:
        raise faults.parameter("Missing required parameter Session")
    row = _row(tx, client, id, challenge)
    if row is None:
        raise faults.not_authorized("Invalid session for the user.")
    if row[2] <= tx.now:
        raise faults.not_authorized("Invalid session for the user, session is expired.")
    end(tx, id)
    return row[0], json.loads(row[1])


def find(
    tx: Transaction, client: Client, id: str, challenge: str
) -> tuple[str, dict[str, Any]] | None:
    """As `take` gives it, of a session that goes on; None for one that is not good."""
    row = _row(tx, client, id, challenge)
    return None if row is None or row[2] <= tx.now else (row[0], json.loads(row[1]))


def end(tx: Transaction, id: str) -> None:
    """Forget a session."""
    tx.execute("DELETE FROM cognito_sessions WHERE id=?", (id,))


def _row(tx: Transaction, client: Client, id: str, challenge: str) -> Row | None:
    return tx.one(
        "SELECT key, state, expires FROM cognito_sessions WHERE id=? AND client=? AND challenge=?",
        (id, client.id, challenge),
    )
