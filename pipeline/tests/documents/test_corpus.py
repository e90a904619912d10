"""Quality on a development corpus, where one is: no file of it is part of the project."""

import json
from pathlib import Path

from documents.errors import DocumentError
from documents.extract import extract
from documents.fields import extract_fields
from documents.inspect import inspect
from documents.kinds import Kind
from documents.sniff import sniff


def test_invoices_tell_every_field_by_their_xml(corpus: Path) -> None:
    for path in (corpus / "einvoices").glob("*.pdf"):
        extraction = extract(path.read_bytes(), Kind.PDF, None)
        fields = extract_fields("invoice", extraction.text, extraction.embedded)
        assert len(fields) == 6, (path.name, fields)


def test_most_contracts_tell_their_law(corpus: Path) -> None:
    right = total = 0
    for path in (corpus / "contracts").glob("*.pdf"):
        truth = json.loads(path.with_suffix(".fields.json").read_text())
        text = extract(path.read_bytes(), Kind.PDF, None).text
        fields = extract_fields("contract", text, None)
        total += 1
        right += fields.get("jurisdiction") in truth.get("jurisdiction", [None])
    assert right >= 0.9 * total


def test_nothing_makes_reading_crash_or_hang(corpus: Path) -> None:
    for path in (corpus / "mixed").iterdir():
        data = path.read_bytes()
        try:
            kind = sniff(data[:65_536], data[-65_536:], path.name)
            inspect(data, kind)
            extract(data, kind, None)
        except DocumentError as refused:
            assert refused.message
