"""Putting and reading metrics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from eventmill.kernel.metrics import Sample
from eventmill.services import paging
from eventmill.services.cloudwatch import faults, points, queries
from eventmill.services.contract import Call, Operations, Result

OPERATIONS = Operations()

_DATA = 1_000
_DIMENSIONS = 30
_PAGE = 500
_ACTIVE = 3 * 3_600
_POINTS = 1_440


@OPERATIONS.write("PutMetricData")
def put_metric_data(call: Call, request: dict[str, Any]) -> Result:
    """Up to 1,000 data, as values, as many values with their counts, or as statistics."""
    if request["Namespace"].startswith("AWS/"):
        raise faults.value("The value AWS/ for parameter Namespace is invalid.")
    data = request.get("MetricData") or []
    if len(data) > _DATA:
        raise faults.value("The collection MetricData must not have a size greater than 1000.")
    points.add(call.tx, [sample for datum in data for sample in _samples(call, request, datum)])
    return {}


def _samples(call: Call, request: Mapping[str, Any], datum: Mapping[str, Any]) -> Iterator[Sample]:
    dimensions = points.key(datum.get("Dimensions") or ())
    if len(dimensions) > _DIMENSIONS:
        raise faults.value("The collection Dimensions must not have a size greater than 30.")
    for value, count in _values(datum):
        if not math.isfinite(value):
            raise faults.value(f"The value {value} for parameter Value is invalid.")
        yield Sample(
            request["Namespace"],
            datum["MetricName"],
            dimensions,
            value,
            datum.get("Timestamp") or call.now,
            datum.get("Unit") or "None",
            count,
        )


def _values(datum: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if len(given) != 1:
        raise faults.combination(
            "At least one, and only one, of the parameters Value, Values and StatisticValues "
            "must be specified."
        )
    if "Value" in given:
        yield float(datum["Value"]), 1.0
    elif "Values" in given:
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        if len(counts) != len(datum["Values"]):
            raise faults.value("The parameters Values and Counts must have the same size.")
        yield from zip(map(float, datum["Values"]), map(float, counts), strict=True)
    else:
        yield from _of_statistics(datum["StatisticValues"])


def _of_statistics(held: Mapping[str, float]) -> Iterator[tuple[float, float]]:
    """Values that have these statistics: the bounds, and the rest at its average."""
    count, low, high = held["SampleCount"], held["Minimum"], held["Maximum"]
    if count <= 1:
        yield held["Sum"] / (count or 1), count
        return
    yield low, 1.0
    yield high, 1.0
    if count > 2:
        yield (held["Sum"] - low - high) / (count - 2), count - 2


@OPERATIONS.scan("ListMetrics")
def list_metrics(call: Call, request: dict[str, Any]) -> Result:
    """500 a page; a dimension without a value matches every value."""
    wanted = {entry["Name"]: entry.get("Value") for entry in request.get("Dimensions") or ()}
    found = []
    for namespace, name, dimensions, updated in points.metrics(call.tx):
        held = dict(dimensions)
        if request.get("Namespace") not in (None, namespace):
            continue
        if request.get("MetricName") not in (None, name):
            continue
        if request.get("RecentlyActive") and updated < call.now - _ACTIVE:
            continue
        if all(key in held and value in (None, held[key]) for key, value in wanted.items()):
            shown = [{"Name": key, "Value": value} for key, value in dimensions]
            found.append({"Namespace": namespace, "MetricName": name, "Dimensions": shown})
    page, token = paging.page(found, request.get("NextToken"), _PAGE, faults.bad_token())
    return {"Metrics": page} | ({"NextToken": token} if token else {})


@OPERATIONS.scan("GetMetricStatistics")
def get_metric_statistics(call: Call, request: dict[str, Any]) -> Result:
    """At the most 1,440 points, in no promised order (here by time)."""
    period = queries.check_period(request["Period"])
    names = [*(request.get("Statistics") or ()), *(request.get("ExtendedStatistics") or ())]
    if not names:
        raise faults.combination(
            "At least one of the parameters Statistics and ExtendedStatistics must be specified."
        )
    for name in names:
        queries.check_statistic(name)
    start, end = request["StartTime"], request["EndTime"]
    if start >= end:
        raise faults.value("The parameter StartTime must be less than the parameter EndTime.")
    if (end - start) / period > _POINTS:
        raise faults.combination(
            "You have requested up to a number of datapoints which exceeds the limit of 1440."
        )
    unit = request.get("Unit")
    dimensions = points.key(request.get("Dimensions") or ())
    found = points.series(
        call.tx, request["Namespace"], request["MetricName"], dimensions, unit, start, end, period
    )
    shown = []
    for begin, point in sorted(found.items()):
        datapoint: dict[str, Any] = {"Timestamp": begin, "Unit": unit or "None"}
        for name in names:
            value = point.statistic(name)
            if name.startswith("p"):
                datapoint.setdefault("ExtendedStatistics", {})[name] = value
            else:
                datapoint[name] = value
        shown.append(datapoint)
    return {"Label": request["MetricName"], "Datapoints": shown}


@OPERATIONS.scan("GetMetricData")
def get_metric_data(call: Call, request: dict[str, Any]) -> Result:
    """Newest first unless ScanBy says otherwise."""
    asked = request["MetricDataQueries"]
    found = queries.run(call.tx, asked, request["StartTime"], request["EndTime"])
    newest_first = request.get("ScanBy") != "TimestampAscending"
    results = []
    for query in asked:
        if query.get("ReturnData") is False:
            continue
        series = sorted(found[query["Id"]].items(), reverse=newest_first)
        label = query.get("Label") or _label(query)
        results.append(
            {
                "Id": query["Id"],
                "Label": label,
                "Timestamps": [begin for begin, _ in series],
                "Values": [value for _, value in series],
                "StatusCode": "Complete",
            }
        )
    return {"MetricDataResults": results, "Messages": []}


def _label(query: Mapping[str, Any]) -> str:
    stat = query.get("MetricStat")
    return str(stat["Metric"]["MetricName"] if stat else query["Id"])
