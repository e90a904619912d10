"""Reading metrics in tests."""

from __future__ import annotations

from eventmill.testing import TestEngine

_DAY = 86_400


def total(app: TestEngine, name: str, **dimensions: str) -> float:
    """The sum of a metric of Lambda's over the last day."""
    now = app.inner.clock.now()
    found = app.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - _DAY,
        EndTime=now + 60,
        Period=_DAY,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in found))
