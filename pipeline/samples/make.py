"""Makes the sample documents: `python make.py DIRECTORY`.

The same files on every run. What each becomes in the pipeline is in manifest.json beside this.
"""

import sys
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import office
import pictures
import texts
from pdfs import lines, pdf


def make(directory: Path) -> list[Path]:
    """Writes every sample into `directory`, which is made if it is missing."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, build in _SAMPLES.items():
        path = directory / name
        path.write_bytes(build())
        paths.append(path)
    return paths


def _invoice() -> bytes:
    return pdf([lines(texts.INVOICE)])


def _mail() -> bytes:
    message = EmailMessage()
    message["From"] = "Ada Fenwick <ada@brightwater.example>"
    message["To"] = "Office <office@harlow.example>"
    message["Date"] = "Tue, 19 Mar 2024 09:30:00 +0000"
    message["Subject"] = "Opening hours at Easter"
    message["Message-ID"] = "<sample-1@brightwater.example>"
    message.set_content(
        "Dear all,\n\nour shop is closed on Good Friday. The attached list says what is in "
        "stock before then.\n\nKind regards,\nAda Fenwick\n"
    )
    message.add_attachment(texts.INVENTORY.encode(), "text", "csv", filename="inventory.csv")
    message.set_boundary("=_sample_boundary_1")
    return message.as_bytes()


def _workbook() -> bytes:
    rows: list[list[object]] = [["sku", "name", "sold"], [1001, "Pruning saw", 41]]
    return office.sheet_xlsx(
        {"Sales": [*rows, [1002, "Hedge trimmer", 7]], "Stock": [["sku", "stock"], [1001, 14]]}
    )


def _corrupt() -> bytes:
    whole = _invoice()
    return whole[:120] + b"\0" * 400


_SAMPLES: dict[str, Callable[[], bytes]] = {
    "invoice.pdf": _invoice,
    "contract.pdf": lambda: pdf([lines(page) for page in texts.CONTRACT]),
    "letter.docx": lambda: office.letter_docx("Brightwater Tools Ltd.", texts.LETTER),
    "sales.xlsx": _workbook,
    "report.pptx": lambda: office.slides_pptx(texts.SLIDES),
    "facture.html": texts.HTML.encode,
    "opening-hours.eml": _mail,
    "brief.txt": lambda: texts.GERMAN_LETTER.encode("cp1252"),
    "resume.md": texts.RESUME.encode,
    "inventory.csv": texts.INVENTORY.encode,
    "receipt.png": lambda: pictures.picture(texts.RECEIPT, "PNG"),
    "scan.jpg": lambda: pictures.picture(texts.SCAN, "JPEG", tilt=1.5),
    "corrupt.pdf": _corrupt,
    "locked.pdf": lambda: pdf([lines(texts.LOCKED)], password="open sesame"),
    "invoice-copy.pdf": _invoice,
}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make.py DIRECTORY")
    for made in make(Path(sys.argv[1])):
        print(made)
