"""Every sample becomes what its manifest says, in this process."""

import hashlib
import json
from pathlib import Path

import pytest

from documents.classify import classify
from documents.errors import Permanent
from documents.extract import extract, thumbnail
from documents.fields import extract_fields
from documents.inspect import inspect
from documents.kinds import IMAGES
from documents.sniff import sniff

SAMPLES = Path(__file__).parents[2] / "samples"
MANIFEST = json.loads((SAMPLES / "manifest.json").read_text())
GOOD = [entry for entry in MANIFEST if entry["status"] == "done"]
REJECTED = [entry for entry in MANIFEST if entry["status"] == "rejected"]
COPIES = [entry for entry in MANIFEST if entry["status"] == "duplicate"]


def by_file(entry: dict) -> str:
    return entry["file"]


def test_the_manifest_lists_every_sample(samples: Path) -> None:
    assert sorted(map(by_file, MANIFEST)) == sorted(path.name for path in samples.iterdir())


def test_samples_are_the_same_on_every_run(samples: Path, tmp_path: Path) -> None:
    from make import make

    for path in make(tmp_path):
        assert path.read_bytes() == (samples / path.name).read_bytes(), path.name


@pytest.mark.parametrize("entry", GOOD, ids=by_file)
def test_sample_is_read(entry: dict, samples: Path, request: pytest.FixtureRequest) -> None:
    data = (samples / entry["file"]).read_bytes()
    kind = sniff(data, data, entry["file"])
    assert kind == entry["kind"]
    inspect(data, kind)
    reads_pictures = kind in IMAGES
    extraction = extract(data, kind, request.getfixturevalue("ocr") if reads_pictures else None)
    assert extraction.ocr_used == reads_pictures
    assert len(extraction.pages) == entry["pages"]
    assert extraction.language == entry.get("language", extraction.language)
    classification = classify(extraction.text, kind, extraction.pages)
    assert classification.name == entry["class"], classification
    fields = extract_fields(classification.name, extraction.text, extraction.embedded)
    expected = entry.get("fields", {})
    assert {name: fields.get(name) for name in expected} == expected
    picture = thumbnail(data, kind, extraction.pages)
    assert picture is not None and picture.startswith(b"\x89PNG")


@pytest.mark.parametrize("entry", REJECTED, ids=by_file)
def test_sample_is_refused(entry: dict, samples: Path) -> None:
    data = (samples / entry["file"]).read_bytes()
    with pytest.raises(Permanent) as refused:
        inspect(data, sniff(data, data, entry["file"]))
    assert refused.value.code == entry["reason"]


@pytest.mark.parametrize("entry", COPIES, ids=by_file)
def test_copy_has_its_originals_digest(entry: dict, samples: Path) -> None:
    data = (samples / entry["file"]).read_bytes()
    original = (samples / entry["duplicate_of"]).read_bytes()
    digest = inspect(data, sniff(data, data, entry["file"])).sha256
    assert digest == hashlib.sha256(original).hexdigest()
