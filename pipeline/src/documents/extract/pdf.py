"""PDF: the text layer by pdfium; a page that is only a picture is rendered and read by OCR."""

from collections.abc import Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from documents.extract.reading import Read
from documents.ocr import Ocr
from documents.pdf import open_pdf

_FEW_CHARACTERS = 24
_OCR_DPI = 200
_MAX_SIDE = 3_000
_PICTURES = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM, raw.FPDF_PAGEOBJ_PATH)


def read(data: bytes, ocr: Ocr | None) -> Iterator[Read]:
    """One page at a time, so that memory holds one page of a long document."""
    with open_pdf(data) as pdf:
        for number in range(len(pdf)):
            try:
                page = pdf[number]
            except pdfium.PdfiumError:
                # A single unreadable page does not make the others worthless.
                yield Read("")
                continue
            try:
                yield _read_page(page, ocr)
            finally:
                page.close()


def _read_page(page: pdfium.PdfPage, ocr: Ocr | None) -> Read:
    layer = page.get_textpage()
    try:
        text: str = layer.get_text_bounded()
    finally:
        layer.close()
    text = text.replace("\x02", "").replace("\ufffe", "")
    if ocr is None or len("".join(text.split())) >= _FEW_CHARACTERS or not _has_picture(page):
        return Read(text)
    seen = ocr.read(lambda: render(page, _OCR_DPI, _MAX_SIDE))
    return Read(seen if len(seen) > len(text) else text, by_ocr=True)


def _has_picture(page: pdfium.PdfPage) -> bool:
    return any(True for _ in page.get_objects(filter=_PICTURES, max_depth=1))


def render(page: pdfium.PdfPage, dpi: float, max_side: int):  # type: ignore[no-untyped-def]
    """A Pillow image of the page at `dpi`, its longer side at most `max_side` pixels."""
    longest = max(page.get_size()) or 1.0
    scale = min(dpi / 72, max_side / longest)
    return page.render(scale=scale, may_draw_forms=False).to_pil()
