"""Contracts: who agrees, from when, under whose law and for how long."""

import re

from documents.fields.dates import find_dates
from documents.fields.jurisdiction import find_jurisdiction
from documents.fields.parties import find_parties
from documents.fields.values import Fields

_OPENING = 6_000
# Of a contract of hundreds of pages its beginning and its closing provisions say what is sought.
_HEAD, _END = 120_000, 40_000
_LEAD = re.compile(
    r"(?:effective(?:\s+date)?|dated|made|entered\s+into|executed|as\s+of|commenc\w+|begin\w+)"
    r"[^.;]{0,60}$",
    re.IGNORECASE,
)
_EFFECTIVE = re.compile(r"effective", re.IGNORECASE)
_OTHER = re.compile(
    r"(?:amended|agreement\s+and\s+plan|letter|demand|agreement,?)\s+(?:dated|of)[^.;]{0,20}$", re.I
)
_SIGNED = re.compile(r"(?:dated?|signed)\s*:?\s*$", re.IGNORECASE)
_NUMBERS = {
    word: number
    for number, word in enumerate(
        (
            "one", "two", "three", "four", "five", "six",
            "seven", "eight", "nine", "ten", "eleven", "twelve",
        ),
        1,
    )
}  # fmt: skip
_NUMBERS |= {"eighteen": 18, "twenty-four": 24, "twenty four": 24, "thirty-six": 36, "fifteen": 15}
_OTHER_SPAN = re.compile(
    r"solicit|\bhire|employ|compet|severance|option|purchase|acquire|salary|vest|tail|prior to",
    re.IGNORECASE,
)
_COUNT = r"(?P<count>\d{1,3}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")"
_SPAN = rf"(?:an?\s+)?{_COUNT}\s*(?:\(\s*\d{{1,3}}\s*\)\s*|-)?(?P<unit>year|month)s?\b"
_TERMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:obligations?|agreement|restrictions|provisions|covenants)\b[^.;]{{0,160}}"
        rf"(?:shall|will)\s+(?:\w+\s+){{0,3}}(?:terminate|expire|cease|end|continue|survive|remain|"
        rf"lapse|be\s+binding)[^.;]{{0,140}}?{_SPAN}",
        rf"\bterm\s+of\s+this\s+agreement[^.;]{{0,80}}?{_SPAN}",
        rf"(?:terminate|expire)s?[^.;]{{0,80}}?{_SPAN}\s+(?:from|after|following)",
        rf"for\s+a\s+(?:period|term)\s+of\s+{_SPAN}\s+(?:from|after|following|commencing)\s+"
        rf"(?:the\s+)?(?:date|effective|disclosure|receipt|execution)",
    )
)


def contract_fields(text: str) -> Fields:
    """`parties` (list), `effective_date` (ISO 8601), `jurisdiction`, `term` such as `3 years`;
    what the text does not say is left out."""
    flat = " ".join(text.split())
    if len(flat) > _HEAD + _END:
        flat = f"{flat[:_HEAD]} {flat[-_END:]}"
    found: Fields = {}
    parties = find_parties(text)
    if parties:
        found["parties"] = parties
    effective = _effective_date(flat)
    if effective:
        found["effective_date"] = effective
    jurisdiction = find_jurisdiction(flat)
    if jurisdiction:
        found["jurisdiction"] = jurisdiction
    term = _term(flat)
    if term:
        found["term"] = term
    return found


def _effective_date(flat: str) -> str | None:
    """The date that opening words make the agreement's; else the first of the opening, as
    letters have it; else the one beside the signatures."""
    dates = list(find_dates(flat, month_first=True))
    opening = [date for date in dates if date.start < _OPENING]
    best, best_score = None, 0.0
    for rank, date in enumerate(opening):
        before = flat[max(0, date.start - 90) : date.start]
        lead = _LEAD.search(before)
        score = 3.0 - rank * 0.4 - date.start / 2_000
        if lead:
            score += 3 if _EFFECTIVE.search(lead[0]) else 2
        if _OTHER.search(before):
            score -= 2
        if score > best_score:
            best, best_score = date, score
    if best is None:
        led = [d for d in dates if _LEAD.search(flat[max(0, d.start - 40) : d.start])]
        signed = led or [d for d in dates if _SIGNED.search(flat[max(0, d.start - 20) : d.start])]
        best = signed[-1] if signed else None
    return best.day.isoformat() if best else None


def _term(flat: str) -> str | None:
    """How long the agreement or its duty of secrecy lasts; not for how long nobody may compete."""
    for pattern in _TERMS:
        for match in pattern.finditer(flat):
            if _OTHER_SPAN.search(match[0]):
                continue
            count = match["count"].lower()
            number = int(count) if count.isdigit() else _NUMBERS[count]
            unit = match["unit"].lower()
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return None
