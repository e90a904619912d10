import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from documents.errors import Permanent
from documents.extract import extract, thumbnail
from documents.kinds import Kind
from documents.limits import Limits
from documents.ocr import Draw, Portions, Unfinished


class FixedOcr:
    """Says which picture it was shown: its size."""

    def read(self, draw: Draw) -> str:
        image = draw()
        return f"picture of {image.width} by {image.height} pixels, in {image.mode}"


def text_of(data: bytes, kind: Kind) -> str:
    return extract(data, kind, None).text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Grüße €".encode("utf-8-sig"), "Grüße €"),
        ("Grüße €".encode("utf-16"), "Grüße €"),
        ("Grüße €".encode("cp1252"), "Grüße €"),
        (b"one\r\ntwo  \r\n\r\n\r\n\r\nthree\0", "one\ntwo\n\nthree"),
    ],
)
def test_text_in_any_encoding(data: bytes, text: str) -> None:
    assert text_of(data, Kind.TXT) == text


def test_form_feeds_part_pages() -> None:
    assert [page.text for page in extract(b"a\fb", Kind.TXT, None).pages] == ["a", "b"]


def test_html_shows_what_is_visible() -> None:
    source = b"<title>T</title><p>a&amp;b<br>c</p><script>x()</script><tr><td>1<td>2"
    assert text_of(source, Kind.HTML) == "T\na&b\nc\n1\t2"


def test_deeply_nested_html_does_no_harm() -> None:
    assert text_of(b"<div>" * 5_000 + b"end", Kind.HTML) in ("", "end")


def test_rtf_without_its_control_words() -> None:
    source = rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}Caf\'e9 \u8364? {\*\hidden x}\b bold\b0\par next}"
    assert text_of(source, Kind.RTF) == "Café € bold\nnext"


def test_mail_with_its_attachments(samples: Path) -> None:
    pages = extract((samples / "opening-hours.eml").read_bytes(), Kind.EML, None).pages
    assert pages[0].text.startswith("From: Ada Fenwick")
    assert pages[1].text.startswith("[inventory.csv]\nsku,name")


def test_word_headers_come_first(samples: Path) -> None:
    text = text_of((samples / "letter.docx").read_bytes(), Kind.DOCX)
    assert text.startswith("Brightwater Tools Ltd.\nBristol")


def test_notes_of_slides_are_read(samples: Path) -> None:
    pages = extract((samples / "report.pptx").read_bytes(), Kind.PPTX, None).pages
    assert "Say thanks" in pages[0].text


def test_sheets_are_pages(samples: Path) -> None:
    pages = extract((samples / "sales.xlsx").read_bytes(), Kind.XLSX, None).pages
    assert pages[1].text == "Stock\nsku\tstock\n1001\t14"


def picture_pdf() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(out, "PDF", resolution=72)
    return out.getvalue()


def test_a_page_that_is_a_picture_is_read_by_ocr() -> None:
    extraction = extract(picture_pdf(), Kind.PDF, FixedOcr())
    assert extraction.ocr_used
    assert extraction.text.startswith("picture of 556 by 278")


def test_without_ocr_such_a_page_holds_no_text() -> None:
    extraction = extract(picture_pdf(), Kind.PDF, None)
    assert [page.text for page in extraction.pages] == [""] and not extraction.ocr_used


def test_every_frame_of_a_tiff_is_read() -> None:
    out = io.BytesIO()
    frames = [Image.new("L", (40 + step, 20), 255) for step in range(3)]
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    pages = extract(out.getvalue(), Kind.TIFF, FixedOcr()).pages
    assert [page.text.split()[2] for page in pages] == ["40", "41", "42"]


def test_transparent_pictures_are_laid_on_white() -> None:
    class Corner:
        def read(self, draw: Draw) -> str:
            return str(draw().getpixel((0, 0)))

    out = io.BytesIO()
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(out, "PNG")
    assert extract(out.getvalue(), Kind.PNG, Corner()).text == "(255, 255, 255)"


def test_more_pages_than_allowed() -> None:
    with pytest.raises(Permanent) as refused:
        extract(b"a\fb\fc", Kind.TXT, None, Limits(pages=2))
    assert refused.value.code == "too-many-pages"


def test_a_library_that_stumbles_means_a_corrupt_file() -> None:
    with pytest.raises(Permanent) as refused:
        extract(b"PK\x03\x04 nothing", Kind.DOCX, None)
    assert refused.value.code == "corrupt"


def test_thumbnails_are_small_pngs(samples: Path) -> None:
    for name, kind in (("contract.pdf", Kind.PDF), ("receipt.png", Kind.PNG)):
        made = thumbnail((samples / name).read_bytes(), kind, [])
        assert made is not None
        assert max(Image.open(io.BytesIO(made)).size) == 320
    assert thumbnail(b"x", Kind.TXT, []) is None


def test_a_text_pdf_loads_no_library_of_another_format(samples: Path) -> None:
    source = Path(__file__).parents[2] / "src"
    program = (
        "import sys\n"
        "from documents.extract import extract\n"
        f"data = open({str(samples / 'contract.pdf')!r}, 'rb').read()\n"
        "extract(data, 'pdf', None)\n"
        "heavy = {'numpy', 'PIL', 'onnxruntime', 'docx', 'openpyxl', 'pptx', 'lxml', 'py3langid'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


class Clock:
    """Time as each picture takes it."""

    def __init__(self, left: float, each: float) -> None:
        self.left = left
        self.each = each
        self.seen: list[str] = []

    def read(self, draw: Draw) -> str:
        self.seen.append(FixedOcr().read(draw))
        self.left -= self.each
        return self.seen[-1]


def tiff(frames: int) -> bytes:
    out = io.BytesIO()
    pages = [Image.new("L", (40 + step, 20), 255) for step in range(frames)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def test_a_long_scan_is_read_in_portions_and_no_picture_twice() -> None:
    data = tiff(7)
    whole = extract(data, Kind.TIFF, FixedOcr())
    known: list[str] = []
    looked_at: list[str] = []
    for _ in range(3):
        clock = Clock(left=60, each=15)
        try:
            read = extract(data, Kind.TIFF, Portions(clock, known, lambda c=clock: c.left))
        except Unfinished as unfinished:
            known = unfinished.texts
        looked_at += clock.seen
    assert [len(known), len(looked_at)] == [6, 7]
    assert read == whole and looked_at == [page.text for page in whole.pages]


def test_each_portion_reads_a_picture_however_late_it_is() -> None:
    clock = Clock(left=1, each=5)
    with pytest.raises(Unfinished) as unfinished:
        extract(tiff(3), Kind.TIFF, Portions(clock, ["one"], lambda: clock.left))
    assert len(unfinished.value.texts) == 2
