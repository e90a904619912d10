"""Tags of functions and event source mappings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eventmill.store.transaction import Transaction


def put(tx: Transaction, arn: str, tags: Mapping[str, str]) -> None:
    """Add tags, replacing those of the same key."""
    tx.executemany(
        "INSERT OR REPLACE INTO lambda_tags VALUES(?,?,?)",
        [(arn, key, str(value)) for key, value in tags.items()],
    )


def of(tx: Transaction, arn: str) -> dict[str, str]:
    """All tags of a resource."""
    return dict(tx.all("SELECT key, value FROM lambda_tags WHERE resource=? ORDER BY key", (arn,)))


def remove(tx: Transaction, arn: str, keys: Iterable[str]) -> None:
    """Take tags away."""
    tx.executemany(
        "DELETE FROM lambda_tags WHERE resource=? AND key=?", [(arn, key) for key in keys]
    )


def drop(tx: Transaction, arn: str) -> None:
    """Take all tags away."""
    tx.execute("DELETE FROM lambda_tags WHERE resource=?", (arn,))
