"""Dates as documents write them, in English, German and French."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTH_NAMES = (
    ("january", "januar", "jänner", "janvier", "jan"),
    ("february", "februar", "février", "fevrier", "feb", "févr", "fév"),
    ("march", "märz", "maerz", "mars", "mar", "mär"),
    ("april", "avril", "apr", "avr"),
    ("may", "mai"),
    ("june", "juni", "juin", "jun"),
    ("july", "juli", "juillet", "jul", "juil"),
    ("august", "août", "aout", "aug"),
    ("september", "septembre", "sept", "sep"),
    ("october", "oktober", "octobre", "oct", "okt"),
    ("november", "novembre", "nov"),
    ("december", "dezember", "décembre", "decembre", "dec", "dez", "déc"),
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_NUMERIC = (
    # A time may be glued to the date: print on receipts runs together when it is scanned.
    r"(?P<y1>(?:19|20)\d{2})(?P<s1>[-/.])(?P<m1>\d{1,2})(?P=s1)"
    r"(?P<d1>\d{2}(?=\d\d:\d\d)|\d{1,2}(?!\d))"
    r"|(?P<d2>\d{1,2})(?P<s2>\s?[-/.]\s?)(?P<m2>\d{1,2})(?P=s2)"
    r"(?P<y2>(?:19|20)\d{2}(?=\d\d:\d\d)|(?:19|20)\d{2}(?![\d.,]\d|\d)|(?<!\s)\d{2}(?![\d.,]\d|\d))"
)
_NAMED = (
    rf"(?P<d3>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s*(?:day\s+of\s+|de\s+)?[-/ ]?(?P<n3>{_MONTH})"
    r"[,\s/-]*(?P<y3>(?:19|20)\d{2}|\d{2}(?!\d|:|,\s?(?:19|20)\d\d))"
    rf"|(?P<n4>{_MONTH})\s*(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s*(?P<y4>(?:19|20)\d{{2}})"
)
_DATE = re.compile(rf"(?<![\d/.])(?:{_NUMERIC}|{_NAMED})", re.IGNORECASE)


@dataclass(frozen=True)
class FoundDate:
    """`printed` as it stands in the text, from `start` to `end`."""

    printed: str
    day: datetime.date
    start: int
    end: int


def find_dates(text: str, month_first: bool = False) -> Iterator[FoundDate]:
    """Every real date, in order. `month_first` reads 3/4/2020 as the 4th of March; a number
    above 12 settles it either way."""
    for match in _DATE.finditer(text):
        day = _day(match, month_first)
        if day is not None:
            yield FoundDate(match[0].strip(), day, match.start(), match.end())


def _day(match: re.Match[str], month_first: bool) -> datetime.date | None:
    part = match.groupdict()
    if part["y1"]:
        year, month, day = part["y1"], int(part["m1"]), int(part["d1"])
    elif part["y2"]:
        year, month, day = part["y2"], int(part["m2"]), int(part["d2"])
        if part["s2"].strip() != "." and (month > 12 or (month_first and day <= 12)):
            month, day = day, month
    elif part["y3"]:
        year, month, day = part["y3"], _month(part["n3"]), int(part["d3"])
    else:
        year, month, day = part["y4"], _month(part["n4"]), int(part["d4"])
    try:
        return datetime.date(_year(int(year)), month, day)
    except ValueError:
        return None


def _month(name: str) -> int:
    return _MONTHS[name.lower().rstrip(".")]


def _year(year: int) -> int:
    if year >= 100:
        return year
    return 2000 + year if year < 70 else 1900 + year
