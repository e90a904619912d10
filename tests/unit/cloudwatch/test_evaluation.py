"""What becomes of an alarm by its datapoints, and of values by their spread."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.services.cloudwatch.evaluation import judge
from eventmill.services.cloudwatch.points import Point


def state(values: list[float | None], treatment: str, needed: int = 2, now: str = "OK") -> str:
    config: dict[str, Any] = {
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 10.0,
        "EvaluationPeriods": len(values),
        "DatapointsToAlarm": needed,
        "TreatMissingData": treatment,
    }
    return judge(config, values, now)[0]


@pytest.mark.parametrize(
    ("values", "missing", "breaching", "not_breaching", "ignore"),
    [
        ([11, 11, 1], "ALARM", "ALARM", "ALARM", "ALARM"),
        ([1, 11, 1], "OK", "OK", "OK", "OK"),
        ([None, None, None], "INSUFFICIENT_DATA", "ALARM", "OK", "OK"),
        ([None, 11, None], "OK", "ALARM", "OK", "OK"),
        ([None, 11, 11], "ALARM", "ALARM", "ALARM", "ALARM"),
        ([None, 1, 1], "OK", "OK", "OK", "OK"),
    ],
)
def test_missing_data(
    values: list[float | None], missing: str, breaching: str, not_breaching: str, ignore: str
) -> None:
    assert state(values, "missing") == missing
    assert state(values, "breaching") == breaching
    assert state(values, "notBreaching") == not_breaching
    assert state(values, "ignore") == ignore


def test_ignored_gaps_keep_an_alarm() -> None:
    assert state([None, 1, None], "ignore", now="ALARM") == "ALARM"


_NUMBERS = st.floats(-1e9, 1e9).map(lambda value: 0.0 if abs(value) < 1e-6 else value)


@given(st.lists(_NUMBERS, min_size=1, max_size=60), st.integers(1, 100))
def test_percentiles_are_near_the_value_of_their_rank(values: list[float], percent: int) -> None:
    point = Point()
    for value in values:
        point.add(value, 1.0)
    rank = max(1, -(-len(values) * percent // 100))
    exact = sorted(values)[rank - 1]
    assert point.statistic(f"p{percent}") == pytest.approx(exact, rel=0.021, abs=1e-9)


@given(st.lists(_NUMBERS, min_size=1), st.lists(_NUMBERS, min_size=1))
def test_merged_points_are_the_point_of_all_values(one: list[float], other: list[float]) -> None:
    first, second, whole = Point(), Point(), Point()
    for value in one:
        first.add(value, 1.0)
        whole.add(value, 1.0)
    for value in other:
        second.add(value, 1.0)
        whole.add(value, 1.0)
    first.merge(second)
    assert (first.count, first.low, first.high) == (whole.count, whole.low, whole.high)
    assert first.spread == whole.spread
    assert first.total == pytest.approx(whole.total, abs=1.0)
