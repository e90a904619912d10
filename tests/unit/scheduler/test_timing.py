"""When schedules are due, within their dates and windows."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventmill.services.scheduler import timing

NOW = 1_750_000_000.0
DATES = st.one_of(st.none(), st.integers(-200, 500_000).map(lambda seconds: NOW + seconds))
EXPRESSIONS = st.sampled_from(
    [
        "rate(1 minute)",
        "rate(7 hours)",
        "rate(2 days)",
        "cron(*/20 * * * ? *)",
        "cron(15 3 * * ? *)",
        "at(2025-06-17T10:00:00)",
        "at(2020-01-01T00:00:00)",
    ]
)


@given(EXPRESSIONS, DATES, DATES, st.sampled_from(["UTC", "America/New_York"]))
def test_times_come_one_after_the_other_within_the_dates(
    expression: str, start: float | None, end: float | None, zone: str
) -> None:
    config: dict[str, Any] = {
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": zone,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "StartDate": start,
        "EndDate": end,
    }
    once = expression.startswith("at(")
    times = []
    due = timing.first(config, NOW)
    while due is not None and len(times) < 20:
        times.append(due)
        due = timing.following(config, due)
    assert times == sorted(set(times))
    assert all(moment >= NOW for moment in times)
    if times:
        beyond = times[-1] + (0 if due is not None else 1_000_000)
        assert timing.latest(config, times[0], beyond) == times[-1]
    if once:
        # The dates are for what recurs.
        assert len(times) == 1
        return
    assert all(moment >= (start or NOW) and moment <= (end or moment) for moment in times)
    if end is None:
        assert len(times) == 20


@given(st.integers(1, 1_440), st.floats(NOW, NOW + 1e7))
def test_a_flexible_window_is_kept_to_and_gives_the_same_moment_again(
    minutes: int, scheduled: float
) -> None:
    config = {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes}}
    due = timing.within_window(config, "arn", scheduled)
    assert scheduled <= due < scheduled + minutes * 60
    assert due == timing.within_window(config, "arn", scheduled)
