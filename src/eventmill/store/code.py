"""Unpacked code of functions and layers, one folder per content."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import zipfile
from pathlib import Path

from eventmill.kernel.errors import UsageError

_UNZIPPED_LIMIT = 262_144_000


class CodeStore:
    """Folders named by the digest of what they hold; writing one twice is harmless."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def from_zip(self, data: bytes) -> Path:
        """Unpack an archive. Raises UsageError: no zip, too large, or a path that leads out."""
        target = self._folder / hashlib.sha256(data).hexdigest()
        if target.exists():
            return target
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
        except zipfile.BadZipFile:
            raise UsageError(
                "Could not unzip uploaded file. Please check your file, then try to upload again."
            ) from None
        if sum(entry.file_size for entry in archive.infolist()) > _UNZIPPED_LIMIT:
            raise UsageError("Unzipped size must be smaller than 262144000 bytes")
        partial = target.with_suffix(f".{os.getpid()}")
        for entry in archive.infolist():
            _extract(archive, entry, partial)
        partial.mkdir(exist_ok=True)
        self._place(partial, target)
        return target

    def from_text(self, files: dict[str, str]) -> Path:
        """A folder with these files, for code written in a template."""
        digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
        target = self._folder / digest
        if not target.exists():
            partial = target.with_suffix(f".{os.getpid()}")
            partial.mkdir(exist_ok=True)
            for name, text in files.items():
                (partial / name).write_text(text)
            self._place(partial, target)
        return target

    @staticmethod
    def _place(partial: Path, target: Path) -> None:
        try:
            partial.rename(target)
        except OSError:
            # Another call unpacked the same content first.
            shutil.rmtree(partial, ignore_errors=True)


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    path = (folder / entry.filename).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise UsageError(f"the archive's entry {entry.filename} leads out of its folder")
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive.read(entry))
    mode = entry.external_attr >> 16
    path.chmod(0o755 if mode & 0o111 else 0o644)
