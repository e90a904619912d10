import io
import zipfile

import pytest
from PIL import Image

from documents.errors import Permanent
from documents.inspect import inspect
from documents.kinds import Kind
from documents.limits import Limits
from documents.sniff import sniff


def archive(members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as pack:
        for name, content in members.items():
            # Of one time: the tests are named after these bytes, in every process alike.
            pack.writestr(zipfile.ZipInfo(name), content, kind)
    return out.getvalue()


WORD = archive({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"})


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"%PDF-1.7\n...", "a.txt", Kind.PDF),
        (b"junk before\n%PDF-1.4", "a.pdf", Kind.PDF),
        (b"\x89PNG\r\n\x1a\n....", "a", Kind.PNG),
        (b"\xff\xd8\xff\xe0", "a", Kind.JPEG),
        (b"II*\x00", "a", Kind.TIFF),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a", Kind.WEBP),
        (WORD, "a.zip", Kind.DOCX),
        (b"<!DOCTYPE html><html>", "a.txt", Kind.HTML),
        (b"From: a@b.example\r\nSubject: x\r\n\r\nbody", "a.bin", Kind.EML),
        (b"{\\rtf1 x}", "a.doc", Kind.RTF),
        (b"a,b\n1,2\n", "a.csv", Kind.CSV),
        (b"# Title\n", "A.MD", Kind.MD),
        (b"just words", "readme", Kind.TXT),
        ("Grüße".encode("utf-16"), "a.txt", Kind.TXT),
    ],
)
def test_kind_is_told_by_content(head: bytes, name: str, kind: Kind) -> None:
    assert sniff(head, head, name) == kind


@pytest.mark.parametrize(
    ("head", "name", "code"),
    [
        (b"", "a.pdf", "empty"),
        (b"\x7fELF\x02\x01\x01\0\0", "a.pdf", "unsupported-type"),
        (archive({"a.txt": b"x"}), "a.docx", "unsupported-type"),
        (b"not a PDF at all", "a.pdf", "corrupt"),
    ],
)
def test_what_cannot_be_read_is_refused(head: bytes, name: str, code: str) -> None:
    with pytest.raises(Permanent) as refused:
        sniff(head, head, name)
    assert refused.value.code == code
    assert name in refused.value.message


def refusal(data: bytes, kind: Kind, limits: Limits | None = None) -> str:
    with pytest.raises(Permanent) as refused:
        inspect(data, kind, limits or Limits())
    return refused.value.code


def test_a_truncated_office_file_is_corrupt() -> None:
    cut = WORD[: len(WORD) // 2]
    assert refusal(cut, sniff(cut, cut, "a.docx")) == "corrupt"


def test_an_office_file_without_its_main_part_is_corrupt() -> None:
    assert refusal(archive({"word/other.xml": b"<x/>"}), Kind.DOCX) == "corrupt"


def test_a_damaged_member_is_corrupt() -> None:
    stored = archive({"word/document.xml": b"A" * 100}, zipfile.ZIP_STORED)
    assert refusal(stored.replace(b"A" * 50, b"B" * 50), Kind.DOCX) == "corrupt"


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = archive({"word/document.xml": b"\0" * 20_000_000})
    assert refusal(bomb, Kind.DOCX) == "too-large"
    assert refusal(WORD, Kind.DOCX, Limits(archive_members=1)) == "too-large"
    assert refusal(WORD, Kind.DOCX, Limits(archive_bytes=3)) == "too-large"


def test_a_locked_office_file_is_encrypted_and_an_old_one_unsupported() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    assert sniff(ole, ole, "a.docx") == Kind.OLE
    assert refusal(ole + "EncryptedPackage".encode("utf-16-le"), Kind.OLE) == "encrypted"
    assert refusal(ole, Kind.OLE) == "unsupported-type"


def test_bounds_of_size_pages_and_pixels(samples) -> None:  # type: ignore[no-untyped-def]
    contract = (samples / "contract.pdf").read_bytes()
    assert inspect(contract, Kind.PDF).pages == 3
    assert refusal(contract, Kind.PDF, Limits(pages=2)) == "too-many-pages"
    assert refusal(contract, Kind.PDF, Limits(bytes=10)) == "too-large"
    picture = (samples / "receipt.png").read_bytes()
    assert refusal(picture, Kind.PNG, Limits(pixels=100)) == "too-large"
    assert refusal(picture[:500], Kind.PNG) == "corrupt"
    assert refusal(b"", Kind.TXT) == "empty"


def test_frames_of_a_picture_are_counted() -> None:
    out = io.BytesIO()
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 99, 200)]
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    assert inspect(out.getvalue(), Kind.TIFF).pages == 3
