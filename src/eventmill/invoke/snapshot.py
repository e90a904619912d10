"""Copies of source folders: what a deployment takes, so that later edits do not reach running code.

Links that stay inside a folder stay links. What others lead to is copied, as `sam package` does:
it could change behind the back of a deployment.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from eventmill.store.code import CACHES, CodeStore

_PIECE = 1 << 30


@dataclass(frozen=True, slots=True)
class Beside:
    """What a copy gets besides its source: `add` writes what `of` names into it."""

    of: Path
    add: Callable[[Path], None]


class Snapshots:
    """Takes copies into `code`, and keeps in `cache` of which state of a source each one is."""

    def __init__(self, cache: Path, code: CodeStore) -> None:
        self._cache = cache
        self._code = code
        self._taking: dict[Path, asyncio.Task[Path]] = {}

    async def take(
        self, source: Path, skipped: set[str], beside: Beside | None, below: str
    ) -> Path:
        """A folder with `source` as it is now in its folder `below`. Raises OSError.

        One that has not changed since is not read again, nor for each function that shares it.
        """
        text = f"{source}\n{sorted(skipped)}\n{beside and beside.of}\n{below}"
        note = self._cache / f"frozen-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
        task = self._taking.get(note)
        if task is None:
            work = asyncio.to_thread(self._take, source, skipped, beside, below, note)
            task = self._taking[note] = asyncio.create_task(work)
            task.add_done_callback(lambda _: self._taking.pop(note))
        return await asyncio.shield(task)

    def _take(
        self, source: Path, skipped: set[str], beside: Beside | None, below: str, note: Path
    ) -> Path:
        def found() -> Iterator[Entry]:
            # A data directory within the source must not be copied into itself.
            return contents(source, skipped, self._cache.parent)

        def fill(partial: Path) -> None:
            inner = partial / below
            inner.mkdir(exist_ok=True)
            copy(found(), inner)
            if beside is not None:
                beside.add(inner)

        # Before the copy: what is written meanwhile makes the next deployment copy again.
        state = state_of(found())
        known: dict[str, str] = {}
        # It is not there yet, or a power cut has emptied it.
        with contextlib.suppress(OSError, ValueError):
            known = json.loads(note.read_text())
        if known.get("state") == state and Path(known["folder"]).exists():
            return Path(known["folder"])
        folder = self._code.from_folder(fill)
        self._cache.mkdir(parents=True, exist_ok=True)
        partial = note.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps({"state": state, "folder": str(folder)}))
        partial.rename(note)
        return folder


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in a folder: `place` is its path in the copy, `path` where it lies."""

    place: str
    path: str
    state: os.stat_result | None
    """None for a link that stays one."""
    link: str = ""
    """Where that link leads."""


def contents(folder: Path, skipped: Collection[str], apart: Path | None = None) -> Iterator[Entry]:
    """What lies below a folder, folders before what is in them; without the names in `skipped`,
    without the folder `apart`, and without sockets, pipes and devices."""
    aside = None if apart is None else os.path.realpath(apart)
    root = os.path.realpath(folder)
    yield from _walk(root, "", (root,), frozenset(skipped), aside)


def _walk(
    folder: str, place: str, roots: tuple[str, ...], skipped: frozenset[str], aside: str | None
) -> Iterator[Entry]:
    """`roots` are the folders that are being copied, each behind a link of the one before it."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        inner, path, within = f"{place}{entry.name}", entry.path, roots
        if entry.name in skipped or path == aside:
            continue
        if entry.is_symlink():
            path = os.path.realpath(path)
            link = _kept(entry, path, roots, skipped)
            if link is not None:
                yield Entry(inner, entry.path, None, link)
                continue
            within = (*roots, path)
        try:
            state = os.stat(path)  # noqa: PTH116
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(state.st_mode):
            yield Entry(inner, path, state)
            yield from _walk(path, f"{inner}/", within, skipped, aside)
        elif stat.S_ISREG(state.st_mode):
            yield Entry(inner, path, state)


def _kept(
    entry: os.DirEntry[str], target: str, roots: tuple[str, ...], skipped: frozenset[str]
) -> str | None:
    """Where a link of the copy leads; None when what it leads to is to be copied."""
    if not os.path.exists(target):  # noqa: PTH110
        return os.readlink(entry.path)  # noqa: PTH115
    if _below(target, roots[-1]):
        inner = os.path.relpath(target, roots[-1])
        if skipped.isdisjoint(inner.split("/")):
            return os.path.relpath(target, os.path.dirname(entry.path))  # noqa: PTH120
    # Copied, a folder around one that is being copied would never end.
    return target if any(_below(root, target) for root in roots) else None


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def state_of(entries: Iterator[Entry]) -> str:
    """Changes whenever one of them was written; reads no file's content."""
    digest = hashlib.sha256()
    for entry in entries:
        text = entry.link
        if CACHES in entry.place.split("/"):
            continue
        if entry.state is not None and stat.S_ISREG(entry.state.st_mode):
            text = f"{entry.state.st_size}:{entry.state.st_mtime_ns}:{entry.state.st_mode}"
        digest.update(f"{entry.place}\0{text}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def copy(entries: Iterator[Entry], target: Path) -> None:
    """Copy them into a folder, with their times and permissions. Raises OSError."""
    for entry in entries:
        place = f"{target}/{entry.place}"
        if entry.state is None:
            os.symlink(entry.link, place)  # noqa: PTH211
        elif stat.S_ISDIR(entry.state.st_mode):
            os.mkdir(place)  # noqa: PTH102
        else:
            try:
                _copy_file(entry.path, place)
                shutil.copystat(entry.path, place)
            except FileNotFoundError:
                # Editors write files beside others and take them away again.
                if os.path.exists(entry.path):  # noqa: PTH110
                    raise


def _copy_file(source: str, target: str) -> None:
    """Shares the blocks on file systems that can (Btrfs, XFS), and copies them on others."""
    if sys.platform == "linux":
        try:
            with open(source, "rb") as given, open(target, "wb") as taken:  # noqa: PTH123
                while os.copy_file_range(given.fileno(), taken.fileno(), _PIECE):
                    pass
                if taken.seek(0, os.SEEK_END) == os.fstat(given.fileno()).st_size:
                    return
        except OSError:
            # The file system cannot, or the source is another one: the copy below tells why.
            pass
    shutil.copyfile(source, target)
