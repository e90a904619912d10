"""Metric filters: values of metrics from the events of a group.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from eventmill.kernel.metrics import Dimensions, Sample
from eventmill.observe import emf
from eventmill.services.contract import Call, Result
from eventmill.services.logs.filters import compile_filter
from eventmill.services.logs.groups import OPERATIONS, missing, page, require_group
from eventmill.store.transaction import Transaction


def put(call: Call, group: str, name: str, pattern: str, transformations: list[Any]) -> None:
    """Create or replace one. Raises Invalid."""
    require_group(call, group)
    compile_filter(pattern)
    call.tx.execute(
        "INSERT OR REPLACE INTO logs_metric_filters VALUES(?,?,?,?,?)",
        (group, name, pattern, json.dumps(transformations), int(call.now * 1000)),
    )


def delete(call: Call, group: str, name: str) -> bool:
    """False when there is no such filter."""
    gone = call.tx.execute("DELETE FROM logs_metric_filters WHERE grp=? AND name=?", (group, name))
    return gone.rowcount > 0


def samples(tx: Transaction, group: str, lines: Sequence[tuple[int, str]]) -> list[Sample]:
    """The metrics that (epoch milliseconds, text) lines carry, and those a group's filters make."""
    return [*emf.samples(lines), *_filtered(tx, group, lines)]


def _filtered(tx: Transaction, group: str, lines: Sequence[tuple[int, str]]) -> Iterator[Sample]:
    for pattern, transformations in tx.all(
        "SELECT pattern, transformations FROM logs_metric_filters WHERE grp=?", (group,)
    ):
        wanted = compile_filter(pattern)
        found = [(time, wanted.reader(text)) for time, text in lines if wanted.matches(text)]
        for transformation in json.loads(transformations):
            for time, read in found:
                yield from _sample(transformation, time, read)
            default = transformation.get("defaultValue")
            if default is not None and not found and lines:
                yield _at(transformation, lines[-1][0], float(default), ())


def _sample(
    transformation: Mapping[str, Any], time: int, read: Callable[[str], str | None]
) -> Iterator[Sample]:
    """Nothing when the value or a dimension is not in the event."""
    text = str(transformation["metricValue"])
    named = transformation.get("dimensions") or {}
    dimensions = {name: read(selector) for name, selector in named.items()}
    if None in dimensions.values():
        return
    try:
        value = float((read(text) or "") if text.startswith("$") else text)
    except ValueError:
        return
    yield _at(
        transformation, time, value, tuple(sorted((n, str(v)) for n, v in dimensions.items()))
    )


def _at(
    transformation: Mapping[str, Any], time: int, value: float, dimensions: Dimensions
) -> Sample:
    return Sample(
        transformation["metricNamespace"],
        transformation["metricName"],
        dimensions,
        value,
        time / 1000,
        transformation.get("unit") or "None",
    )


@OPERATIONS.write("PutMetricFilter")
def put_metric_filter(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a pattern that is none."""
    put(
        call,
        request["logGroupName"],
        request["filterName"],
        request["filterPattern"],
        request["metricTransformations"],
    )
    return {}


@OPERATIONS.write("DeleteMetricFilter")
def delete_metric_filter(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    require_group(call, request["logGroupName"])
    if not delete(call, request["logGroupName"], request["filterName"]):
        raise missing("metric filter")
    return {}


@OPERATIONS.scan("DescribeMetricFilters")
def describe_metric_filters(call: Call, request: dict[str, Any]) -> Result:
    """By name, of one group or of all, or those of one metric."""
    group, prefix = request.get("logGroupName"), request.get("filterNamePrefix") or ""
    if group:
        require_group(call, group)
    rows = call.tx.all("SELECT * FROM logs_metric_filters ORDER BY name, grp")
    found = [
        (
            f"{name}\n{of}",
            {
                "filterName": name,
                "filterPattern": pattern,
                "metricTransformations": json.loads(transformations),
                "creationTime": created,
                "logGroupName": of,
            },
        )
        for of, name, pattern, transformations, created in rows
        if group in (None, of) and name.startswith(prefix)
    ]
    return page([one for one in found if _makes(one[1], request)], "metricFilters", request)


def _makes(shown: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Whether a filter makes the metric that a request is about."""
    names = ("metricName", "metricNamespace")
    return any(
        all(one.get(name) == (request.get(name) or one.get(name)) for name in names)
        for one in shown["metricTransformations"]
    )


@OPERATIONS.read("TestMetricFilter")
def test_metric_filter(call: Call, request: dict[str, Any]) -> Result:
    """Which of the messages the pattern wants, and what it names in them."""
    wanted = compile_filter(request["filterPattern"])
    matches = [
        {
            "eventNumber": number,
            "eventMessage": message,
            "extractedValues": wanted.extracted(message),
        }
        for number, message in enumerate(request["logEventMessages"], 1)
        if wanted.matches(message)
    ]
    return {"matches": matches}
