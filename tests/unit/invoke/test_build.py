"""What becomes of a Python function's folder, or of what is packed already."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path

import pytest

from eventmill.invoke.build import SourceBuilder
from eventmill.kernel.errors import UsageError


def build(source: Path, said: list[str] | None = None) -> Path:
    builder = SourceBuilder(source.parent / "cache", (said if said is not None else []).append)
    return asyncio.run(
        builder.build(source, "python3.12", layer=False, logical_id="F", method=None, options={})
    )


def test_what_is_built_already_is_not_built_again(tmp_path: Path) -> None:
    """As `sam build` and the CDK leave it: packages beside the text that named them."""
    source = tmp_path / "source"
    (source / "left-1.0.dist-info").mkdir(parents=True)
    (source / "requirements.txt").write_text("no-such-package-anywhere==1\n")
    said: list[str] = []
    assert build(source, said) == source
    assert said == []


def test_an_archive_is_unpacked_once(tmp_path: Path) -> None:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("inner/index.py", "x = 1")
    folder = build(archive)
    assert (folder / "inner" / "index.py").read_text() == "x = 1"
    assert build(archive) == folder
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr("more.py", "")
    assert build(archive) != folder


@pytest.mark.parametrize("name", ["../out.py", "/out.py"])
def test_an_archive_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(name, "")
    with pytest.raises(UsageError, match=r"F: .*code.zip: the archive's entry .* leads out"):
        build(archive)


def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "code.zip").write_text("no")
    with pytest.raises(UsageError, match=r"F: .*code.zip: Could not unzip"):
        build(tmp_path / "code.zip")
