"""The data directory: its files, and that only one engine uses it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from eventmill.kernel.errors import UsageError

DEFAULT = ".eventmill"
"""The data directory's name beside a template, where no other is given."""
_DEPTH = 3


def running_below(folder: Path) -> list[Path]:
    """The data directories of running engines in folders a few levels down."""
    return sorted(path for path in _below(folder, _DEPTH) if DataDirectory(path).alive)


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """Places of data directories; folders may vanish meanwhile, or be closed to this user."""
    try:
        inner = [folder / entry.name for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return
    for one in inner:
        yield one / DEFAULT
        if depth > 1:
            yield from _below(one, depth - 1)


@dataclass(slots=True)
class DataDirectory:
    """`claim` before use, `release` after."""

    path: Path
    _lock: IO[str] | None = None

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "eventmill.db"

    @property
    def running(self) -> Path:
        """What the running engine says of itself, JSON: pid and endpoint."""
        return self.path / "engine.json"

    def claim(self) -> None:
        """Lock the directory. Raises UsageError naming who holds it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / ".gitignore").write_text("*\n")
            self._lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise UsageError(
                f"the data directory {self.path} cannot be used: {error.strerror}; choose another "
                "with --data"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            holder = self.read().get("pid", "another process")
            raise UsageError(
                f"the data directory {self.path} is in use by process {holder}; stop that engine, "
                "or choose another directory with --data"
            ) from None

    @property
    def alive(self) -> bool:
        """Whether the engine that said something of itself still runs."""
        try:
            os.kill(int(self.read()["pid"]), 0)
        except PermissionError:
            return True
        except (KeyError, ValueError, OSError):
            return False
        return True

    def announce(self, endpoint: str) -> None:
        """Say where the engine can be reached."""
        self.running.write_text(json.dumps({"pid": os.getpid(), "endpoint": endpoint}))

    def read(self) -> dict[str, Any]:
        """What the running engine said of itself; empty when there is none."""
        try:
            said: dict[str, Any] = json.loads(self.running.read_text())
        except (OSError, ValueError):
            return {}
        return said

    def release(self) -> None:
        """Let another engine have it."""
        self.running.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None
