"""What any document may tell: its title, dates, e-mail addresses and amounts."""

import re

from documents.fields.amounts import find_amounts
from documents.fields.dates import find_dates
from documents.fields.values import Fields

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_SUBJECT = re.compile(r"^(?:subject|betreff|objet|re)\s*:\s*(?P<title>.+)$", re.I | re.MULTILINE)
_MAX = 10
_TITLE_LENGTH = 120


def general_fields(text: str) -> Fields:
    """`title`, `dates` (ISO 8601), `emails`, `amounts`; at most `_MAX` of each, in order."""
    found: Fields = {}
    title = _title(text)
    if title:
        found["title"] = title
    dates = [date.day.isoformat() for date in find_dates(text)]
    amounts = [a.printed for a in find_amounts(text) if a.currency is not None]
    for name, values in (("dates", dates), ("emails", _EMAIL.findall(text)), ("amounts", amounts)):
        distinct = list(dict.fromkeys(values))[:_MAX]
        if distinct:
            found[name] = distinct
    return found


def _title(text: str) -> str | None:
    subject = _SUBJECT.search(text[:3_000])
    if subject:
        return subject["title"].strip()[:_TITLE_LENGTH]
    for line in text[:3_000].splitlines():
        line = line.strip(" #*=-\t|")
        if sum(letter.isalpha() for letter in line) >= 4:
            return line[:_TITLE_LENGTH]
    return None
