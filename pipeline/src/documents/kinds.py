"""The kinds of file that the pipeline tells apart."""

from enum import StrEnum


class Kind(StrEnum):
    """A file's kind, decided from its content. `OLE` is only ever a reason to refuse."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    HTML = "html"
    EML = "eml"
    RTF = "rtf"
    TXT = "txt"
    MD = "md"
    CSV = "csv"
    PNG = "png"
    JPEG = "jpeg"
    TIFF = "tiff"
    WEBP = "webp"
    GIF = "gif"
    BMP = "bmp"
    OLE = "ole"


OFFICE = frozenset({Kind.DOCX, Kind.XLSX, Kind.PPTX})
IMAGES = frozenset({Kind.PNG, Kind.JPEG, Kind.TIFF, Kind.WEBP, Kind.GIF, Kind.BMP})
TEXTS = frozenset({Kind.TXT, Kind.MD, Kind.CSV})

EXTENSIONS: dict[str, Kind] = {
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
    ".xlsx": Kind.XLSX,
    ".pptx": Kind.PPTX,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".eml": Kind.EML,
    ".rtf": Kind.RTF,
    ".txt": Kind.TXT,
    ".md": Kind.MD,
    ".csv": Kind.CSV,
    ".png": Kind.PNG,
    ".jpg": Kind.JPEG,
    ".jpeg": Kind.JPEG,
    ".tif": Kind.TIFF,
    ".tiff": Kind.TIFF,
    ".webp": Kind.WEBP,
    ".gif": Kind.GIF,
    ".bmp": Kind.BMP,
}
"""What an upload form may offer, and what the name decides between kinds of plain text."""
