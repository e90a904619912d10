"""Putting files on the disk, beyond what their own sync does."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Put the names of a folder on the disk: a new file's, or a renamed one's."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(file: Path, text: str, mode: int) -> None:
    """Write a small file anew, or leave it as it was: a full disk and a kill must not empty it."""
    partial = file.with_name(f"{file.name}.tmp")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.rename(file)
    sync_folder(file.parent)


def sync_disk(folder: Path) -> None:
    """Write out all that was changed on the disk that a folder lies on.

    A thousand files are synced with it as fast as one; one by one each would wait for the disk.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        if syncfs(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)
