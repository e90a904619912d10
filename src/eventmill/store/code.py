"""Unpacked code of functions and layers, one folder per content.

A folder is written completely under another name, synced, then renamed: a crash in between leaves
a partial folder that `sweep` deletes at the start. Renamed without the sync, a power cut could
leave empty files under the digest of full ones, and the same code deployed again would be taken
for there.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from eventmill.kernel.errors import UsageError
from eventmill.store.syncing import sync_disk, sync_folder

UNZIPPED_LIMIT = 262_144_000
CACHES = "__pycache__"
"""Folders of compiled Python, which are no content: running the same code may write them anew."""


class CodeStore:
    """Folders named by the digest of what they hold; writing one twice is harmless.

    Its methods may be called from any thread.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._folder = folder
        self._durable = durable
        folder.mkdir(parents=True, exist_ok=True)

    def from_zip(self, data: bytes) -> Path:
        """Unpack an archive. Raises UsageError: no zip, too large, or a path that leads out."""
        return self._place(hashlib.sha256(data).hexdigest(), unpacker(io.BytesIO(data)))

    def from_text(self, files: Mapping[str, str]) -> Path:
        """A folder with these files, for code written in a template."""

        def write(partial: Path) -> None:
            for name, text in files.items():
                (partial / name).parent.mkdir(parents=True, exist_ok=True)
                (partial / name).write_text(text)

        return self._place(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest(), write)

    def from_folder(self, fill: Callable[[Path], None]) -> Path:
        """A folder with what `fill` writes into the one that it is given."""
        partial = self._partial("folder")
        try:
            fill(partial)
            return self._settle(partial, _tree_digest(partial))
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def sweep(self, named: Iterable[str]) -> list[Path]:
        """Put every folder aside whose path is not in `named`; returns them, for `remove`."""
        keep, gone = set(named), []
        for folder in list(self._folder.iterdir()):
            if str(folder) not in keep:
                # Under its own name code that comes again would be found half deleted.
                gone.append(folder.rename(folder.with_name(f"gone.{secrets.token_hex(8)}")))
        return gone

    def remove(self, folders: Iterable[Path]) -> None:
        """Delete what was put aside, which takes seconds where thousands of files lie in it."""
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    def _place(self, digest: str, fill: Callable[[Path], None]) -> Path:
        target = self._folder / digest
        if target.exists():
            return target
        partial = self._partial(digest)
        try:
            fill(partial)
            return self._settle(partial, digest)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _partial(self, name: str) -> Path:
        partial = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=self._folder))
        partial.chmod(0o755)
        return partial

    def sync(self, folder: Path) -> None:
        """Put what a folder holds on the disk, where code must outlive a power cut."""
        if self._durable:
            sync_disk(folder)

    def _settle(self, partial: Path, digest: str) -> Path:
        """Give a full folder its name."""
        target = self._folder / digest
        if not target.exists():
            self.sync(partial)
        try:
            partial.rename(target)
        except OSError:
            # Another call may have placed the same content first.
            if not target.exists():
                raise
        if self._durable:
            sync_folder(self._folder)
        return target


def unpacker(source: Path | io.BytesIO) -> Callable[[Path], None]:
    """What unpacks an archive into a folder. Raises UsageError: no zip, or too large.

    Its result raises UsageError where an entry's path leads out of the folder.
    """
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile:
        raise UsageError(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None
    if sum(entry.file_size for entry in archive.infolist()) > UNZIPPED_LIMIT:
        raise UsageError(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")

    def unpack(folder: Path) -> None:
        for entry in archive.infolist():
            _extract(archive, entry, folder)

    return unpack


def code_sha256(data: bytes) -> str:
    """Lambda's CodeSha256 of an archive."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def folder_sha256(folder: Path) -> str:
    """CodeSha256 of a folder that was built: the name of such folders tells their content."""
    return code_sha256(folder.name.encode())


def _tree_digest(folder: Path) -> str:
    """Of names, contents, links and permissions to execute."""
    digest = hashlib.sha256()
    for root, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(f"{root}/{name}")]  # noqa: PTH114
        folders[:] = sorted(name for name in folders if name not in (*links, CACHES))
        for name in sorted([*links, *files]):
            path = f"{root}/{name}"
            if os.path.islink(path):  # noqa: PTH114
                kind, held = "link", os.readlink(path).encode("utf-8", "surrogateescape")  # noqa: PTH115
            else:
                with open(path, "rb") as file:  # noqa: PTH123
                    held = hashlib.file_digest(file, "sha256").digest()
                kind = "program" if os.stat(path).st_mode & 0o111 else "file"  # noqa: PTH116
            place = os.path.relpath(path, folder).encode("utf-8", "surrogateescape")
            digest.update(b"%s\0%s\0%s\n" % (place, kind.encode(), held))
    return digest.hexdigest()


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    path = (folder / entry.filename).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise UsageError(f"the archive's entry {entry.filename} leads out of its folder")
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Read in pieces and counted: the size that the archive claims may be a lie.
    left = UNZIPPED_LIMIT
    with archive.open(entry) as source, path.open("wb") as target:
        while piece := source.read(1 << 20):
            left -= len(piece)
            if left < 0:
                raise UsageError(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")
            target.write(piece)
    # Only the permission to execute is taken over: archives made on Windows carry none at all.
    path.chmod(0o755 if (entry.external_attr >> 16) & 0o111 else 0o644)
