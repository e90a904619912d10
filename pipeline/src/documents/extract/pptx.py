"""PowerPoint: each slide a page, its notes after its shapes."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import pptx
from pptx.enum.shapes import MSO_SHAPE_TYPE

from documents.extract.reading import Read
from documents.ocr import Ocr


def read(data: bytes, ocr: Ocr | None) -> Iterator[Read]:
    for slide in pptx.Presentation(io.BytesIO(data)).slides:
        lines = list(_lines(slide.shapes))
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            lines.append(slide.notes_slide.notes_text_frame.text)
        yield Read("\n".join(line for line in lines if line.strip()))


def _lines(shapes: Iterable[Any]) -> Iterator[str]:
    for shape in shapes:
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _lines(shape.shapes)
        elif getattr(shape, "has_table", False) and shape.has_table:
            for row in shape.table.rows:
                yield "\t".join(" ".join(cell.text.split()) for cell in row.cells)
        elif shape.has_text_frame:
            yield shape.text_frame.text.replace("\v", "\n")
