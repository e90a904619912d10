"""A file's kind from its content; its name decides only between kinds of plain text."""

import re
from pathlib import PurePath

from documents.errors import Permanent
from documents.kinds import EXTENSIONS, IMAGES, OFFICE, TEXTS, Kind
from documents.zipnames import zip_names

HEAD_BYTES = 65_536
TAIL_BYTES = 65_536

_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"II*\x00", Kind.TIFF),
    (b"MM\x00*", Kind.TIFF),
    (b"II+\x00", Kind.TIFF),
    (b"MM\x00+", Kind.TIFF),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"{\\rtf", Kind.RTF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OLE),
)
_OFFICE_PARTS = (("word/", Kind.DOCX), ("xl/", Kind.XLSX), ("ppt/", Kind.PPTX))
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|div|table)\b", re.IGNORECASE)
_HEADER_LINE = re.compile(rb"^[!-9;-~]+:[ \t]?\S?")
_MAIL_HEADERS = re.compile(
    rb"^(?:from|to|subject|date|received|return-path|message-id|mime-version|delivered-to):",
    re.IGNORECASE | re.MULTILINE,
)
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def sniff(head: bytes, tail: bytes, name: str) -> Kind:
    """The kind of a file of which the first and last `HEAD_BYTES`/`TAIL_BYTES` are given.

    A small file may be passed whole as both. Raises Permanent `empty`, `corrupt` or
    `unsupported-type`.
    """
    if not head:
        raise Permanent("empty", f"{name!r} is empty: there is nothing to read")
    kind = _by_signature(head) or _by_archive(head, tail, name) or _by_text(head, name)
    if kind is None:
        raise Permanent(
            "unsupported-type",
            f"{name!r} is {_described(head, name)}, which is not a kind that can be read",
        )
    return kind


def _by_signature(head: bytes) -> Kind | None:
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind.WEBP
    if head[:2] == b"BM" and len(head) > 26 and head[6:10] == b"\0\0\0\0":
        return Kind.BMP
    # Readers accept a PDF whose header is preceded by up to 1 KiB of foreign bytes.
    return Kind.PDF if b"%PDF-" in head[:1024] else None


def _by_archive(head: bytes, tail: bytes, name: str) -> Kind | None:
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return None
    members = zip_names(head, tail)
    for folder, kind in _OFFICE_PARTS:
        if any(member.startswith(folder) for member in members):
            return kind
    by_name = _named(name)
    if "[Content_Types].xml" in members and by_name in OFFICE:
        # Cut off before its first telling part: `inspect` will say what is wrong with it.
        return by_name
    raise Permanent(
        "unsupported-type",
        f"{name!r} is a zip archive and not an Office document: unpack it, send its files",
    )


def _by_text(head: bytes, name: str) -> Kind | None:
    if not _is_text(head):
        return None
    start = head[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if _is_mail(start):
        return Kind.EML
    if _HTML.search(start[:2048]) and start.startswith(b"<"):
        return Kind.HTML
    by_name = _named(name)
    if by_name == Kind.PDF or by_name in OFFICE or by_name in IMAGES:
        raise Permanent("corrupt", f"{name!r} holds plain text, not what its name says")
    if by_name == Kind.HTML and b"<" in start:
        return Kind.HTML
    return by_name if by_name in TEXTS else Kind.TXT


def _named(name: str) -> Kind | None:
    return EXTENSIONS.get(PurePath(name.lower()).suffix)


def _is_text(head: bytes) -> bool:
    if head.startswith(_BOMS):
        return True
    sample = head[:8192]
    control = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 or byte == 127 for byte in sample)
    return b"\0" not in sample and control * 100 <= len(sample)


def _is_mail(start: bytes) -> bool:
    lines = start.split(b"\n\n")[0].split(b"\r\n\r\n")[0].splitlines()
    if len(lines) < 2 or not _HEADER_LINE.match(lines[0]):
        return False
    return len({match.lower() for match in _MAIL_HEADERS.findall(b"\n".join(lines))}) >= 2


def _described(head: bytes, name: str) -> str:
    """What a refused file is, in words: needed only on this path, so imported only here."""
    import puremagic

    try:
        matches = puremagic.magic_string(head[:4096])
    except (puremagic.PureError, ValueError):
        return "a binary file of unknown kind"
    return f"a file of kind {matches[0].name!r}" if matches else "a binary file of unknown kind"
