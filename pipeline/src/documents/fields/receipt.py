"""Receipts: who sold, when, where, and the sum paid."""

import re
import unicodedata
from collections import defaultdict
from decimal import Decimal

from documents.fields.address import find_address
from documents.fields.amounts import Amount, find_amounts
from documents.fields.dates import find_dates
from documents.fields.values import Fields

_TOP = 8
# Longer is no receipt; the bounds keep hostile text from costing more than it is worth.
_MAX_CHARACTERS, _MAX_LINE = 40_000, 300
_NOT_A_NAME = re.compile(
    r"invoice|receipt|\btel\b|\bfax\b|gst|reg\b|welcome|cashier|^\W*\d[\d\W]*$|date|order number|"
    r"\bposted\b|facture|rechnung|quittung|kassenbon|ticket|^your |duplicate|customer copy",
    re.IGNORECASE,
)
_BUSINESS = re.compile(
    r"\b(?:sdn|bhd|s/b|enterprise|trading|restaurant|restoran|hardware|mart|store|shop|cafe|bakery|"
    r"house|company|co\.|ltd|inc|llc|gmbh|sarl|kitchen|market|pharmacy|stationery|centre|center|"
    r"machinery|electrical|holdings?|industr\w+|supermarket|bistro|hotel|apotheke|boulangerie)\b",
    re.IGNORECASE,
)
_REGISTRATION = re.compile(
    r"\s*\(?\s*(?:co\.?\s*(?:reg\.?|no\.?)\s*:?\s*)?[(\[]\s*(?:co\.?\s*)?(?:no\.?\s*|reg\.?\s*)*:?"
    r"\s*\d{4,}\s*[-–_ ]?\s*\w?\s*[)\]].*$",
    re.IGNORECASE,
)
_SUFFIX_ONLY = re.compile(
    r"^(?:sdn\.?\s*bhd\.?|enterprise|electrical|s/b|ltd\.?)\W*$", re.IGNORECASE
)
_WEIGHTS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), weight)
    for pattern, weight in (
        (r"round\w*\s*d?\s*total|total\s*(?:amt\s*)?rounded|total\s+after", 9),
        (r"(?:grand|net{1,2})\s*total|(?:total|amt|amount)\s*(?:amt\s*)?(?:payable|due)", 8),
        (r"total\s*(?:sales|amount|amt)?\W*(?:\(?incl|inclusive)", 7),
        (r"\btotal\b|\btota[il1]\b|gesamt|summe|zu zahlen|montant|à payer|\bttc\b", 5),
        (r"sub\W*total|before|excl|\bht\b|netto", -5),
        (r"qty|quantity|item|saving|discount|points|tax|gst\s*(?:amount|payable|summary)|supplies|"
         r"total\s*(?:gst|tax)|rounding\s*adj|menge|remise", -4),
    )
)  # fmt: skip
_ROUNDING = re.compile(r"round", re.IGNORECASE)
_ROUNDING_STEP = Decimal("0.05")
_CASH = re.compile(r"\b(?:cash|tender\w*|payment|paid|bar|gegeben|espèces)\b", re.IGNORECASE)
_CHANGE = re.compile(r"\b(?:change|rückgeld|rendu|monnaie)\b", re.IGNORECASE)


def receipt_fields(text: str) -> Fields:
    """`company`, `date` (as printed), `address`, `total` (number with a decimal point)."""
    text = text[:_MAX_CHARACTERS]
    lines = [
        line.strip()[:_MAX_LINE] for line in _without_specks(text).splitlines() if line.strip()
    ]
    found: Fields = {}
    company, after = _company(lines)
    if company:
        found["company"] = company
    date = next(find_dates(text), None)
    if date:
        found["date"] = date.printed
    address = find_address(lines, after)
    if address:
        found["address"] = address
    total = _total(lines)
    if total:
        found["total"] = total
    return found


def _without_specks(text: str) -> str:
    """Where hardly a letter has an accent, the few are specks on the paper that OCR saw."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    accents = sum(not letter.isascii() and letter.isalpha() for letter in text)
    return plain if accents * 150 < len(text) else text


def _company(lines: list[str]) -> tuple[str | None, int]:
    """The name at the head, and where the lines after it begin."""
    candidates = []
    for index, line in enumerate(lines[:_TOP]):
        name = _mended(_REGISTRATION.sub("", line).strip(" ,:-*"))
        letters = sum(letter.isalpha() for letter in name)
        if letters < 4 or _NOT_A_NAME.search(name):
            continue
        score = 3 - index * 0.6 + (4 if _BUSINESS.search(name) else 0)
        score += 1.5 if name.upper() == name else 0
        score -= 2 if re.match(r"(?:no\W|lot\b|\d)", name, re.IGNORECASE) else 0
        score -= 2 if re.search(r"\b(?:jalan|jln|street|road|taman)\b|\d{5}", name, re.I) else 0
        candidates.append((score, index, name))
    if not candidates:
        return None, 0
    _, index, name = max(candidates)
    following = lines[index + 1] if index + 1 < len(lines) else ""
    if _SUFFIX_ONLY.match(following) or name.endswith("&"):
        return f"{name} {_REGISTRATION.sub('', following)}".strip(), index + 2
    return name, index + 1


def _mended(name: str) -> str:
    """The Malaysian `S/B` (Sdn Bhd), which OCR reads as 5/8 and the like, at a name's end."""
    return re.sub(r"(?<=[A-Za-z0-9]{2})\s*[S5]/[B8D]$", " S/B", name)


def _total(lines: list[str]) -> str | None:
    scores: dict[str, float] = defaultdict(float)
    for index, line in enumerate(lines):
        weight = sum(weight for pattern, weight in _WEIGHTS if pattern.search(line))
        if weight <= 0:
            continue
        amounts = _exact(line) or (_exact(lines[index + 1]) if index + 1 < len(lines) else [])
        if amounts:
            value = f"{amounts[-1].value:.2f}"
            scores[value] = max(scores[value], weight) + 0.5 * (value in scores)
    paid = _difference(lines)
    if paid:
        scores[paid] += 4
    positive = {value: score for value, score in scores.items() if float(value) > 0}
    if positive:
        best = max(positive, key=lambda value: (positive[value], float(value)))
        return _rounded(best, lines)
    every = [amount.value for line in lines for amount in _exact(line)]
    return f"{max(every):.2f}" if every else None


def _rounded(total: str, lines: list[str]) -> str:
    """What the total was rounded to, where cash is, in a line of its own."""
    for line in lines:
        for amount in _exact(line) if _ROUNDING.search(line) else ():
            if 0 < abs(amount.value - Decimal(total)) <= _ROUNDING_STEP:
                return f"{amount.value:.2f}"
    return total


def _difference(lines: list[str]) -> str | None:
    """What was given less what was given back."""
    cash = change = None
    for line in lines:
        amounts = _exact(line)
        if amounts and _CHANGE.search(line):
            change = amounts[-1].value
        elif amounts and _CASH.search(line) and cash is None:
            cash = amounts[-1].value
    return f"{cash - change:.2f}" if cash and change is not None and cash > change else None


def _exact(line: str) -> list[Amount]:
    return [amount for amount in find_amounts(line) if amount.exact]
