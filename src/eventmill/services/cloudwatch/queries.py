"""Queries for series: one metric's statistic, or an expression over other queries.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
"""

from __future__ import annotations

import ast
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


def check_period(given: Any) -> int:
    """Seconds, whole minutes at least; templates may give a text. Raises Invalid."""
    period = int(given)
    if period < 1 or (period > points.MINUTE and period % points.MINUTE):
        raise faults.value(
            "The parameter Period must be greater than or equal to 60 and must be a multiple of 60."
        )
    return max(period, points.MINUTE)


def period_of(queries: Sequence[Mapping[str, Any]]) -> int:
    """The longest of the metrics', by which an expression is evaluated."""
    periods = [query["MetricStat"]["Period"] for query in queries if query.get("MetricStat")]
    periods += [query["Period"] for query in queries if query.get("Period")]
    return max(map(check_period, periods), default=points.MINUTE)


def check(queries: Sequence[Mapping[str, Any]]) -> None:
    """Raises Invalid for queries that `run` could not answer."""
    for query in queries:
        if query.get("MetricStat"):
            check_statistic(query["MetricStat"]["Stat"])
    period_of(queries)
    named: dict[str, Series] = {query["Id"]: {} for query in queries if query.get("MetricStat")}
    _add_expressions(named, queries, range(0))


def looks_back(queries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether values also depend on those of the period before."""
    texts = [query["Expression"] for query in queries if query.get("Expression")]
    return any(expressions.looks_back(expressions.parse(text)) for text in texts)


def run(
    tx: Transaction, queries: Sequence[Mapping[str, Any]], start: float, end: float
) -> dict[str, Series]:
    """The series of each query by its id. Raises Invalid."""
    found: dict[str, Series] = {}
    period = period_of(queries)
    for query in queries:
        if query.get("MetricStat"):
            found[query["Id"]] = _metric(tx, query["MetricStat"], start, end)
    begin = math.floor(start / period) * period
    _add_expressions(found, queries, range(begin, math.ceil(end), period))
    return found


def _add_expressions(
    found: dict[str, Series], queries: Sequence[Mapping[str, Any]], periods: range
) -> None:
    """The series of each expression beside those that it names, whatever their order."""
    waiting: dict[str, ast.expr] = {}
    metrics = list(found)
    for query in queries:
        if query.get("MetricStat"):
            continue
        if not query.get("Expression"):
            raise faults.validation(
                f"The query {query['Id']} must have either MetricStat or Expression."
            )
        waiting[query["Id"]] = expressions.parse(query["Expression"])
    while waiting:
        ready = (
            name for name, tree in waiting.items() if not expressions.names(tree) & set(waiting)
        )
        # In a circle none is: the first then says which variable it lacks.
        name = next(ready, next(iter(waiting)))
        value = expressions.evaluate(waiting.pop(name), found, periods, metrics)
        found[name] = dict.fromkeys(periods, value) if isinstance(value, float) else value


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
