"""Schedule expressions against a walk through every minute of the local clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventmill.kernel.schedules import Schedule, ScheduleError, latest, parse_schedule

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
CHANGES = {
    "Europe/Berlin": [datetime(2025, 3, 30), datetime(2025, 10, 26)],
    "America/New_York": [datetime(2025, 3, 9), datetime(2025, 11, 2)],
    # Half an hour instead of a whole one.
    "Australia/Lord_Howe": [datetime(2025, 4, 6), datetime(2025, 10, 5)],
}


def walked(zone: ZoneInfo, start: float, minutes: set[int], hours: set[int]) -> float:
    """The first whole minute after `start` whose local time is wanted and comes first."""
    stamp = int(start // 60) * 60
    while True:
        stamp += 60
        local = datetime.fromtimestamp(stamp, zone)
        if stamp > start and local.minute in minutes and local.hour in hours and not local.fold:
            return float(stamp)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.data(),
    st.sets(st.integers(0, 59), min_size=1, max_size=4),
    st.sets(st.integers(0, 23), min_size=1, max_size=4),
)
def test_cron_runs_each_local_time_once_and_skips_what_daylight_saving_skips(
    name: str, data: st.DataObject, minutes: set[int], hours: set[int]
) -> None:
    zone = ZoneInfo(name)
    day = data.draw(st.sampled_from(CHANGES.get(name, [datetime(2025, 6, 30)])))
    offset = data.draw(st.integers(-20 * 3_600, 20 * 3_600))
    start = day.replace(tzinfo=UTC).timestamp() + offset
    text = f"cron({','.join(map(str, minutes))} {','.join(map(str, hours))} * * ? *)"
    assert parse_schedule(text, zone).after(start, start) == walked(zone, start, minutes, hours)


@given(st.integers(1, 500), st.sampled_from(["minute", "hour", "day"]), st.integers(0, 10**6))
def test_a_rate_keeps_its_beat(count: int, unit: str, passed: int) -> None:
    schedule = parse_schedule(f"rate({count} {unit}{'' if count == 1 else 's'})")
    seconds = count * {"minute": 60, "hour": 3_600, "day": 86_400}[unit]
    found = schedule.after(1_000.0 + passed, 1_000.0)
    assert found is not None and 0 < found - 1_000.0 - passed <= seconds
    assert (found - 1_000.0) % seconds == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cron(0 8 1 * ? *)", "2025-07-01T08:00"),
        ("cron(0 18 ? * MON-FRI *)", "2025-06-13T18:00"),
        ("cron(0 8 L * ? *)", "2025-06-30T08:00"),
        ("cron(0 8 LW 8 ? *)", "2025-08-29T08:00"),
        ("cron(0 8 1W 3 ? 2026)", "2026-03-02T08:00"),
        ("cron(0 8 ? * 3#2 *)", "2025-07-08T08:00"),
        ("cron(0 8 ? * 6L *)", "2025-06-27T08:00"),
        ("cron(0/15 * ? * SUN *)", "2025-06-15T00:00"),
        ("cron(5,35 14 * DEC ? 2025-2027)", "2025-12-01T14:05"),
        ("at(2025-06-13T12:00:30)", "2025-06-13T12:00:30"),
    ],
)
def test_fields_mean_what_aws_documents(text: str, expected: str) -> None:
    friday = datetime(2025, 6, 13, 12, tzinfo=UTC)
    found = parse_schedule(text, scheduler=True).after(friday.timestamp(), 0)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["rate(5 minute)", "rate(1 minutes)"])
def test_scheduler_takes_a_unit_in_either_number(text: str) -> None:
    count = int(text[5])
    assert parse_schedule(text, scheduler=True).after(600, 600) == 600 + 60 * count
    with pytest.raises(ScheduleError):
        parse_schedule(text)


def test_no_more_after_the_last_year() -> None:
    assert parse_schedule("cron(0 0 1 1 ? 2020)").after(1.8e9, 0) is None


@pytest.mark.parametrize(
    "text",
    [
        "cron(0 0 * * * *)",
        "cron(0 0 ? * ? *)",
        "cron(60 0 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 * 13 ? *)",
        "rate(2 minute)",
        "rate(-1 minutes)",
        "at(2025-01-01T00:00:00)",
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        parse_schedule(text)


def test_every_minute_is_found_quickly_at_the_end_of_a_month() -> None:
    end = datetime(2025, 8, 31, 23, 50, tzinfo=UTC)
    schedule = parse_schedule("cron(* * * * ? *)")
    began = datetime.now()
    for minute in range(500):
        now = (end + timedelta(minutes=minute)).timestamp()
        assert schedule.after(now, now) == now + 60
    assert datetime.now() - began < timedelta(seconds=5)


class Counted:
    """A schedule that counts how often it is asked."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule, self.calls = schedule, 0

    def after(self, now: float, anchor: float) -> float | None:
        self.calls += 1
        return self.schedule.after(now, anchor)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [
            "rate(1 minute)",
            "rate(7 minutes)",
            "rate(5 hours)",
            "cron(* * * * ? *)",
            "cron(0-30 9 * * ? *)",
            "cron(15 2 * * ? *)",
            "cron(30 2 ? * SUN *)",
            "cron(0 0 1 1 ? 2025)",
            "at(2025-03-30T02:30:00)",
        ]
    ),
    st.sampled_from(ZONES),
    st.floats(0, 5 * 86_400),
    st.floats(0, 2 * 86_400),
)
def test_the_latest_time_is_the_one_that_walking_finds_in_few_steps(
    expression: str, zone: str, begin: float, missed: float
) -> None:
    start = datetime(2025, 3, 27, tzinfo=UTC).timestamp() + begin
    schedule = parse_schedule(expression, ZoneInfo(zone), scheduler=True)
    last = schedule.after(start, start) or start
    now = last + missed
    wanted, due = last, schedule.after(last, last)
    while due is not None and due <= now:
        wanted, due = due, schedule.after(due, due)
    counted = Counted(schedule)
    assert latest(counted, last, now) == wanted
    assert counted.calls <= 40
