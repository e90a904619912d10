"""Whether a file can be worked on at all, and what is known of it before its text is read."""

import hashlib
import io
from dataclasses import dataclass

from documents.archive import check_archive
from documents.errors import Permanent
from documents.kinds import IMAGES, OFFICE, Kind
from documents.limits import LIMITS, Limits

_MAIN_PARTS = {
    Kind.DOCX: "word/document.xml",
    Kind.XLSX: "xl/workbook.xml",
    Kind.PPTX: "ppt/presentation.xml",
}


@dataclass(frozen=True)
class Inspection:
    """`size` in bytes, `sha256` in hexadecimal; `pages` where the format tells it cheaply."""

    kind: Kind
    size: int
    sha256: str
    pages: int | None


def inspect(data: bytes, kind: Kind, limits: Limits = LIMITS) -> Inspection:
    """Raises Permanent: `empty`, `too-large`, `too-many-pages`, `encrypted`, `corrupt` or
    `unsupported-type`, each with a message that names the mend."""
    if not data:
        raise Permanent("empty", "the file is empty: there is nothing to read")
    if len(data) > limits.bytes:
        raise Permanent("too-large", f"{len(data)} bytes, at most {limits.bytes} are accepted")
    pages = _pages(data, kind, limits)
    if pages is not None and pages > limits.pages:
        raise Permanent("too-many-pages", f"{pages} pages, at most {limits.pages} are accepted")
    return Inspection(kind, len(data), hashlib.sha256(data).hexdigest(), pages)


def _pages(data: bytes, kind: Kind, limits: Limits) -> int | None:
    if kind == Kind.PDF:
        from documents.pdf import open_pdf

        with open_pdf(data) as pdf:
            return len(pdf)
    if kind in OFFICE:
        return _office_pages(data, kind, limits)
    if kind in IMAGES:
        return _image_frames(data, limits)
    if kind == Kind.OLE:
        _refuse_ole(data)
    return None


def _office_pages(data: bytes, kind: Kind, limits: Limits) -> int | None:
    with check_archive(data, limits) as archive:
        names = archive.namelist()
        if _MAIN_PARTS[kind] not in names:
            raise Permanent("corrupt", f"the {kind} file lacks its part {_MAIN_PARTS[kind]!r}")
        if kind == Kind.PPTX:
            return sum(name.startswith("ppt/slides/slide") for name in names)
        if kind == Kind.XLSX:
            return sum(name.startswith("xl/worksheets/sheet") for name in names)
    return None


def _image_frames(data: bytes, limits: Limits) -> int:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > limits.pixels:
                raise Permanent(
                    "too-large",
                    f"{image.width} x {image.height} pixels, at most {limits.pixels} are read",
                )
            frames = int(getattr(image, "n_frames", 1))
            image.load()
    except Image.DecompressionBombError as error:
        raise Permanent("too-large", f"the image is too large to decode: {error}") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise Permanent("corrupt", f"the image cannot be decoded: {error}") from error
    return frames


def _refuse_ole(data: bytes) -> None:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Permanent("encrypted", "the Office document is protected by a password: remove it")
    raise Permanent(
        "unsupported-type",
        "a file of Office 97 to 2003, or an Outlook message: save it as docx, xlsx, pptx or eml",
    )
