"""Unpacked code: on the disk before it has its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventmill.store import code
from eventmill.store.code import CodeStore


@pytest.mark.parametrize("durable", [True, False])
def test_code_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    synced: list[tuple[str, list[str]]] = []

    def sync(folder: Path) -> None:
        synced.append((folder.name, sorted(file.name for file in folder.iterdir())))

    monkeypatch.setattr(code, "sync_disk", sync)
    monkeypatch.setattr(code, "sync_folder", sync)
    store = CodeStore(tmp_path / "code", durable=durable)
    placed = store.from_text({"a.py": "", "b.py": ""})
    assert placed.parent == tmp_path / "code"
    if not durable:
        assert synced == []
        return
    (partial, files), (folder, names) = synced
    assert partial.startswith(f"{placed.name}.") and files == ["a.py", "b.py"]
    assert folder == "code" and placed.name in names
    assert store.from_text({"a.py": "", "b.py": ""}) == placed
    assert len(synced) == 2


def test_what_a_folder_holds_can_be_synced(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        code.sync_disk(tmp_path / "nowhere")
    code.sync_disk(tmp_path)
