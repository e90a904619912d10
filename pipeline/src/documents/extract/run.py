"""The one way into every format's reader."""

import importlib
import re
import unicodedata
from typing import cast

from documents.errors import DocumentError, Permanent
from documents.extract.page import Extraction, Page
from documents.extract.reading import Read, Reader
from documents.kinds import IMAGES, TEXTS, Kind
from documents.language import detect_language
from documents.limits import LIMITS, Limits
from documents.ocr import Ocr, Unfinished

_READERS = {
    Kind.PDF: "pdf",
    Kind.DOCX: "docx",
    Kind.XLSX: "xlsx",
    Kind.PPTX: "pptx",
    Kind.HTML: "html",
    Kind.EML: "eml",
    Kind.RTF: "rtf",
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(IMAGES, "image"),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SPACES = dict.fromkeys(map(ord, "\xa0\u2007\u202f"), " ")
_TRAILING = re.compile(r"[ \t]+(?=\n|$)")
_BLANK_LINES = re.compile(r"\n{3,}")


def extract(data: bytes, kind: Kind, ocr: Ocr | None, limits: Limits = LIMITS) -> Extraction:
    """Reads `data`, which `inspect` has accepted. Without `ocr`, pages that are pictures hold no
    text. Raises Permanent `corrupt`, `unsupported-type` or `too-many-pages`, and what `ocr`
    raises: Unfinished too, of `Portions`."""
    reads = read_pages(data, kind, ocr, limits)
    pages = [Page(number, _tidy(read.text)) for number, read in enumerate(reads, 1)]
    text = "\n\n".join(page.text for page in pages)
    return Extraction(
        pages=pages,
        language=detect_language(text),
        characters=sum(len(page.text) for page in pages),
        embedded=_embedded(data, kind),
        ocr_used=any(read.by_ocr for read in reads),
    )


def read_pages(data: bytes, kind: Kind, ocr: Ocr | None, limits: Limits = LIMITS) -> list[Read]:
    """The pages as the format's reader gives them. Raises as `extract` does."""
    reads: list[Read] = []
    try:
        for read in _reader(kind).read(data, ocr):
            if len(reads) == limits.pages:
                raise Permanent("too-many-pages", f"more than {limits.pages} pages")
            reads.append(read)
    except (DocumentError, Unfinished, MemoryError, ImportError):
        raise
    except Exception as error:
        # The libraries raise whatever a broken file makes of them (KeyError, struct.error,
        # XMLSyntaxError ...). None of it gets better on a second try.
        raise Permanent("corrupt", f"the {kind} file cannot be read: {error!r:.200}") from error
    return reads


def _reader(kind: Kind) -> Reader:
    """The format's module, imported now: a text PDF must not pay for the other formats."""
    if kind not in _READERS:
        raise Permanent("unsupported-type", f"files of kind {kind} cannot be read")
    return cast(Reader, importlib.import_module(f"documents.extract.{_READERS[kind]}"))


def _embedded(data: bytes, kind: Kind) -> dict[str, str] | None:
    if kind != Kind.PDF:
        return None
    from documents.extract.einvoice import embedded_invoices

    return embedded_invoices(data) or None


def _tidy(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    # Spaces that do not break mean nothing to whoever searches for words.
    text = _CONTROL.sub("", text).translate(_SPACES)
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("", text)).strip()
