"""Amounts of money as documents write them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_CODES = "EUR|USD|GBP|CHF|MYR|SGD|AUD|CAD|JPY|CNY|INR|SEK|NOK|DKK|PLN|CZK"
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "$": "USD", "RM": "MYR"}
_CURRENCY = rf"(?:{_CODES}|RM|US\$|S\$|[€$£¥₹])"
_NUMBER = r"-?\d{1,3}(?:[ '’\u00a0\u202f.,]\d{3})+(?:[.,]\d{2})?|-?\d+[.,]\d{2}|-?\d+"
_AMOUNT = re.compile(
    rf"(?<![\w.,/-])(?P<before>{_CURRENCY})?\s?(?P<number>{_NUMBER})(?![\d%/]|[.,]\d|-\d)"
    rf"\s?(?P<after>{_CURRENCY}(?!\w))?"
)


@dataclass(frozen=True)
class Amount:
    """`exact` when it was written with cents; `currency` an ISO 4217 code where one stands by."""

    printed: str
    value: Decimal
    currency: str | None
    exact: bool
    start: int
    end: int


def find_amounts(text: str) -> Iterator[Amount]:
    """Numbers with cents or with a currency beside them, and bare whole numbers (not exact)."""
    for match in _AMOUNT.finditer(text):
        number = match["number"]
        yield Amount(
            printed=((match["before"] or "") + number).strip(),
            value=parse_number(number),
            currency=_code(match["before"] or match["after"]),
            exact=bool(re.search(r"[.,]\d{2}$", number)),
            start=match.start(),
            end=match.end(),
        )


def parse_number(number: str) -> Decimal:
    """The last of `.` and `,` before two digits is the decimal sign; the rest group thousands."""
    number = re.sub(r"[ '’\u00a0\u202f]", "", number)
    whole, cents = number, ""
    if re.search(r"[.,]\d{2}$", number):
        whole, cents = number[:-3], number[-2:]
    whole = re.sub(r"[.,]", "", whole)
    return Decimal(f"{whole}.{cents or '00'}")


def _code(currency: str | None) -> str | None:
    if currency is None:
        return None
    return {"US$": "USD", "S$": "SGD"}.get(currency) or _SIGNS.get(currency, currency)
