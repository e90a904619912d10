"""The stages that are served, compiled when they are first asked for and kept until a change."""

from __future__ import annotations

from typing import Any

from eventmill.edge.apis.rest.compiling import load
from eventmill.edge.apis.rest.model import Stage
from eventmill.services.apigateway import parts
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


class Published:
    """What is kept is dropped as soon as any part of an API was changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed = database.signals.listen(parts.KEY)
        self._apis: frozenset[str] | None = None
        self._stages: dict[tuple[str, str], Stage | None] = {}
        self._keys: dict[str, dict[str, Any]] | None = None
        self._plans: list[tuple[dict[str, Any], frozenset[str]]] | None = None
        self.version = 0
        """Grows with every change."""

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

    @property
    def keys(self) -> dict[str, dict[str, Any]]:
        """API keys by their values."""
        self._fresh()
        if self._keys is None:
            held = self._database.read(lambda tx: parts.every(tx, parts.ACCOUNT, "key"))
            self._keys = {config["value"]: config for config in held.values()}
        return self._keys

    def plan(self, api: str, stage: str, key: str) -> dict[str, Any] | None:
        """The usage plan by which a key may call a stage, or None."""
        self._fresh()
        if self._plans is None:
            self._plans = self._database.read(_plans)
        for plan, keys in self._plans:
            if key in keys and any(
                (entry["apiId"], entry["stage"]) == (api, stage) for entry in plan["apiStages"]
            ):
                return plan
        return None

    def _fresh(self) -> None:
        if self._changed.take():
            self.version += 1
            self._keys = self._plans = None
            self._apis = None
            self._stages.clear()


def _plans(tx: Transaction) -> list[tuple[dict[str, Any], frozenset[str]]]:
    """Each plan with the ids of its keys."""
    joined = [number.partition("/") for number in parts.every(tx, parts.ACCOUNT, "plankey")]
    return [
        (config, frozenset(key for plan, _, key in joined if plan == number))
        for number, config in parts.every(tx, parts.ACCOUNT, "plan").items()
    ]
