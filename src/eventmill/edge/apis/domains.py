"""Custom domain names: one set of them for REST, HTTP and WebSocket APIs.

Either version of the API makes them; version 2 maps APIs of all three kinds to them, and rules may
come before mappings, or stand in their place.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from eventmill.edge.hosts import hostname
from eventmill.services import apigateway, apigatewayv2
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


class Mapped(NamedTuple):
    """Where a domain name's path `/<key>` leads; an empty stage is the path's next step."""

    key: str
    api: str
    stage: str


class Leads(NamedTuple):
    """What a path below a domain leads to: `base` is the key's part of it, `path` the rest."""

    mapping: Mapped
    base: str
    path: str


@dataclass(slots=True)
class _Domain:
    """Mappings with the longest keys first, rules in their order."""

    mappings: list[Mapped] = field(default_factory=list)
    rules: list[Mapping[str, Any]] = field(default_factory=list)

    def leads(self, headers: Mapping[str, str], raw: str) -> Leads | None:
        for rule in self.rules:
            base = _met(rule.get("Conditions") or (), headers, raw)
            if base is not None:
                action = rule["Actions"][0]["InvokeApi"]
                base = base if action.get("StripBasePath") else ""
                mapped = Mapped("", action["ApiId"], action["Stage"])
                return Leads(mapped, base, raw[len(base) :] or "/")
        for mapping in self.mappings:
            base = f"/{mapping.key}" if mapping.key else ""
            if _below(raw, base):
                return Leads(mapping, base, raw[len(base) :] or "/")
        return None


def _below(raw: str, base: str) -> bool:
    return raw == base or raw.startswith(f"{base}/")


def _met(conditions: Iterable[Any], headers: Mapping[str, str], raw: str) -> str | None:
    """The base path that a request meets all conditions with, empty without one; None if not."""
    found = ""
    for condition in conditions:
        paths = (condition.get("MatchBasePaths") or {}).get("AnyOf") or ()
        matched = [f"/{path}" for path in paths if _below(raw, f"/{path}")]
        if paths and not matched:
            return None
        found = max([found, *matched], key=len)
        wanted = (condition.get("MatchHeaders") or {}).get("AnyOf") or ()
        if wanted and not any(_has(headers, entry) for entry in wanted):
            return None
    return found


def _has(headers: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    value = headers.get(wanted["Header"].lower())
    # Of a glob's signs only the star is one here.
    pattern = wanted["ValueGlob"].replace("[", "[[]").replace("?", "[?]")
    return value is not None and fnmatchcase(value, pattern)


class Domains:
    """Read on the event loop only; what is kept is dropped when any part of an API changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        keys = apigateway.parts.KEY, apigatewayv2.parts.KEY
        self._changed = database.signals.listen(*keys)
        self._found: dict[str, _Domain] | None = None

    def __bool__(self) -> bool:
        return bool(self._all())

    def knows(self, host: str) -> bool:
        """Whether a Host header is one of a custom domain, with or without mappings."""
        return self._domain(host) is not None

    def leads(self, headers: Mapping[str, str], raw: str) -> Leads | None:
        """By the first rule that is met, or else by the longest mapping that is the path's
        beginning; None where there is none."""
        domain = self._domain(headers.get("host", ""))
        return None if domain is None else domain.leads(headers, raw)

    def _domain(self, host: str) -> _Domain | None:
        found = self._all()
        if not found:
            return None
        name = hostname(host)
        return found.get(name) or found.get("*." + name.partition(".")[2])

    def _all(self) -> dict[str, _Domain]:
        if self._changed.take() or self._found is None:
            self._found = self._database.read(_load)
        return self._found


def _load(tx: Transaction) -> dict[str, _Domain]:
    """By domain name."""
    rest, parts = apigateway.parts, apigatewayv2.parts
    modes = {
        name: config.get("routingMode")
        for name, config in rest.every(tx, rest.ACCOUNT, "domain").items()
    } | {name: config.get("RoutingMode") for name, config in parts.owners(tx, "domainname").items()}
    return {name.lower(): _domain_of(tx, name, mode or "") for name, mode in modes.items()}


def _domain_of(tx: Transaction, name: str, mode: str) -> _Domain:
    rest, domain = apigateway.parts, _Domain()
    if mode.startswith("ROUTING_RULE"):
        domain.rules = [*apigatewayv2.rules.every(tx, name)]
    if mode == "ROUTING_RULE_ONLY":
        return domain
    for entry in apigatewayv2.parts.every(tx, name, "apimapping").values():
        domain.mappings.append(Mapped(entry["ApiMappingKey"], entry["ApiId"], entry["Stage"]))
    for number, entry in rest.below(tx, rest.ACCOUNT, "mapping", name).items():
        path = number.partition("/")[2]
        key = "" if path == rest.NO_PATH else path
        domain.mappings.append(Mapped(key, entry["restApiId"], entry.get("stage") or ""))
    domain.mappings.sort(key=lambda mapping: -len(mapping.key))
    return domain
