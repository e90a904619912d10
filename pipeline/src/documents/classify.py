"""A document's class by weighted words, in English, German and French."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents.extract.page import Page
from documents.kinds import IMAGES, Kind

OTHER = "other"
_MIN_SCORE = 3.0
_HEAD = 600
_HEAD_FACTOR = 2.0
_SAMPLE = 20_000

_WORDS: dict[str, dict[str, float]] = {
    "invoice": {
        r"\b(?:invoice|rechnung|facture|factuur)\b": 1.5,
        r"invoice (?:no|number|date|#)|rechnungs(?:nummer|datum|-?nr)|numéro de facture": 3,
        r"facture n[°º]|factuurnummer": 3,
        r"\bdue date\b|payment terms|amount due|balance due|zahlbar|fällig|échéance": 1.5,
        r"\biban\b|\bbic\b|bank details|bankverbindung": 1,
        r"ust-?id|mwst|umsatzsteuer|\btva\b|vat (?:no|number|id)": 1,
        r"bill to|ship to|rechnungsempfänger|facturé à|kundennummer|leistungsempfänger": 1.5,
        r"unit price|einzelpreis|prix unitaire|quantity|menge": 0.7,
        r"gutschrift|rechnungskorrektur|credit note|\bavoir\b": 2,
    },
    "receipt": {
        r"\breceipt\b|quittung|kassenbon|ticket de caisse|cash (?:bill|sale)": 2,
        r"\bcash(?:ier)?\b|kassierer|caissier|espèces": 1.5,
        r"\bchange\b|rückgeld|\brendu\b": 1.5,
        r"thank you|please come again|vielen dank für ihren einkauf|merci de votre visite": 1.5,
        r"\btax invoice\b|\bgst\b|\bsdn\.? bhd\b": 1,
        r"rounding|\bqty\b|\bitem\(?s\)?\b|tender(?:ed)?\b": 1,
        r"returnable|refund|exchange|not returnable": 0.8,
        r"\bvisa\b|mastercard|debit|girocard|\bcb\b|terminal": 0.7,
        # A till prints the time of day; so does hardly anybody who writes an invoice.
        r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:])": 1,
        r"\bpax\b|guest check|dine[- ]?in|take[- ]?away|served by|\btable ?(?:no|#|:)|kellner": 1,
    },
    "contract": {
        r"\bagreement\b|\bvertrag\b|vereinbarung|\bcontrat\b|\bconvention\b": 1.5,
        r"\b(?:hereby|herein|hereto|hereunder|hereof|hereinafter|thereof)\b": 1.5,
        r"\bwhereas\b|witnesseth|in witness whereof|now,? therefore": 2,
        r"governing law|governed by|gerichtsstand|droit applicable|salvatorisch": 2,
        r"\bpart(?:y|ies)\b|vertragspartei\w*|soussignés|les parties": 0.8,
        r"confidential(?:ity)?|non-?disclosure|geheimhaltung|confidentialité": 1,
        r"\bshall\b|terminat(?:e|ion)|kündigung|résiliation": 0.7,
    },
    "letter": {
        r"^dear\b|^sehr geehrte|^liebe[r]?\b|^(?:madame|monsieur)\b|^cher\b|^chère\b": 3,
        r"(?:yours|sincerely|best|kind) (?:sincerely|faithfully|truly|regards)|^sincerely": 2.5,
        r"mit freundlichen grüßen|hochachtungsvoll|freundliche grüße|viele grüße": 3,
        r"cordialement|salutations distinguées|veuillez agréer": 3,
        r"^(?:subject|betreff|betrifft|objet|re):": 1.5,
        r"^from:|^to:|^von:|^an:": 0.7,
    },
    "report": {
        r"\breport\b|\bbericht\b|\brapport\b": 1.5,
        r"executive summary|zusammenfassung|résumé analytique|\babstract\b": 2,
        r"\bintroduction\b|einleitung|conclusions?\b|\bfazit\b|schlussfolgerung": 1,
        r"table of contents|inhaltsverzeichnis|table des matières": 2,
        r"\bfindings\b|\bresults\b|ergebnisse|résultats|recommendations|empfehlungen": 1,
        r"quarter(?:ly)?\b|quartal|trimestre|fiscal year|geschäftsjahr|\bq[1-4]\b": 1,
        r"\bfigure \d|\babbildung \d|\btable \d|\btabelle \d|references\b": 0.7,
    },
    "resume": {
        r"curriculum vitae|\bresume\b|lebenslauf|\bcv\b": 4,
        r"(?:work|professional) experience|berufserfahrung|expérience professionnelle": 3,
        r"^(?:education|ausbildung|formation|studium)\b|\bbachelor\b|\bmaster of\b": 1.5,
        r"^(?:skills|kenntnisse|compétences|fähigkeiten|languages|sprachkenntnisse)\b": 2,
        r"\breferences available|hobbies|date of birth|geburtsdatum|date de naissance": 1.5,
    },
}
_RULES = {
    name: [
        (re.compile(pattern, re.IGNORECASE | re.MULTILINE), weight)
        for pattern, weight in words.items()
    ]
    for name, words in _WORDS.items()
}


@dataclass(frozen=True)
class Classification:
    """`confidence` from 0 to 1."""

    name: str
    confidence: float


def classify(
    text: str, kind: Kind, pages: Sequence[Page], embedded: Mapping[str, str] | None = None
) -> Classification:
    """One of invoice, receipt, contract, letter, report, resume, other. `pages` are the
    document's, `text` theirs joined; with invoice XML `embedded` there is nothing to weigh."""
    if embedded:
        return Classification("invoice", 1.0)
    sample = text[:_SAMPLE]
    scores = {name: _score(name, sample) for name in _RULES}
    _weigh_form(scores, kind, len(pages), len(text))
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < _MIN_SCORE:
        return Classification(OTHER, round(1 - max(scores[best], 0) / (2 * _MIN_SCORE), 2))
    total = sum(math.exp(score - scores[best]) for score in scores.values())
    surety = min(1.0, 0.5 + scores[best] / 20) / total
    return Classification(best, round(surety, 2))


def _score(name: str, sample: str) -> float:
    """Each rule counts with the logarithm of its hits, and more at the head of the document."""
    score = 0.0
    for pattern, weight in _RULES[name]:
        hits = [match for match, _ in zip(pattern.finditer(sample), range(16), strict=False)]
        if not hits:
            continue
        gain = weight * (1 + math.log2(len(hits)) / 3)
        gain *= _HEAD_FACTOR if hits[0].start() < _HEAD else 1.0
        score += gain
    return score


def _weigh_form(scores: dict[str, float], kind: Kind, pages: int, characters: int) -> None:
    """What length and format say: till receipts are short pictures, contracts are long."""
    if characters > 4_000 or pages > 2:
        scores["receipt"] -= 5
        scores["letter"] -= 2
    if characters > 12_000:
        scores["invoice"] -= 4
        scores["letter"] -= 2
    if kind in IMAGES:
        scores["receipt"] += 1
    if kind == Kind.EML:
        scores["letter"] += 1
        scores["receipt"] -= 2
    if kind == Kind.PPTX:
        scores["report"] += 1.5
