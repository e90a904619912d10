"""Pictures of printed text, for OCR."""

import io

from PIL import Image, ImageDraw, ImageFont


def picture(text: str, kind: str, tilt: float = 0.0, size: int = 26) -> bytes:
    """`text` in black on paper as `PNG` or `JPEG`, turned by `tilt` degrees like a crooked scan."""
    font = ImageFont.load_default(size)
    rows = text.strip("\n").split("\n")
    width = max(int(font.getlength(row)) for row in rows) + 120
    height = int(len(rows) * size * 1.5) + 120
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for number, row in enumerate(rows):
        draw.text((60, 60 + number * size * 1.5), row, fill=(20, 20, 20), font=font)
    if tilt:
        image = image.rotate(
            tilt, resample=Image.Resampling.BICUBIC, expand=True, fillcolor="white"
        )
    out = io.BytesIO()
    image.save(out, kind, **({"quality": 85} if kind == "JPEG" else {}))
    return out.getvalue()
