"""The stages that are served, compiled when they are first asked for and kept until a change."""

from __future__ import annotations

from eventmill.edge.apis.rest.compiling import load
from eventmill.edge.apis.rest.model import Stage
from eventmill.services.apigateway import parts
from eventmill.store.database import Database


class Published:
    """What is kept is dropped as soon as any part of an API was changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed = database.signals.listen(parts.KEY)
        self._apis: frozenset[str] | None = None
        self._stages: dict[tuple[str, str], Stage | None] = {}

    def knows(self, api: str) -> bool:
        """Whether there is such an API."""
        self._fresh()
        if self._apis is None:
            self._apis = frozenset(self._database.read(parts.apis))
        return api in self._apis

    def stage(self, api: str, name: str) -> Stage | None:
        """The stage, or None."""
        self._fresh()
        key = (api, name)
        if key not in self._stages:
            if len(self._stages) > 1_000:
                self._stages.clear()
            self._stages[key] = self._database.read(lambda tx: load(tx, api, name))
        return self._stages[key]

    def _fresh(self) -> None:
        if self._changed.take():
            self._apis = None
            self._stages.clear()
