"""What becomes of a Python function's folder, or of what is packed already."""

from __future__ import annotations

import asyncio
import os
import zipfile
from pathlib import Path

import pytest

from eventmill.invoke import snapshot
from eventmill.invoke.build import SourceBuilder
from eventmill.kernel.errors import UsageError
from eventmill.store import code
from eventmill.store.code import CodeStore


def build(source: Path, said: list[str] | None = None) -> Path:
    store = CodeStore(source.parent / "code")
    progress = (said if said is not None else []).append
    builder = SourceBuilder(source.parent / "cache", store, progress)
    return asyncio.run(
        builder.build(source, "python3.12", layer=False, logical_id="F", method=None, options={})
    )


def test_what_is_built_already_is_not_built_again(tmp_path: Path) -> None:
    """As `sam build` and the CDK leave it: packages beside the text that named them."""
    source = tmp_path / "source"
    (source / "left-1.0.dist-info").mkdir(parents=True)
    (source / "requirements.txt").write_text("no-such-package-anywhere==1\n")
    said: list[str] = []
    built = build(source, said)
    assert sorted(entry.name for entry in built.iterdir()) == [
        "left-1.0.dist-info",
        "requirements.txt",
    ]
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


def test_what_was_taken_does_not_change_and_tells_its_content(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "inner").mkdir(parents=True)
    handler = source / "inner" / "index.py"
    handler.write_text("x = 1")
    (source / "bootstrap").write_text("#!/bin/sh")
    (source / "bootstrap").chmod(0o755)
    first = build(source)
    assert build(source) == first
    assert (first / "bootstrap").stat().st_mode & 0o777 == 0o755
    (source / "inner" / "__pycache__").mkdir()
    (source / "inner" / "__pycache__" / "index.pyc").write_bytes(b"")
    assert build(source) == first
    handler.write_text("x = 2")
    second = build(source)
    assert [(f / "inner" / "index.py").read_text() for f in (first, second)] == ["x = 1", "x = 2"]
    handler.write_text("x = 1")
    assert build(source) == first
    (source / "bootstrap").chmod(0o644)
    assert build(source) not in (first, second)


def test_an_unchanged_folder_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "index.py").write_text("x = 1")
    first = build(tmp_path / "source")
    monkeypatch.setattr(snapshot, "copy", None)
    assert build(tmp_path / "source") == first


def test_a_note_that_a_power_cut_has_emptied_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "index.py").write_text("x = 1")
    first = build(tmp_path / "source")
    (note,) = (tmp_path / "cache").glob("frozen-*.json")
    note.write_text("")
    assert build(tmp_path / "source") == first


def test_what_is_unpacked_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(code, "sync_disk", synced.append)
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("index.py", "x = 1")
    build(archive)
    unpacked = synced[0].name
    assert unpacked.startswith("unpacked-") and unpacked.endswith(f".{os.getpid()}")


def test_what_is_no_code_stays_behind(tmp_path: Path) -> None:
    """A data directory within the source would be copied into itself."""
    source = tmp_path / "data" / "source"
    for name in (".git", ".venv", ".eventmill", "node_modules", "kept"):
        (source / name).mkdir(parents=True)
    os.mkfifo(source / "pipe")
    (source / "own").symlink_to(tmp_path / "data")
    assert sorted(entry.name for entry in build(source).iterdir()) == ["kept", "own"]
    inside = tmp_path / "data"
    builder = SourceBuilder(source / "cache", CodeStore(source / "code"))
    built = asyncio.run(
        builder.build(inside, "python3.12", layer=False, logical_id="F", method=None, options={})
    )
    assert "source" not in {entry.name for entry in built.iterdir()}


def test_links_within_the_folder_stay_and_others_are_followed(tmp_path: Path) -> None:
    source, shared = tmp_path / "source", tmp_path / "shared"
    for folder in (source / "lib", source / ".venv" / "site", shared):
        folder.mkdir(parents=True)
    (source / "lib" / "a.py").write_text("a")
    (source / ".venv" / "site" / "b.py").write_text("b")
    (shared / "c.py").write_text("c")
    (shared / "back").symlink_to(source)
    (source / "within").symlink_to(source / "lib")
    (source / "packages").symlink_to(".venv/site")
    (source / "shared").symlink_to("../shared")
    (source / "gone").symlink_to("nowhere")
    built = build(source)
    assert (built / "within").readlink() == Path("lib")
    assert (built / "gone").readlink() == Path("nowhere")
    assert (built / "packages" / "b.py").read_text() == "b"
    (shared / "c.py").write_text("changed")
    assert (built / "shared" / "c.py").read_text() == "c"
    assert (build(source) / "shared" / "c.py").read_text() == "changed"
    assert (built / "shared" / "back").readlink() == source


@pytest.mark.parametrize(("method", "below"), [(None, ""), ("python3.12", "python")])
def test_packages_are_linked_beside_the_code_which_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str | None, below: str
) -> None:
    """In a layer with a BuildMethod both lie below `python`."""
    source, packages = tmp_path / "source", tmp_path / "cache" / "packages-1"
    (source / "own").mkdir(parents=True)
    (source / "own" / "a.py").write_text("mine")
    (source / "requirements.txt").write_text("own\nother\n")
    for name in ("own", "other"):
        (packages / name).mkdir(parents=True)
        (packages / name / "a.py").write_text("theirs")

    async def install(*_: object) -> Path:
        return packages

    monkeypatch.setattr(SourceBuilder, "_install", install)
    builder = SourceBuilder(tmp_path / "cache", CodeStore(tmp_path / "code"))

    def built() -> Path:
        work = builder.build(
            source,
            "python3.12",
            layer=method is not None,
            logical_id="F",
            method=method,
            options={},
        )
        return asyncio.run(work)

    first = built()
    inner = first / below
    assert [(inner / name / "a.py").read_text() for name in ("own", "other")] == ["mine", "theirs"]
    assert (inner / "other").readlink() == packages / "other"
    (source / "own" / "a.py").touch()
    assert built() == first
    (source / "own" / "a.py").write_text("changed")
    assert built() != first
    assert (inner / "own" / "a.py").read_text() == "mine"
