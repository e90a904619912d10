"""Queries for series: one metric's statistic, or an expression over other queries.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from eventmill.services.cloudwatch import expressions, faults, points
from eventmill.services.cloudwatch.expressions import Series
from eventmill.store.transaction import Transaction

STATISTICS = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")
_PERCENTILE = re.compile(r"p(\d{1,2}(\.\d{1,10})?|100)\Z")


def check_statistic(name: str) -> None:
    """Raises Invalid for one that is not offered."""
    if name not in STATISTICS and not _PERCENTILE.match(name):
        raise faults.value(
            f"The statistic {name} is not offered. Offered are {', '.join(STATISTICS)} and "
            "percentiles such as p99."
        )


def check_period(period: int) -> int:
    """Seconds, whole minutes at least. Raises Invalid."""
    if period < 1 or (period > points.MINUTE and period % points.MINUTE):
        raise faults.value(
            "The parameter Period must be greater than or equal to 60 and must be a multiple of 60."
        )
    return max(period, points.MINUTE)


def period_of(queries: Sequence[Mapping[str, Any]]) -> int:
    """The longest of the metrics', by which an expression is evaluated."""
    periods = [query["MetricStat"]["Period"] for query in queries if query.get("MetricStat")]
    periods += [query["Period"] for query in queries if query.get("Period")]
    return check_period(max(periods, default=points.MINUTE))


def run(
    tx: Transaction, queries: Sequence[Mapping[str, Any]], start: float, end: float
) -> dict[str, Series]:
    """The series of each query by its id. Raises Invalid."""
    found: dict[str, Series] = {}
    period = period_of(queries)
    for query in queries:
        if query.get("MetricStat"):
            found[query["Id"]] = _metric(tx, query["MetricStat"], start, end)
    waiting = [query for query in queries if not query.get("MetricStat")]
    begin = math.floor(start / period) * period
    periods = range(begin, math.ceil(end), period)
    for query in waiting:
        if not query.get("Expression"):
            raise faults.validation(
                f"The query {query['Id']} must have either MetricStat or Expression."
            )
        value = expressions.evaluate(expressions.parse(query["Expression"]), found, periods)
        found[query["Id"]] = dict.fromkeys(periods, value) if isinstance(value, float) else value
    return found


def _metric(tx: Transaction, stat: Mapping[str, Any], start: float, end: float) -> Series:
    check_statistic(stat["Stat"])
    metric = stat["Metric"]
    found = points.series(
        tx,
        metric["Namespace"],
        metric["MetricName"],
        points.key(metric.get("Dimensions") or ()),
        stat.get("Unit"),
        start,
        end,
        check_period(stat["Period"]),
    )
    return {begin: point.statistic(stat["Stat"]) for begin, point in sorted(found.items())}
