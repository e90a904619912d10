"""Pictures: every frame read by OCR, upright as the camera's orientation tag says."""

import io
from collections.abc import Iterator
from functools import partial

from PIL import Image, ImageOps, ImageSequence

from documents.extract.reading import Read
from documents.ocr import Ocr

_MAX_FRAMES = 200


def read(data: bytes, ocr: Ocr | None) -> Iterator[Read]:
    """Frames of a TIFF are pages; of an animation only the first says anything."""
    with Image.open(io.BytesIO(data)) as image:
        limit = _MAX_FRAMES if image.format == "TIFF" else 1
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            if number == limit:
                return
            if ocr is None:
                yield Read("")
            else:
                yield Read(ocr.read(partial(opaque, frame)), by_ocr=True)


def opaque(frame: Image.Image) -> Image.Image:
    """Upright RGB on white: text on a transparent ground would otherwise be black on black."""
    frame = ImageOps.exif_transpose(frame)
    if frame.mode in ("I;16", "I;16B", "I", "F"):
        frame = frame.point(lambda value: value * (1 / 256)).convert("L")
    if frame.mode in ("RGBA", "LA", "PA") or "transparency" in frame.info:
        frame = frame.convert("RGBA")
        ground = Image.new("RGBA", frame.size, "white")
        frame = Image.alpha_composite(ground, frame)
    return frame.convert("RGB")
