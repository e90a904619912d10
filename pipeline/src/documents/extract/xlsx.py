"""Excel: each sheet a page, each row a line, cells parted by tabs; computed values."""

import datetime
import io
from collections.abc import Iterator

import openpyxl

from documents.extract.reading import Read
from documents.ocr import Ocr

_MAX_ROWS = 50_000


def read(data: bytes, ocr: Ocr | None) -> Iterator[Read]:
    """At most `_MAX_ROWS` rows of a sheet: more is a data set, not a document."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            # A sheet's stated dimensions may be wrong; read what is there.
            sheet.reset_dimensions()
            rows = sheet.iter_rows(values_only=True, max_row=_MAX_ROWS)
            yield Read("\n".join([sheet.title, *_lines(rows)]))
    finally:
        book.close()


def _lines(rows: Iterator[tuple[object, ...]]) -> Iterator[str]:
    for row in rows:
        cells = [_shown(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield "\t".join(cells)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, float):
        return (
            str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(round(value, 10))
        )
    return " ".join(str(value).split())
