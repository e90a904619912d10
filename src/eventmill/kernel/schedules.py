"""Schedule expressions: `rate(...)`, `cron(...)` and `at(...)`, shared by rules and Scheduler.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol

_UNITS = {"minute": 60, "hour": 3_600, "day": 86_400}
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)\Z")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)\Z")
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)\Z")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_YEARS = (1970, 2199)
_SHORTEST = 60
"""Seconds that two times of a schedule lie apart at the least."""


class ScheduleError(ValueError):
    """The expression is none that AWS takes."""


class Schedule(Protocol):
    """When something is due."""

    def after(self, now: float, anchor: float) -> float | None:
        """The first time after `now`, epoch seconds; None when there is no more.

        `anchor` is where intervals count from: the time of the creation or of an earlier firing.
        """
        ...


def latest(schedule: Schedule, last: float, now: float) -> float:
    """The latest time up to `now` of a schedule that was due at `last`, which intervals count from.

    It is searched for from `now` back: what is due every minute was missed thousands of times
    after some days, and each step costs as much as the whole search.
    """
    found, ahead, window = last, now, float(_SHORTEST)
    first = schedule.after(last, last)
    if first is None or first > now:
        return last
    while ahead - found > _SHORTEST:
        middle = max((found + ahead) / 2, ahead - window)
        window *= 2
        due = schedule.after(middle, last)
        if due is None or due > now:
            ahead = middle
        else:
            found = due
    due = schedule.after(found, last)
    return found if due is None or due > now else due


def parse_schedule(text: str, zone: tzinfo = UTC, *, scheduler: bool = False) -> Schedule:
    """Compile an expression of a rule, or of Scheduler, which takes `at(...)` too.

    Rules want a rate's unit in the singular for one and in the plural for all else; Scheduler
    takes both for any number. Raises ScheduleError.
    """
    rate = _RATE.match(text)
    if rate:
        count = int(rate[1])
        if count < 1 or (not scheduler and (count == 1) == bool(rate[3])):
            raise ScheduleError(text)
        return _Rate(count * _UNITS[rate[2]])
    cron = _CRON.match(text)
    if cron:
        return _parse_cron(cron.groups(), zone)
    moment = _AT.match(text) if scheduler else None
    if moment:
        try:
            return _At(datetime.fromisoformat(moment[1]).replace(tzinfo=zone).timestamp())
        except ValueError:
            raise ScheduleError(text) from None
    raise ScheduleError(text)


@dataclass(frozen=True, slots=True)
class _Rate:
    seconds: int

    def after(self, now: float, anchor: float) -> float | None:
        passed = max(0, int((now - anchor) // self.seconds))
        return anchor + (passed + 1) * self.seconds


@dataclass(frozen=True, slots=True)
class _At:
    moment: float

    def after(self, now: float, anchor: float) -> float | None:
        return self.moment if self.moment > now else None


@dataclass(frozen=True, slots=True)
class _Cron:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: str
    """Day of month: `?`, or the field's text."""
    months: frozenset[int]
    weekdays: str
    years: frozenset[int]
    zone: tzinfo

    def after(self, now: float, anchor: float) -> float | None:
        start = datetime.fromtimestamp(now, self.zone)
        for year in range(start.year, _YEARS[1] + 1):
            if year not in self.years:
                continue
            for month in range(start.month if year == start.year else 1, 13):
                if month not in self.months:
                    continue
                for day in self._days(year, month):
                    if date(year, month, day) < start.date():
                        continue
                    found = self._within(date(year, month, day), now)
                    if found is not None:
                        return found
        return None

    def _within(self, day: date, now: float) -> float | None:
        start = datetime.fromtimestamp(now, self.zone)
        for hour in self.hours:
            # Of the day that has begun only what is left is looked at: a pattern of every minute
            # has 1,440 times a day.
            if day == start.date() and hour < start.hour:
                continue
            for minute in self.minutes:
                moment = datetime.combine(day, time(hour, minute), self.zone)
                stamp = moment.timestamp()
                # A local time that daylight saving skips does not exist and is not run.
                real = datetime.fromtimestamp(stamp, self.zone)
                if stamp > now and (real.hour, real.minute) == (hour, minute):
                    return stamp
        return None

    def _days(self, year: int, month: int) -> list[int]:
        last = calendar.monthrange(year, month)[1]
        if self.days != "?":
            found = _days_of_month(self.days, year, month, last)
        else:
            found = _weekdays(self.weekdays, year, month, last)
        return sorted(day for day in found if 1 <= day <= last)


def _parse_cron(fields: tuple[str, ...], zone: tzinfo) -> _Cron:
    minute, hour, days, month, weekdays, year = (field.upper() for field in fields)
    if (days == "?") == (weekdays == "?"):
        raise ScheduleError("exactly one of day-of-month and day-of-week is ?")
    # Month names and the days' texts are checked here so that a bad one fails when declared.
    if days != "?":
        _days_of_month(days, 2024, 1, 31)
    else:
        _weekdays(weekdays, 2024, 1, 31)
    return _Cron(
        tuple(sorted(_numbers(minute, 0, 59))),
        tuple(sorted(_numbers(hour, 0, 23))),
        days,
        frozenset(_numbers(month, 1, 12, _MONTHS)),
        weekdays,
        frozenset(_numbers(year, *_YEARS)),
        zone,
    )


def _number(text: str, low: int, high: int, names: dict[str, int]) -> int:
    value = names.get(text)
    if value is None:
        if not text.isdigit():
            raise ScheduleError(text)
        value = int(text)
    if not low <= value <= high:
        raise ScheduleError(text)
    return value


def _numbers(field: str, low: int, high: int, names: dict[str, int] | None = None) -> set[int]:
    names = names or {}
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, 1, high, {}) if slash else 1
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = low, high
        elif dash:
            start, end = _number(first, low, high, names), _number(last, low, high, names)
        else:
            start = _number(span, low, high, names)
            end = high if slash else start
        if start <= end:
            found.update(range(start, end + 1, step))
        else:
            # FRI-MON wraps around the end of the week.
            span_of_all = [*range(start, high + 1), *range(low, end + 1)]
            found.update(span_of_all[::step])
    return found


def _days_of_month(field: str, year: int, month: int, last: int) -> Iterable[int]:
    if field == "L":
        return {last}
    if field == "LW":
        return {_nearest_weekday(last, year, month, last)}
    if field.endswith("W"):
        return {_nearest_weekday(_number(field[:-1], 1, 31, {}), year, month, last)}
    return _numbers(field, 1, 31)


def _nearest_weekday(day: int, year: int, month: int, last: int) -> int:
    day = min(day, last)
    weekday = date(year, month, day).weekday()
    if weekday == 5:
        return day - 1 if day > 1 else day + 2
    if weekday == 6:
        return day + 1 if day < last else day - 2
    return day


def _weekdays(field: str, year: int, month: int, last: int) -> Iterable[int]:
    def days_of(number: int) -> list[int]:
        # AWS counts from Sunday = 1.
        return [
            day
            for day in range(1, last + 1)
            if (date(year, month, day) + timedelta(days=1)).weekday() == (number - 1) % 7
        ]

    name, hashed, position = field.partition("#")
    if hashed:
        found = days_of(_number(name, 1, 7, _DAYS))
        place = _number(position, 1, 5, {})
        return found[place - 1 : place]
    if field == "L":
        return days_of(7)
    if field.endswith("L"):
        return days_of(_number(field[:-1], 1, 7, _DAYS))[-1:]
    wanted = _numbers(field, 1, 7, _DAYS)
    return [day for number in wanted for day in days_of(number)]
