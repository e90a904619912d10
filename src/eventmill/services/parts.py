"""What an API is made of, as rows: one for each part, its config as the API returns it.

A part belongs to an owner, most often its API, has a kind there and an id of that kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts in one table (api, kind, id, config, position)."""

    table: str
    key: str
    """Announced when any part changed."""

    def put(
        self, tx: Transaction, owner: str, kind: str, number: str, config: Mapping[str, Any]
    ) -> None:
        """Write a part."""
        tx.execute(
            f"INSERT INTO {self.table} SELECT ?1,?2,?3,?4, coalesce(max(position), 0) + 1"
            f" FROM {self.table} WHERE api=?1 ON CONFLICT DO UPDATE SET config=excluded.config",
            (owner, kind, number, json.dumps(dict(config))),
        )
        tx.announce(self.key)

    def find(self, tx: Transaction, owner: str, kind: str, number: str) -> dict[str, Any] | None:
        """The part, or None."""
        row = tx.one(
            f"SELECT config FROM {self.table} WHERE api=? AND kind=? AND id=?",
            (owner, kind, number),
        )
        if row is None:
            return None
        config: dict[str, Any] = json.loads(row[0])
        return config

    def every(self, tx: Transaction, owner: str, kind: str) -> dict[str, dict[str, Any]]:
        """The parts of a kind by id, in the order of their making."""
        rows = tx.all(
            f"SELECT id, config FROM {self.table} WHERE api=? AND kind=? ORDER BY position",
            (owner, kind),
        )
        return {row[0]: json.loads(row[1]) for row in rows}

    def below(
        self, tx: Transaction, owner: str, kind: str, prefix: str
    ) -> dict[str, dict[str, Any]]:
        """The parts of a kind whose id begins with `<prefix>/`, in the order of their making."""
        rows = tx.all(
            f"SELECT id, config FROM {self.table} WHERE api=? AND kind=? AND id>=? AND id<?"
            " ORDER BY position",
            # In ASCII 0 comes next to the slash.
            (owner, kind, f"{prefix}/", f"{prefix}0"),
        )
        return {row[0]: json.loads(row[1]) for row in rows}

    def owners(self, tx: Transaction, kind: str) -> dict[str, dict[str, Any]]:
        """The parts of a kind that are owners themselves, such as all APIs, by id."""
        rows = tx.all(f"SELECT api, config FROM {self.table} WHERE kind=? ORDER BY api", (kind,))
        return {row[0]: json.loads(row[1]) for row in rows}

    def drop(self, tx: Transaction, owner: str, kind: str, number: str) -> None:
        """Delete one part."""
        tx.execute(
            f"DELETE FROM {self.table} WHERE api=? AND kind=? AND id=?", (owner, kind, number)
        )
        tx.announce(self.key)

    def drop_all(self, tx: Transaction, owner: str) -> None:
        """Delete all that belongs to an owner."""
        tx.execute(f"DELETE FROM {self.table} WHERE api=?", (owner,))
        tx.announce(self.key)
