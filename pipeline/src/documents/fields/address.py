"""A postal address below a letter's or receipt's head."""

import re

_STARTS = re.compile(
    r"^(?:no\b|lot\b|unit\b|level\b|ground\b|block\b|suite\b|jalan\b|jln\b|ptd?\b|"
    r"\d+[\w&/,. -]*\s?,|\d+[a-z]?[,.]?\s+\w+|g-\d|shop\b|b-?\d)|"
    r"\b(?:jalan|jln|street|avenue|road|straße|strasse|str\.|rue|lorong|taman|plaza|floor|flr|mall)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\btel(?:\b|\d)|\bfax\b|gst|\breg\b|invoice|receipt|\bdate\b|cashier|www\.|@|^t\s*:|phone|hours|"
    r"\bbill\b|\bid\b|document|order|counter|careline|hotline|vat\b|\bust\b|siret|^\(|^-|\bh/?p\b|(?:\+\d|\b0)\d{1,3}-\d{3,4}\s?\d{3,}|\d:\d\d",
    re.IGNORECASE,
)
_REGISTRATION = re.compile(r"^\W*(?:co\W*(?:reg|no)\W*)?[\d\s]{5,}\W*\w?\W*$", re.IGNORECASE)
_MAX_LINES = 5


def find_address(lines: list[str], start: int) -> str | None:
    """Address lines after `start`, joined by spaces; None when none looks like one."""
    for index in range(start, min(start + 6, len(lines))):
        line = lines[index]
        if _STARTS.search(line) and not _REGISTRATION.match(line) and not _ENDS.search(line):
            return _joined(lines[index : index + _MAX_LINES])
    return None


def _joined(lines: list[str]) -> str:
    kept = []
    for line in lines:
        if _ENDS.search(line) or _REGISTRATION.match(line):
            break
        kept.append(line)
    return _mended(kept)


def _mended(lines: list[str]) -> str:
    """Joined, with what OCR likes to mistake put right: a comma for a full stop at the end of a
    line that is not the last, a zero for an O after a digit, a space lost after a post code."""
    joined = " ".join([re.sub(r"\.$", ",", line) for line in lines[:-1]] + lines[-1:])
    joined = re.sub(r"(?<=\d)\. (?=[A-Z])", ", ", joined)
    joined = re.sub(r"(?<=\d)O\b", "0", joined)
    return re.sub(r"\b(\d{5})(?=[A-Za-z]{2})", r"\1 ", joined).strip("\"' ")
