"""Plain text, Markdown and CSV: one page, whatever the encoding."""

import codecs
from collections.abc import Iterator

from documents.extract.reading import Read
from documents.ocr import Ocr

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read(data: bytes, ocr: Ocr | None) -> Iterator[Read]:
    """Form feeds part pages, as printers have it."""
    for part in decode(data).split("\f"):
        yield Read(part)


def decode(data: bytes) -> str:
    """By byte order mark; else UTF-8 if it is valid; else Windows-1252, which decodes nearly
    every Western text and, unlike Latin-1, its quotation marks and euro signs."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
