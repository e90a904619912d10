"""Metrics as one point a minute: how many values, their sum, bounds and spread.

A point is enough for every statistic; percentiles are exact to within two percent, since values
are counted by size in steps of four percent.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from eventmill.kernel.metrics import Dimensions, Sample
from eventmill.store.transaction import Transaction

MINUTE = 60
RETENTION = 15 * 86_400
"""Seconds that points of a minute are kept."""

_STEP = math.log(1.04)


@dataclass(slots=True)
class Point:
    """Values of one minute, or of any longer time."""

    count: float = 0.0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    spread: dict[str, float] = field(default_factory=dict)

    def add(self, value: float, count: float) -> None:
        """Count a value in."""
        self.count += count
        self.total += value * count
        self.low = min(self.low, value)
        self.high = max(self.high, value)
        size = _size(value)
        self.spread[size] = self.spread.get(size, 0.0) + count

    def merge(self, other: Point) -> None:
        """Count another time's values in."""
        self.count += other.count
        self.total += other.total
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)
        for size, count in other.spread.items():
            self.spread[size] = self.spread.get(size, 0.0) + count

    def statistic(self, name: str) -> float:
        """Average, Sum, Minimum, Maximum, SampleCount or a percentile (`p99.5`)."""
        if name.startswith("p"):
            return self._percentile(float(name[1:]))
        return {
            "Average": self.total / self.count,
            "Sum": self.total,
            "Minimum": self.low,
            "Maximum": self.high,
            "SampleCount": self.count,
        }[name]

    def _percentile(self, percent: float) -> float:
        if percent == 100:
            return self.high
        wanted = self.count * percent / 100
        for size in sorted(self.spread, key=_middle):
            wanted -= self.spread[size]
            if wanted <= 1e-9:
                return min(max(_middle(size), self.low), self.high)
        return self.high


def _size(value: float) -> str:
    """`0`, or the sign (p, n) and the number of steps from 1."""
    if value == 0:
        return "0"
    return f"{'p' if value > 0 else 'n'}{round(math.log(abs(value)) / _STEP)}"


def _middle(size: str) -> float:
    if size == "0":
        return 0.0
    middle = math.exp(int(size[1:]) * _STEP)
    return middle if size[0] == "p" else -middle


def key(dimensions: Iterable[Mapping[str, str]]) -> Dimensions:
    """From the API's list."""
    return tuple(sorted((entry["Name"], entry["Value"]) for entry in dimensions))


def add(tx: Transaction, samples: Iterable[Sample]) -> None:
    """Count values in, each in its minute."""
    gathered: dict[tuple[str, str, Dimensions, str, int], Point] = {}
    for sample in samples:
        place = (
            sample.namespace,
            sample.name,
            sample.dimensions,
            sample.unit,
            int(sample.at // MINUTE),
        )
        gathered.setdefault(place, Point()).add(sample.value, sample.count)
    for (namespace, name, dimensions, unit, minute), point in gathered.items():
        _store(tx, _metric(tx, namespace, name, dimensions, unit), minute, point)


def _metric(tx: Transaction, namespace: str, name: str, dimensions: Dimensions, unit: str) -> int:
    row = tx.one(
        "INSERT INTO cloudwatch_metrics(namespace, name, dimensions, unit, updated)"
        " VALUES(?,?,?,?,?) ON CONFLICT DO UPDATE SET updated=excluded.updated RETURNING id",
        (namespace, name, orjson.dumps(dimensions).decode(), unit, tx.now),
    )
    assert row is not None
    return int(row[0])


def _store(tx: Transaction, metric: int, minute: int, point: Point) -> None:
    row = tx.one(
        "SELECT count, total, low, high, spread FROM cloudwatch_points WHERE metric=? AND minute=?",
        (metric, minute),
    )
    if row is not None:
        count, total, low, high, spread = row
        point.merge(Point(count, total, low, high, orjson.loads(spread)))
    tx.execute(
        "INSERT OR REPLACE INTO cloudwatch_points VALUES(?,?,?,?,?,?,?)",
        (
            metric,
            minute,
            point.count,
            point.total,
            point.low,
            point.high,
            orjson.dumps(point.spread).decode(),
        ),
    )


def series(
    tx: Transaction,
    namespace: str,
    name: str,
    dimensions: Dimensions,
    unit: str | None,
    start: float,
    end: float,
    period: int,
) -> dict[int, Point]:
    """Points of `period` seconds by their beginning, from `start` up to `end`, gaps left out.

    Without a unit those of every unit count.
    """
    rows = tx.all(
        "SELECT p.minute, p.count, p.total, p.low, p.high, p.spread FROM cloudwatch_metrics m"
        " JOIN cloudwatch_points p ON p.metric=m.id WHERE m.namespace=? AND m.name=?"
        " AND m.dimensions=? AND (?4 IS NULL OR m.unit=?4) AND p.minute>=?5 AND p.minute<?6",
        (
            namespace,
            name,
            orjson.dumps(dimensions).decode(),
            unit,
            math.floor(start / MINUTE),
            math.ceil(end / MINUTE),
        ),
    )
    found: dict[int, Point] = {}
    for minute, count, total, low, high, spread in rows:
        begin = minute * MINUTE // period * period
        found.setdefault(begin, Point()).merge(Point(count, total, low, high, orjson.loads(spread)))
    return found


def metrics(tx: Transaction) -> Sequence[tuple[str, str, Dimensions, float]]:
    """(namespace, name, dimensions, when it last got a value) of every metric."""
    rows = tx.all(
        "SELECT namespace, name, dimensions, max(updated) FROM cloudwatch_metrics"
        " GROUP BY namespace, name, dimensions ORDER BY namespace, name, dimensions"
    )
    return [
        (namespace, name, tuple((n, v) for n, v in orjson.loads(dimensions)), updated)
        for namespace, name, dimensions, updated in rows
    ]


def expire(tx: Transaction) -> None:
    """Forget what is past its retention."""
    oldest = int((tx.now - RETENTION) // MINUTE)
    tx.execute("DELETE FROM cloudwatch_points WHERE minute<?", (oldest,))
    tx.execute("DELETE FROM cloudwatch_metrics WHERE updated<?", (tx.now - RETENTION,))
