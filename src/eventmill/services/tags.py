"""Tags of resources: they mean nothing on one machine, and are kept and given back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.store.transaction import Transaction


def tag_map(given: Mapping[str, Any] | Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """Values by key, of a map or of a list of Key and Value, which may lack an empty value."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {key: str(value) for key, value in given.items()}
    return {tag["Key"]: str(tag.get("Value", "")) for tag in given}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags in a service's table of (resource, key, value).

    `column` is its name for the resource's ARN.
    """

    table: str
    column: str = "arn"

    def of(self, tx: Transaction, arn: str) -> dict[str, str]:
        """All of a resource, by key."""
        return dict(
            tx.all(
                f"SELECT key, value FROM {self.table} WHERE {self.column}=? ORDER BY key", (arn,)
            )
        )

    def put(self, tx: Transaction, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags, replacing those of the same key."""
        tx.executemany(
            f"INSERT OR REPLACE INTO {self.table} VALUES(?,?,?)",
            [(arn, key, value) for key, value in tags.items()],
        )

    def remove(self, tx: Transaction, arn: str, keys: Iterable[str]) -> None:
        """Take tags away; keys that are not there are no error."""
        tx.executemany(
            f"DELETE FROM {self.table} WHERE {self.column}=? AND key=?",
            [(arn, key) for key in keys],
        )

    def drop(self, tx: Transaction, arn: str) -> None:
        """Take all away."""
        tx.execute(f"DELETE FROM {self.table} WHERE {self.column}=?", (arn,))

    def replace(self, tx: Transaction, arn: str, tags: Mapping[str, str]) -> None:
        """Set all, as a template does."""
        self.drop(tx, arn)
        self.put(tx, arn, tags)
