"""What every loop of deliver is given."""

from __future__ import annotations

from dataclasses import dataclass

from eventmill.deliver.concurrency import Gate
from eventmill.deliver.inflight import Flights
from eventmill.kernel.clock import Clock
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import CountSink, MetricSink
from eventmill.store.database import Database


@dataclass(frozen=True, slots=True)
class Parts:
    """`holder` names this start of the engine: what earlier ones held is given back."""

    database: Database
    clock: Clock
    ids: Ids
    gate: Gate
    flights: Flights
    metrics: MetricSink
    counts: CountSink
    holder: str
