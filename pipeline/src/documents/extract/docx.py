"""Word: paragraphs and tables in order, headers first and footers last, parted at page breaks."""

import io
from collections.abc import Iterator

import docx
from docx.document import Document
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from documents.extract.reading import Read
from documents.ocr import Ocr

_BREAK, _RENDERED = qn("w:br"), qn("w:lastRenderedPageBreak")
_TYPE = qn("w:type")


def read(data: bytes, ocr: Ocr | None) -> Iterator[Read]:
    document = docx.Document(io.BytesIO(data))
    pages = [list(_margins(document, "header"))]
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            pages[-1].extend(_rows(block))
            continue
        if _breaks_page(block) and any(pages[-1]):
            pages.append([])
        if block.text.strip():
            pages[-1].append(block.text)
    pages[-1].extend(_margins(document, "footer"))
    for lines in pages:
        yield Read("\n".join(lines))


def _breaks_page(paragraph: Paragraph) -> bool:
    element = paragraph._p
    return (
        element.find(f".//{_RENDERED}") is not None
        or any(br.get(_TYPE) == "page" for br in element.iter(_BREAK))
        or bool(paragraph.paragraph_format.page_break_before)
    )


def _rows(table: Table) -> Iterator[str]:
    for row in table.rows:
        seen: list[str] = []
        previous = None
        for cell in row.cells:
            # A merged cell is listed once per column that it covers.
            if cell._tc is not previous:
                seen.append(" ".join(cell.text.split()))
            previous = cell._tc
        if any(seen):
            yield "\t".join(seen)


def _margins(document: Document, which: str) -> Iterator[str]:
    said: set[str] = set()
    for section in document.sections:
        margin = getattr(section, which)
        if margin.is_linked_to_previous:
            continue
        for block in margin.iter_inner_content():
            lines = _rows(block) if isinstance(block, Table) else iter([block.text])
            for line in lines:
                if line.strip() and line not in said:
                    said.add(line)
                    yield line
