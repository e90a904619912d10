"""Invoices: the XML inside first, which is the invoice itself; the printed text second."""

import re
from collections.abc import Mapping

from documents.fields.amounts import find_amounts
from documents.fields.companies import COMPANY
from documents.fields.dates import find_dates
from documents.fields.values import Fields

_WORD = r"(?:invoice|rechnung(?:s(?:korrektur)?)?|facture|factuur|credit note|gutschrift(?:s)?)"
_VALUE = r"(?P<number>(?=[\w/.-]*\d)[A-Z0-9][\w/.-]{2,30})"
_NUMBERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_WORD}[ \t]*[-‐]?[ \t]*(?:number|nummer|numéro|no|nr|n[°º]|num|id|#)(?![a-z])\.?"
        rf"(?:[ \t]*[:#]\s*|[ \t]*){_VALUE}",
        rf"(?:numéro|n[°º]) de facture[ \t]*:?[ \t]*{_VALUE}",
        rf"(?:\bbeleg-?[ \t]?n(?:umme)?r|{_WORD}[^\n\d:]{{1,40}}\bnr)\.?[ \t]*:?[ \t]*{_VALUE}",
        rf"{_WORD}(?:[ \t]*[:#][ \t]*|[ \t]+){_VALUE}",
    )
)
_DATE_LABEL = re.compile(
    r"(?:invoice\s+date|rechnungsdatum|date\s+de\s+(?:la\s+)?facture|factuurdatum|date\s+d.émission|"
    r"beleg-?datum|issue\s+date|issued\s+(?:at|on)|rechnung[^\n]{0,60}?\bvom|bill\s+date|\bdatum|\bdate)\b\W{0,3}",
    re.IGNORECASE,
)
_TOTAL_LABELS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"grand\s+total|gesamtbetrag(?!\s+der)|rechnungsbetrag|rechnungssumme\s+brutto|endbetrag|"
        r"bruttobetrag|bruttosumme|total\s+ttc|montant\s+(?:total\s+)?ttc|gesamtsumme|"
        r"invoice\s+total|total\s+amount",
        r"amount\s+due|balance\s+due|total\s+due|due\s+payable|zu\s+zahlen\w*|zahlbetrag|"
        r"net\s+à\s+payer",
        r"(?<!sub)(?<!sub )(?<!sub-)\btotal\b|totaal|gesamt|summe|\bttc\b|brutto",
    )
)
_CARRIED = re.compile(r"previous\s+balance|offene\s+zahlungen|solde\s+précédent", re.IGNORECASE)
"""What is due then is more than this invoice's total."""
_NEXT = r"(?:[ \t]*:[ \t]*|[ \t]*(?=\n)|[ \t]+(?=kunden-?n))"
_BUYER = re.compile(
    rf"\b(?:bill(?:ed)?\s+to|invoice\s+to|sold\s+to|customer(?:\s+name)?|kunde|käufer|buyer|"
    rf"käufer/leistungsempfänger|rechnungsempfänger|rechnung\s+an|client|facturé\s+à){_NEXT}",
    re.IGNORECASE,
)
_SELLER = re.compile(
    rf"^(?:from|seller|verkäufer|lieferant|vendeur|fournisseur|rechnungsersteller){_NEXT}",
    re.IGNORECASE | re.MULTILINE,
)
_IDENTIFIER = re.compile(
    r"^(?:gln|globale|kunden-?n|lief[.-]|lieferanten-?n|id\b|nummer|number|n[ro°]\b|tel\b|ust\b)|"
    r"^[\d\W]*$",
    re.IGNORECASE,
)
_SALUTATION = re.compile(r"(?:herrn?|frau|firma|an|mr|mrs|ms|monsieur|madame)\.?", re.IGNORECASE)
_SENDER = re.compile(
    r"^(?P<name>[^\n●•·|–-]{3,60}?)\s*(?:[●•·|–]|\s-\s)[^\n]*\b\d{5}\b[^\n]*\n(?P<rest>(?:[^\n]+\n?){2,5})",
    re.MULTILINE,
)
"""The small line above an address that is to be seen in an envelope's window (DIN 5008)."""
_TOWN = re.compile(r"^(?:[A-Z]{1,2}[ -])?\d{4,5} ?[A-ZÄÖÜÉ]", re.MULTILINE)
_HEAD = 1_500
_HEADLINE = re.compile(r"^(?:tax\s+)?(?:invoice|rechnung|facture|page|seite)\b", re.IGNORECASE)


def invoice_fields(text: str, embedded: Mapping[str, str] | None) -> Fields:
    """`number`, `date` (ISO 8601), `seller`, `buyer`, `total` (decimal point), `currency` (ISO
    4217); what is told by the XML inside wins, what it lacks comes from the text."""
    found = _of_text(text)
    for xml in (embedded or {}).values():
        from documents.fields.invoice_xml import invoice_xml_fields

        found.update(invoice_xml_fields(xml))
    return found


def _of_text(text: str) -> Fields:
    found: Fields = {}
    number = next((match for label in _NUMBERS if (match := label.search(text))), None)
    if number:
        found["number"] = number["number"].rstrip(".-/")
    date = _date(text)
    if date:
        found["date"] = date
    window = _SENDER.search(text)
    addressed = window is not None and _TOWN.search(window["rest"]) is not None
    buyer = _name(_BUYER, text)
    if window and addressed and (not buyer or not COMPANY.search(buyer)):
        buyer = _first(window["rest"]) or buyer
    sender = window["name"].strip() if window and addressed else None
    seller = _name(_SELLER, text) or sender or _first_name(text, buyer or "")
    if seller:
        found["seller"] = seller
    if buyer:
        found["buyer"] = buyer
    found.update(_total(text))
    return found


def _date(text: str) -> str | None:
    dates = list(find_dates(text))
    for label in _DATE_LABEL.finditer(text):
        for date in dates:
            if 0 <= date.start - label.end() <= 40:
                return date.day.isoformat()
    return dates[0].day.isoformat() if dates else None


def _name(pattern: re.Pattern[str], text: str) -> str | None:
    """The first line after the label that is a name and not a number of some register."""
    label = pattern.search(text)
    return _first(text[label.end() :].strip()) if label else None


def _first(block: str) -> str | None:
    """The first line of an address that is a name; a salutation is read with its name."""
    lines = [line.strip(" ,;:\t") for line in block.splitlines()[:4]]
    names = [line for line in lines if not _IDENTIFIER.search(line)]
    if len(names) > 1 and _SALUTATION.fullmatch(names[0]):
        names[:2] = [f"{names[0]} {names[1]}"]
    return next((name for name in names if 3 <= len(name) <= 80), None)


def _first_name(text: str, buyer: str) -> str | None:
    """The first company but the buyer's, else the first line that is not a headline."""
    lines = [" ".join(line.split()) for line in text[:_HEAD].splitlines()]
    lines = [line for line in lines if len(line) > 3 and (not buyer or buyer not in line)]
    companies = (company[0] for line in lines if (company := COMPANY.search(line)))
    others = (line for line in lines if not _HEADLINE.match(line))
    return next(companies, None) or next(others, None)


def _total(text: str) -> Fields:
    gross, due, plain = _TOTAL_LABELS
    for labels in (gross, plain, due) if _CARRIED.search(text) else (gross, due, plain):
        best = None
        for label in labels.finditer(text):
            after = text[label.end() : label.end() + 80]
            for amount in find_amounts(after):
                if amount.exact:
                    if best is None or abs(amount.value) >= abs(best.value):
                        best = amount
                    break
        if best is not None:
            currency = best.currency or _currency(text)
            total: Fields = {"total": f"{best.value:.2f}"}
            return {**total, "currency": currency} if currency else total
    return {}


def _currency(text: str) -> str | None:
    seen = [amount.currency for amount in find_amounts(text) if amount.currency]
    if seen:
        return max(set(seen), key=seen.count)
    codes = re.findall(r"\b(EUR|USD|GBP|CHF|MYR)\b|(€|\$|£)", text)
    return {"€": "EUR", "$": "USD", "£": "GBP"}.get(codes[0][1], codes[0][0]) if codes else None
