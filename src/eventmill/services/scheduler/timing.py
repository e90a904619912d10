"""When a schedule is due: its expression in its time zone, its dates, its flexible window.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from eventmill.kernel import schedules
from eventmill.kernel.schedules import Schedule, ScheduleError, parse_schedule
from eventmill.services.scheduler import faults

_LATE_START = 300
"""Seconds that a StartDate may lie in the past."""


@lru_cache(maxsize=4_096)
def _parsed(expression: str, zone: str) -> Schedule:
    return parse_schedule(expression, ZoneInfo(zone), scheduler=True)


def _schedule(config: Mapping[str, Any]) -> Schedule:
    zone = config.get("ScheduleExpressionTimezone") or "UTC"
    return _parsed(config["ScheduleExpression"], zone)


def check(config: Mapping[str, Any], now: float) -> None:
    """Raises Invalid for an expression, zone, date or window that AWS refuses."""
    check_expression(config)
    check_window(config["FlexibleTimeWindow"])
    if not config["ScheduleExpression"].startswith("at("):
        _check_dates(config.get("StartDate"), config.get("EndDate"), now)


def check_window(window: Mapping[str, Any]) -> None:
    """Raises Invalid for a flexible time window that AWS refuses."""
    if window["Mode"] not in ("OFF", "FLEXIBLE"):
        raise faults.validation(
            f"1 validation error detected: Value '{window['Mode']}' at 'flexibleTimeWindow.mode' "
            "failed to satisfy constraint: Member must satisfy enum value set: [OFF, FLEXIBLE]"
        )
    minutes = window.get("MaximumWindowInMinutes")
    if window["Mode"] == "FLEXIBLE" and not 1 <= (minutes or 0) <= 1_440:
        raise faults.validation(
            "MaximumWindowInMinutes must be between 1 and 1440 when FlexibleTimeWindow is FLEXIBLE."
        )
    if window["Mode"] == "OFF" and minutes is not None:
        raise faults.validation(
            "MaximumWindowInMinutes must not be set when FlexibleTimeWindow is OFF."
        )


def check_expression(config: Mapping[str, Any]) -> None:
    """Raises Invalid for an expression or a time zone that is none."""
    expression, zone = config["ScheduleExpression"], config.get("ScheduleExpressionTimezone")
    try:
        ZoneInfo(zone or "UTC")
    except (KeyError, ValueError, OSError):
        raise faults.validation(f"Invalid ScheduleExpressionTimezone {zone}.") from None
    try:
        _schedule(config)
    except ScheduleError:
        raise faults.validation(f"Invalid Schedule Expression {expression}.") from None


def _check_dates(start: float | None, end: float | None, now: float) -> None:
    if start is not None and start < now - _LATE_START:
        raise faults.validation("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if end is not None and end <= (start or now):
        raise faults.validation("The EndDate you specify must come after the StartDate and now.")


def first(config: Mapping[str, Any], now: float) -> float | None:
    """The first time of a schedule that begins now; None when it has none.

    A rate begins at its StartDate, or at once; `at` whose time is past is due at once.
    """
    expression, start = config["ScheduleExpression"], config.get("StartDate")
    schedule = _schedule(config)
    if expression.startswith("at("):
        return schedule.after(now, now) or now
    if expression.startswith("rate("):
        found: float | None = now
        if start is not None:
            found = start if start >= now else schedule.after(now, start)
    else:
        # What falls on the StartDate itself is run.
        found = schedule.after(max(now, (start or now) - 0.001), now)
    return _before_end(config, found)


def following(config: Mapping[str, Any], last: float) -> float | None:
    """The time after `last`; None when there is no more."""
    return _before_end(config, _schedule(config).after(last, last))


def latest(config: Mapping[str, Any], last: float, now: float) -> float:
    """The latest time up to `now` of a schedule that was due at `last`."""
    return schedules.latest(_schedule(config), last, min(now, config.get("EndDate") or now))


def _before_end(config: Mapping[str, Any], found: float | None) -> float | None:
    end = config.get("EndDate")
    return None if found is None or (end is not None and found > end) else found


def within_window(config: Mapping[str, Any], arn: str, scheduled: float) -> float:
    """A moment of the flexible window that begins at `scheduled`, the same for every asking."""
    window = config["FlexibleTimeWindow"]
    if window["Mode"] != "FLEXIBLE":
        return scheduled
    seconds: int = window["MaximumWindowInMinutes"] * 60
    return scheduled + zlib.crc32(f"{arn} {scheduled}".encode()) % seconds
