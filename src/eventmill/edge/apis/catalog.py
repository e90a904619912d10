"""The APIs that are served, compiled when first asked for and kept until any part changes."""

from __future__ import annotations

from eventmill.edge.apis.model import Api, load
from eventmill.services.apigatewayv2 import parts
from eventmill.store.database import Database


class Catalog:
    """Read on the event loop only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed = database.signals.listen(parts.KEY)
        self._apis: dict[str, Api | None] = {}

    def api(self, number: str) -> Api | None:
        """The API, or None."""
        self._fresh()
        if number not in self._apis:
            if len(self._apis) > 1_000:
                self._apis.clear()
            self._apis[number] = self._database.read(lambda tx: load(tx, number))
        return self._apis[number]

    def _fresh(self) -> None:
        if self._changed.take():
            self._apis.clear()
