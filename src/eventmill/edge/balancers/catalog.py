"""The listeners that are served and their target groups, rules compiled: loaded when first asked
for and kept until any record of a load balancer changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from eventmill.services.elbv2 import records
from eventmill.services.elbv2.conditions import Asked, Test, compiled
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener with its load balancer and its rules, by their priority.

    `ports` maps the ports of all the load balancer's listeners to those that are bound for them.
    """

    config: Mapping[str, Any]
    balancer: Mapping[str, Any]
    ports: Mapping[int, int]
    rules: Sequence[tuple[Sequence[Test], Mapping[str, Any]]]
    hosts: Sequence[Test]

    def chosen(self, asked: Asked) -> Mapping[str, Any]:
        """The action for a request: that of the first rule that matches, else the default."""
        for tests, action in self.rules:
            if all(test(asked) for test in tests):
                return action
        default: Mapping[str, Any] = self.config["DefaultActions"][0]
        return default

    def names(self, host: str) -> bool:
        """Whether a rule speaks of the host, so that the listener's owner means it."""
        asked = Asked("", host, "", {}, (), "127.0.0.1")
        return any(test(asked) for test in self.hosts)


class Catalog:
    """Read on the event loop only. The health of targets is not kept here: it wakes nobody."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed = database.signals.listen(records.KEY)
        self._listeners: dict[str, Listener | None] = {}
        self._groups: dict[str, Mapping[str, Any] | None] = {}
        self._first: dict[str, str] | None = None

    def listener(self, arn: str) -> Listener | None:
        """The listener, or None."""
        self._fresh()
        if arn not in self._listeners:
            self._listeners[arn] = self._database.read(lambda tx: _load(tx, arn))
        return self._listeners[arn]

    def group(self, arn: str) -> Mapping[str, Any] | None:
        """The target group, or None."""
        self._fresh()
        if arn not in self._groups:
            self._groups[arn] = self._database.read(lambda tx: records.find(tx, "group", arn))
        return self._groups[arn]

    def first_of(self, name: str) -> str:
        """The ARN of the first listener of the load balancer with a DNS name; empty for none."""
        self._fresh()
        if self._first is None:
            self._first = self._database.read(_first_listeners)
        return self._first.get(name.lower(), "")

    def _fresh(self) -> None:
        if self._changed.take():
            self._listeners.clear()
            self._groups.clear()
            self._first = None


def listener_address(database: Database, endpoint: Callable[[], str], arn: str) -> str | None:
    """Where a listener answers on this machine; None for one that does not, or is another's."""
    config = database.read(lambda tx: records.find(tx, "listener", arn))
    if not config or not config["Bound"]:
        return None
    host = urlsplit(endpoint()).netloc.rpartition(":")[0]
    return f"http://{host}:{config['Bound']}"


def _load(tx: Transaction, arn: str) -> Listener | None:
    config = records.find(tx, "listener", arn)
    if config is None:
        return None
    siblings = records.every(tx, "listener", config["LoadBalancerArn"]).values()
    held = records.every(tx, "rule", arn).values()
    return Listener(
        config,
        records.get(tx, "balancer", config["LoadBalancerArn"]),
        {sibling["Port"]: sibling["Bound"] for sibling in siblings},
        [([compiled(c) for c in rule["Conditions"]], rule["Actions"][0]) for rule in held],
        [compiled(c) for rule in held for c in rule["Conditions"] if c["Field"] == "host-header"],
    )


def _first_listeners(tx: Transaction) -> dict[str, str]:
    first: dict[str, str] = {}
    for arn, listener in records.every(tx, "listener").items():
        if listener["Bound"]:
            first.setdefault(listener["LoadBalancerArn"], arn)
    return {
        held["DNSName"].lower(): first[arn]
        for arn, held in records.every(tx, "balancer").items()
        if arn in first
    }
