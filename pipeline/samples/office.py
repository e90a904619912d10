"""Office files, the same to the byte on every run."""

import io
import re
import zipfile

import docx
import openpyxl
import pptx

_STAMP = (2024, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def letter_docx(header: str, paragraphs: list[str]) -> bytes:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = header
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return _settled(document)


def sheet_xlsx(sheets: dict[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return _settled(book)


def slides_pptx(slides: list[tuple[str, str, str]]) -> bytes:
    """Each slide: title, body, notes."""
    deck = pptx.Presentation()
    for title, body, notes in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
        slide.notes_slide.notes_text_frame.text = notes
    return _settled(deck)


def _settled(document) -> bytes:  # type: ignore[no-untyped-def]
    """Saved, then packed anew without the clock's traces."""
    raw = io.BytesIO()
    document.save(raw)
    out = io.BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = _TIMES.sub(rb"\g<1>2024-01-01T00:00:00Z", old.read(name))
            new.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
