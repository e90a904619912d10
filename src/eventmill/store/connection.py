"""How a SQLite connection of ours is set up."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from eventmill.kernel.errors import StoreError


def connect(path: Path, durability: str, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the database in WAL mode.

    `power`: each commit is on the disk when it returns. `process`: it survives the death of
    the process, not a power cut. Raises StoreError when the file is no usable database.
    """
    try:
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if durability == 'power' else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("PRAGMA cache_size=-65536")
        # A checkpoint every 4,000 pages keeps the WAL near 16 MB and its cost out of most calls.
        connection.execute("PRAGMA wal_autocheckpoint=4000")
        connection.execute("PRAGMA journal_size_limit=67108864")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error as error:
        raise StoreError(
            f"{path} cannot be opened as a database ({error}); restore it from a copy, or delete "
            "it with `eventmill reset` to start empty"
        ) from error
    return connection
