"""Settings of functions that have no meaning on one machine: kept and given back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.store.transaction import Transaction


def runtime(qualifier: str) -> str:
    """The kind of the runtime management of a version or alias; '' for the function itself."""
    return f"runtime {qualifier}"


def put(tx: Transaction, function: str, kind: str, config: Mapping[str, Any]) -> None:
    """Keep a setting."""
    tx.execute(
        "INSERT OR REPLACE INTO lambda_recorded VALUES(?,?,?)",
        (function, kind, json.dumps(dict(config))),
    )


def get(tx: Transaction, function: str, kind: str) -> dict[str, Any] | None:
    """The setting, or None."""
    row = tx.one("SELECT config FROM lambda_recorded WHERE function=? AND kind=?", (function, kind))
    return None if row is None else json.loads(row[0])


def every(tx: Transaction, kind: str) -> dict[str, dict[str, Any]]:
    """The setting of all functions that have it."""
    rows = tx.all(
        "SELECT function, config FROM lambda_recorded WHERE kind=? ORDER BY function", (kind,)
    )
    return {row[0]: json.loads(row[1]) for row in rows}


def remove(tx: Transaction, function: str, kind: str) -> None:
    """One that is gone is no error."""
    tx.execute("DELETE FROM lambda_recorded WHERE function=? AND kind=?", (function, kind))
