"""A small picture of the first page."""

import io
from collections.abc import Sequence

from documents.errors import DocumentError
from documents.extract.page import Page
from documents.kinds import IMAGES, Kind

SIDE = 320
_LINES, _COLUMNS = 34, 60


def thumbnail(data: bytes, kind: Kind, pages: Sequence[Page]) -> bytes | None:
    """A PNG, at most `SIDE` pixels wide and high: the page itself for PDFs and pictures, its
    first lines in small print for the others; None when there is nothing to show."""
    try:
        if kind == Kind.PDF:
            return _of_pdf(data)
        if kind in IMAGES:
            return _of_image(data)
    except (DocumentError, OSError, ValueError):
        return None
    return _of_text(pages[0].text) if pages and pages[0].text else None


def _of_pdf(data: bytes) -> bytes:
    from documents.extract.pdf import render
    from documents.pdf import open_pdf

    with open_pdf(data) as pdf:
        return _png(render(pdf[0], dpi=72, max_side=SIDE))


def _of_image(data: bytes) -> bytes:
    from PIL import Image

    from documents.extract.image import opaque

    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (SIDE, SIDE))
        return _png(opaque(image))


def _of_text(text: str) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("L", (226, SIDE), "white")
    lines = [line[:_COLUMNS] for line in text.splitlines()[:_LINES]]
    ImageDraw.Draw(image).multiline_text((10, 10), "\n".join(lines), fill=40, font_size=7)
    return _png(image)


def _png(image) -> bytes:  # type: ignore[no-untyped-def]
    image.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
