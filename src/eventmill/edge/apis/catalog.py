"""The APIs that are served, compiled when first asked for and kept until any part changes."""

from __future__ import annotations

from typing import NamedTuple

from eventmill.edge.apis.model import Api, load
from eventmill.edge.hosts import hostname
from eventmill.services.apigatewayv2 import parts
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


class Mapping(NamedTuple):
    """Where a domain name's path `/<key>` leads."""

    key: str
    api: str
    stage: str


class Catalog:
    """Read on the event loop only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed = database.signals.listen(parts.KEY)
        self._apis: dict[str, Api | None] = {}
        self._domains: dict[str, list[Mapping]] | None = None

    def api(self, number: str) -> Api | None:
        """The API, or None."""
        self._fresh()
        if number not in self._apis:
            if len(self._apis) > 1_000:
                self._apis.clear()
            self._apis[number] = self._database.read(lambda tx: load(tx, number))
        return self._apis[number]

    def domain(self, host: str) -> list[Mapping] | None:
        """The mappings of a custom domain name, longest key first; None when it is no such name."""
        self._fresh()
        if self._domains is None:
            self._domains = self._database.read(self._load_domains)
        return self._domains.get(hostname(host)) if self._domains else None

    @staticmethod
    def _load_domains(tx: Transaction) -> dict[str, list[Mapping]]:
        return {
            name.lower(): sorted(
                (
                    Mapping(part["ApiMappingKey"], part["ApiId"], part["Stage"])
                    for part in parts.every(tx, name, "apimapping").values()
                ),
                key=lambda mapping: -len(mapping.key),
            )
            for name in parts.owners(tx, "domainname")
        }

    def _fresh(self) -> None:
        if self._changed.take():
            self._apis.clear()
            self._domains = None
