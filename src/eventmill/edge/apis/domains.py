"""Custom domain names: one set of them for REST, HTTP and WebSocket APIs.

Either version of the API makes them; version 2 maps APIs of all three kinds to them.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
"""

from __future__ import annotations

from typing import NamedTuple

from eventmill.edge.hosts import hostname
from eventmill.services import apigateway, apigatewayv2
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


class Mapping(NamedTuple):
    """Where a domain name's path `/<key>` leads; an empty stage is the path's next step."""

    key: str
    api: str
    stage: str


class Leads(NamedTuple):
    """What a path below a domain leads to: `base` is the key's part of it, `path` the rest."""

    mapping: Mapping
    base: str
    path: str


class Domains:
    """Read on the event loop only; what is kept is dropped when any part of an API changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        keys = apigateway.parts.KEY, apigatewayv2.parts.KEY
        self._changed = database.signals.listen(*keys)
        self._found: dict[str, list[Mapping]] | None = None

    def __bool__(self) -> bool:
        return bool(self._all())

    def knows(self, host: str) -> bool:
        """Whether a Host header is one of a custom domain, with or without mappings."""
        return self._mappings(host) is not None

    def leads(self, host: str, raw: str) -> Leads | None:
        """By the longest mapping that is the path's beginning; None where there is none."""
        for mapping in self._mappings(host) or ():
            base = f"/{mapping.key}" if mapping.key else ""
            if raw == base or raw.startswith(f"{base}/"):
                return Leads(mapping, base, raw[len(base) :] or "/")
        return None

    def _mappings(self, host: str) -> list[Mapping] | None:
        found = self._all()
        if not found:
            return None
        name = hostname(host)
        return found.get(name) or found.get("*." + name.partition(".")[2], found.get(name))

    def _all(self) -> dict[str, list[Mapping]]:
        if self._changed.take() or self._found is None:
            self._found = self._database.read(_load)
        return self._found


def _load(tx: Transaction) -> dict[str, list[Mapping]]:
    """Longest keys first, by domain name."""
    rest, parts = apigateway.parts, apigatewayv2.parts
    names = {*rest.every(tx, rest.ACCOUNT, "domain"), *parts.owners(tx, "domainname")}
    found: dict[str, list[Mapping]] = {name.lower(): [] for name in names}
    for name in names:
        for entry in parts.every(tx, name, "apimapping").values():
            made = Mapping(entry["ApiMappingKey"], entry["ApiId"], entry["Stage"])
            found[name.lower()].append(made)
        for number, entry in rest.below(tx, rest.ACCOUNT, "mapping", name).items():
            path = number.partition("/")[2]
            key = "" if path == rest.NO_PATH else path
            found[name.lower()].append(Mapping(key, entry["restApiId"], entry.get("stage") or ""))
    for mappings in found.values():
        mappings.sort(key=lambda mapping: -len(mapping.key))
    return found
