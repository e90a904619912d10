"""Tags of streams and consumers, and their resource policies: kept and returned."""

from __future__ import annotations

from collections.abc import Mapping

from eventmill.services.kinesis.faults import argument, validation
from eventmill.services.tags import Tags
from eventmill.store.transaction import Transaction

MOST = 50


TAGS = Tags("kinesis_tags")


def put(tx: Transaction, arn: str, given: Mapping[str, str]) -> None:
    """Add or replace. Raises Invalid beyond 50 tags."""
    for name, value in given.items():
        if len(name) > 128 or len(value) > 256:
            raise validation("A tag's key has at most 128 characters, its value at most 256.")
    if len(TAGS.of(tx, arn) | dict(given)) > MOST:
        raise argument(f"Failed to add tags to {arn}: a resource has at most {MOST} tags.")
    TAGS.put(tx, arn, given)


def replace(tx: Transaction, arn: str, given: Mapping[str, str]) -> None:
    """Set all. Raises Invalid beyond 50 tags."""
    TAGS.drop(tx, arn)
    put(tx, arn, given)


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
