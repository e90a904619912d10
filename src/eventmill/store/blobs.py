"""Bodies too large for a row: files written completely before a row names them.

The order is write, fsync, rename, fsync of the folder, and only then the commit with the name.
A crash in between leaves a file that no row names; `sweep` deletes those at the start.

Who reads a body takes a `hold` before looking for the row that names it. Without one the body of an
object that is replaced meanwhile would be gone between the look and the end of the answer.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from eventmill.kernel.ids import Ids
from eventmill.store.syncing import sync_folder


@dataclass(frozen=True, slots=True)
class BlobSlice:
    """A part of a stored body to be sent: `length` bytes from `offset`."""

    path: Path
    offset: int
    length: int


class StagedBlob:
    """A body being written. `keep()` makes it durable under its name, `discard()` deletes it."""

    __slots__ = ("_durable", "_file", "_folder", "_kept", "name", "size")

    def __init__(self, folder: Path, name: str, durable: bool) -> None:
        self.name = name
        self.size = 0
        self._folder = folder
        self._durable = durable
        self._kept = False
        self._file: BinaryIO = (folder / f"{name}.tmp").open("wb")

    def write(self, data: bytes) -> None:
        """Append."""
        self._file.write(data)
        self.size += len(data)

    def keep(self) -> str:
        """Make the file durable; returns the name that a row may now hold."""
        self._file.flush()
        if self._durable:
            os.fdatasync(self._file.fileno())
        self._file.close()
        (self._folder / f"{self.name}.tmp").rename(self._folder / self.name)
        if self._durable:
            sync_folder(self._folder)
        self._kept = True
        return self.name

    def content(self) -> bytes:
        """What was written so far, for a body that memory has room for."""
        self._file.flush()
        return (self._folder / (self.name if self._kept else f"{self.name}.tmp")).read_bytes()

    def discard(self) -> None:
        """Delete what was written. After `keep` too, for a change that did not come about."""
        # On a full disk closing fails too, as it writes the rest; the file must go all the same.
        with contextlib.suppress(OSError):
            self._file.close()
        name = self.name if self._kept else f"{self.name}.tmp"
        (self._folder / name).unlink(missing_ok=True)


class Hold:
    """As long as it lives, no body is deleted that was there when it was taken."""

    __slots__ = ("_blobs", "_number")

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._number = blobs.begin()

    def __del__(self) -> None:
        self._blobs.end(self._number)


class Blobs:
    """The folder of bodies, spread over 256 subfolders so that none grows too long to list.

    `hold` and `delete` may be called from any thread.
    """

    def __init__(self, folder: Path, ids: Ids, *, durable: bool = True) -> None:
        self._folder = folder
        self._ids = ids
        self._durable = durable
        # Whose end the collector finds may be that of one who has the lock.
        self._lock = threading.RLock()
        self._holds: dict[int, None] = {}
        self._newest = 0
        self._later: deque[tuple[int, str]] = deque()
        for number in range(256):
            (folder / f"{number:02x}").mkdir(parents=True, exist_ok=True)

    def stage(self) -> StagedBlob:
        """A new body to be written."""
        name = self._ids.hex(32)
        return StagedBlob(self._folder / name[:2], name, self._durable)

    def path(self, name: str) -> Path:
        """Where the body lies."""
        return self._folder / name[:2] / name

    def hold(self) -> Hold:
        """Keep what is there for now. Take it before the look for the row."""
        return Hold(self)

    def delete(self, name: str) -> None:
        """Delete a body that no row names any more, once nobody holds it. Call it after the commit.

        What waits for that when the engine ends is swept at the start.
        """
        with self._lock:
            if self._holds:
                self._later.append((self._newest, name))
                return
        self.path(name).unlink(missing_ok=True)

    def begin(self) -> int:
        """Called by the hold itself; its number."""
        with self._lock:
            self._newest += 1
            self._holds[self._newest] = None
            return self._newest

    def end(self, number: int) -> None:
        """Called by the hold itself."""
        ripe = []
        with self._lock:
            self._holds.pop(number, None)
            # In the order of their numbers: the first is the oldest that lives.
            oldest = next(iter(self._holds), self._newest + 1)
            while self._later and self._later[0][0] < oldest:
                ripe.append(self._later.popleft()[1])
        for name in ripe:
            self.path(name).unlink(missing_ok=True)

    def sweep(self, named: Iterable[str]) -> int:
        """Delete every file whose name is not in `named`; returns how many."""
        keep = set(named)
        swept = 0
        for file in self._folder.glob("??/*"):
            if file.name not in keep:
                file.unlink()
                swept += 1
        return swept
