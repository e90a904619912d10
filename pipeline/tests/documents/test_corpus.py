"""Quality on a development corpus, where one is: no file of it is part of the project."""

import json
from pathlib import Path

from documents.errors import DocumentError
from documents.extract import extract
from documents.fields import extract_fields
from documents.inspect import inspect
from documents.kinds import Kind
from documents.sniff import HEAD_BYTES, TAIL_BYTES, sniff


def files(folder: Path, pattern: str = "*") -> list[Path]:
    """The folder's files. Raises AssertionError when there are none: they would prove nothing."""
    found = sorted(folder.glob(pattern))
    assert found, folder
    return found


def test_invoices_tell_every_field_by_their_xml(corpus: Path) -> None:
    for path in files(corpus / "einvoices", "*.pdf"):
        extraction = extract(path.read_bytes(), Kind.PDF, None)
        fields = extract_fields("invoice", extraction.text, extraction.embedded)
        assert len(fields) == 6, (path.name, fields)


def test_most_contracts_tell_their_law(corpus: Path) -> None:
    paths, right = files(corpus / "contracts", "*.pdf"), 0
    for path in paths:
        truth = json.loads(path.with_suffix(".fields.json").read_text())
        text = extract(path.read_bytes(), Kind.PDF, None).text
        fields = extract_fields("contract", text, None)
        right += fields.get("jurisdiction") in truth.get("jurisdiction", [None])
    assert right >= 0.9 * len(paths)


def test_nothing_makes_reading_crash_or_hang(corpus: Path) -> None:
    for path in files(corpus / "mixed"):
        data = path.read_bytes()
        try:
            kind = sniff(data[:HEAD_BYTES], data[-TAIL_BYTES:], path.name)
            inspect(data, kind)
            extract(data, kind, None)
        except DocumentError as refused:
            assert refused.message
