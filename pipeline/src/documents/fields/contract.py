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
_OWN = re.compile(
    r"\bthis\s+(?:[\w/-]+\s+){0,6}?agreement\b[^.;]{0,60}"
    r"(?:dated|made|entered|executed|effective|as\s+of)[^.;]{0,40}$",
    re.IGNORECASE,
)
"""This very agreement's date, whatever others are named beside it."""
_OTHER = re.compile(
    r"(?:amended|agreement\s+and\s+plan[^.;]{0,20}|letter|demand|agreement[^.;]{0,40}?)\s+"
    r"(?:dated|of)[^.;]{0,20}$",
    re.I,
)
_OTHER_DATE = re.compile(
    r"^[\s,]*\((?:the\s+)?[“\"](?!effective)[^)”\"]{0,30}\bdate\b", re.IGNORECASE
)
_LETTERHEAD, _NEAR = 250, 1_200
"""A letter's own date stands at its head; a date without leading words counts only near it."""
_SIGNED = re.compile(
    r"(?:dated?|signed)\s*:?\s*$|"
    r"\b(?:executed|signed|agreed)\b[^.;]{0,60}?\b(?:this|on|as\s+of(?:\s+the)?)\s+$",
    re.IGNORECASE,
)
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
_AFTER_THE_END = re.compile(
    r"^\W*(?:from|after|following|thereafter|of)\b(?:(?!hereof|effective|this)[^.;,]){0,50}?"
    r"(?:terminat|expir|disclosure|cessation|change\s+(?:in|of)\s+control|completion)",
    re.IGNORECASE,
)
"""A span that begins when something else has ended is not how long the agreement lasts."""
_TERMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bagreement\b[^.;]{{0,120}}?(?:shall|will)\s+(?:\w+\s+){{0,4}}?(?:terminate|expire|cease|"
        rf"end|continue|remain|govern|lapse|commence|be\s+effective)[^.;]{{0,140}}?{_SPAN}",
        rf"(?:obligations?|agreement|restrictions|provisions|covenants)\b[^.;]{{0,160}}?"
        rf"(?:(?:shall|will)\s+(?:\w+\s+){{0,3}}(?:terminate|expire|cease|end|continue|survive|remain|"
        rf"lapse|be\s+binding)|\bexpires?)[^.;]{{0,140}}?{_SPAN}",
        rf"\bterm\s+of\s+this\s+agreement[^.;]{{0,80}}?{_SPAN}",
        rf"(?:terminate|expire)s?[^.;]{{0,80}}?{_SPAN}(?=\s+(?:from|after|following))",
    )
)
_KEPT_FOR = re.compile(
    rf"for\s+a\s+(?:period|term)\s+of\s+{_SPAN}(?=\s+(?:from|after|following|commencing)\s+"
    rf"(?:the\s+)?(?:date|effective|disclosure|receipt|execution))",
    re.IGNORECASE,
)
_SECRECY = re.compile(r"confiden|secre|disclos|proprietary|non-?use", re.IGNORECASE)
"""What must be spoken of beside a span of `_KEPT_FOR`: much else is promised for a while."""


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
        before = flat[max(0, date.start - 140) : date.start]
        lead, own = _LEAD.search(before[-90:]), _OWN.search(before)
        if not lead and not own and date.start > _NEAR:
            continue
        score = 3.0 - rank * 0.4 - date.start / 2_000
        if own:
            score += 4
        elif lead:
            score += 3 if _EFFECTIVE.search(lead[0]) else 2
        elif date.start < _LETTERHEAD:
            score += 1.5
        if not own and _OTHER.search(before[-90:]):
            score -= 4
        if _OTHER_DATE.search(flat[date.end : date.end + 60]):
            score -= 4
        if score > best_score:
            best, best_score = date, score
    if best is None:
        # It binds both once the last of them has signed.
        signed = [date for date in dates if _is_signature(flat[: date.start])]
        best = max(signed, key=lambda date: date.day, default=None)
    return best.day.isoformat() if best else None


def _is_signature(before: str) -> bool:
    return bool(_SIGNED.search(before[-90:])) and not _OTHER.search(before[-90:])


def _term(flat: str) -> str | None:
    """How long the agreement or its duty of secrecy lasts; not for how long nobody may compete."""
    for pattern in (*_TERMS, _KEPT_FOR):
        for match in pattern.finditer(flat):
            after = flat[match.end() : match.end() + 150]
            if _OTHER_SPAN.search(match[0]) or _OTHER_SPAN.search(after.partition(".")[0]):
                continue
            if _AFTER_THE_END.search(after):
                continue
            if pattern is _KEPT_FOR and not _SECRECY.search(
                flat[max(0, match.start() - 150) : match.end()] + after
            ):
                continue
            count = match["count"].lower()
            number = int(count) if count.isdigit() else _NUMBERS[count]
            unit = match["unit"].lower()
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return None
