"""How a SQLite connection of ours is set up."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from eventmill.kernel.errors import StoreError

_LOG_PAGES = 1_000
"""Pages in the write-ahead log at which a commit carries them into the database."""
_LOG_BYTES = _LOG_PAGES * 4_352
"""Those pages with their headers, and the commit that goes beyond them."""


def connect(path: Path, durability: str, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the database in WAL mode, for this process alone.

    The data directory has one owner anyway, and without locks for others a transaction needs six
    system calls less: a tenth of what a call of AWS's API costs. While the engine runs, other
    programs find the database locked.

    `power`: each commit is on the disk when it returns. `process`: it survives the death of
    the process, not a power cut. Raises StoreError when the file is no usable database.
    """
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?vfs=unix-excl",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if durability == 'power' else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("PRAGMA cache_size=-65536")
        connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
        connection.execute("PRAGMA journal_size_limit=67108864")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error as error:
        mend = "restore it from a copy, or delete it with `eventmill reset` to start empty"
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            mend = "another program has it open: end that, and start again"
        raise StoreError(f"{path} cannot be opened as a database ({error}); {mend}") from error
    return connection


def reserve_log(path: Path) -> None:
    """Give the write-ahead log its full length at once, before the first commit.

    The sync of a commit that makes the file longer must also write the new length and the
    blocks' places: on ext4 twice the time, and half again the CPU, of one that overwrites.
    SQLite takes zeros for the end of the log, and writes over them. A disk without the room is no
    error here: the commit that does not fit says so.
    """
    log = path.with_name(f"{path.name}-wal")
    with contextlib.suppress(OSError), log.open("ab", buffering=0) as file:
        missing = _LOG_BYTES - file.tell()
        if missing > 0:
            file.write(bytes(missing))
            os.fdatasync(file.fileno())
