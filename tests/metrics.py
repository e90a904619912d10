"""Reading metrics in tests."""

from __future__ import annotations

from eventmill.testing import TestEngine

_DAY = 86_400


def total(app: TestEngine, name: str, **dimensions: str) -> float:
    """The sum of a metric of Lambda's over the last day."""
    return sum(values(app, "AWS/Lambda", name, "Sum", **dimensions))


def values(
    app: TestEngine, namespace: str, name: str, statistic: str, **dimensions: str
) -> list[float]:
    """A metric's statistic over the last two days, a value for each day that has one."""
    now = app.inner.clock.now()
    found = app.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - _DAY,
        EndTime=now + 60,
        Period=_DAY,
        Statistics=[statistic],
    )["Datapoints"]
    return [float(point[statistic]) for point in found]
