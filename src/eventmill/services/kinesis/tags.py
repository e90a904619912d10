"""Tags of streams and consumers, and their resource policies: kept and returned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eventmill.services.kinesis.faults import argument, validation
from eventmill.store.transaction import Transaction

MOST = 50


def of(tx: Transaction, arn: str) -> dict[str, str]:
    """All, by key."""
    return dict(tx.all("SELECT key, value FROM kinesis_tags WHERE arn=? ORDER BY key", (arn,)))


def put(tx: Transaction, arn: str, given: Mapping[str, str]) -> None:
    """Add or replace. Raises Invalid beyond 50 tags."""
    for name, value in given.items():
        if len(name) > 128 or len(value) > 256:
            raise validation("A tag's key has at most 128 characters, its value at most 256.")
    if len(of(tx, arn) | dict(given)) > MOST:
        raise argument(f"Failed to add tags to {arn}: a resource has at most {MOST} tags.")
    tx.executemany(
        "INSERT OR REPLACE INTO kinesis_tags VALUES(?,?,?)",
        [(arn, name, value) for name, value in given.items()],
    )


def drop(tx: Transaction, arn: str, names: Iterable[str]) -> None:
    """Take away those there are."""
    tx.executemany(
        "DELETE FROM kinesis_tags WHERE arn=? AND key=?", [(arn, name) for name in names]
    )


def policy(tx: Transaction, arn: str) -> str:
    """The resource policy, empty without one."""
    row = tx.one("SELECT policy FROM kinesis_policies WHERE arn=?", (arn,))
    return "" if row is None else str(row[0])


def set_policy(tx: Transaction, arn: str, text: str | None) -> None:
    """Replace it, or with None take it away."""
    if text is None:
        tx.execute("DELETE FROM kinesis_policies WHERE arn=?", (arn,))
    else:
        tx.execute("INSERT OR REPLACE INTO kinesis_policies VALUES(?,?)", (arn, text))
