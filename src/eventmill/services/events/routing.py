"""From an event to the targets of the rules that it matches.

Rules are matched when an event is put, in the same transaction: an event that matches nothing
costs no write, and a target's delivery is one outbox row.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from eventmill.kernel.clock import iso_millis
from eventmill.patterns import EVENTBRIDGE, Pattern, PatternIndex, compile_pattern
from eventmill.services.events import archives
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

TARGET = "events.target"
"""Kind of the outbox rows for deliver; the payload is a `Routed` as JSON."""

HTTP_TARGET = "events.http"
"""The same for targets outside the store: API destinations, and APIs of the engine."""

_BUSES_IN_MEMORY = 64


@dataclass(frozen=True, slots=True)
class Routed:
    """An event on its way to one target of one rule."""

    bus: str
    rule: str
    id: str
    """The target's."""
    ingested: str
    event: dict[str, Any]


@lru_cache(maxsize=16_384)
def _pattern(text: str) -> Pattern:
    """Kept, because a change of one rule has those of the whole bus filed anew."""
    return compile_pattern(text, EVENTBRIDGE)


class _Routes:
    """The enabled rules of one bus, compiled."""

    def __init__(self, tx: Transaction, bus: str) -> None:
        self.index: PatternIndex[str] = PatternIndex()
        self.targets: dict[str, list[tuple[str, str]]] = {}
        for name, pattern in tx.all(
            "SELECT name, pattern FROM events_rules"
            " WHERE bus=? AND pattern IS NOT NULL AND state<>'DISABLED'",
            (bus,),
        ):
            self.index.add(name, _pattern(pattern))
        for rule, number, target in tx.all(
            "SELECT rule, id, target FROM events_targets WHERE bus=?", (bus,)
        ):
            self.targets.setdefault(rule, []).append((number, json.loads(target)["Arn"]))
        self.archives = {
            archives.RULE_PREFIX + name
            for (name,) in tx.all("SELECT name FROM events_archives WHERE bus=?", (bus,))
        }


_compiled: OrderedDict[str, tuple[str, _Routes]] = OrderedDict()
"""By bus, with the stamp of its rules (see buses.touch); the least recently used falls out."""
_lock = threading.Lock()


def _routes(tx: Transaction, bus: str) -> _Routes | None:
    row = tx.one("SELECT stamp FROM events_stamps WHERE bus=?", (bus,))
    if row is None:
        return None
    with _lock:
        stamp, routes = _compiled.get(bus, ("", None))
        if routes is None or stamp != row[0]:
            routes = _Routes(tx, bus)
            _compiled[bus] = row[0], routes
            if len(_compiled) > _BUSES_IN_MEMORY:
                _compiled.popitem(last=False)
        _compiled.move_to_end(bus)
    return routes


def route(
    tx: Transaction,
    bus: str,
    event: Mapping[str, Any],
    trace: str | None = None,
    *,
    only: set[str] | None = None,
) -> int:
    """Send an event (the whole envelope) to the targets it matches; returns how many.

    A bus that does not exist has no rules: the event vanishes, as on AWS. `only` names the rules
    that a replay is for.
    """
    routes = _routes(tx, bus)
    if routes is None:
        return 0
    count = 0
    for rule in sorted(routes.index.match(dict(event))):
        if only is not None and rule not in only:
            continue
        if rule in routes.archives:
            archives.keep(tx, rule, event)
        else:
            triggered(tx, bus, rule)
        for number, arn in routes.targets.get(rule, ()):
            send(tx, bus, rule, number, arn, event, trace)
            count += 1
    return count


def triggered(tx: Transaction, bus: str, rule: str) -> None:
    """Count that an event or its schedule made a rule act."""
    tx.counted.append(("events.triggered", bus, rule, 1.0))


def send(
    tx: Transaction,
    bus: str,
    rule: str,
    target: str,
    arn: str,
    event: Mapping[str, Any],
    trace: str | None = None,
) -> None:
    """Have an event carried to one target."""
    payload = {
        "bus": bus,
        "rule": rule,
        "id": target,
        "ingested": iso_millis(tx.now),
        "event": event,
    }
    over_http = ":api-destination/" in arn or arn.startswith("arn:aws:execute-api:")
    kind = HTTP_TARGET if over_http else TARGET
    outbox.emit(tx, kind, arn, orjson.dumps(payload), trace=trace)
