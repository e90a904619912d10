"""Numbered schema versions, one line of them per component."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from eventmill.kernel.errors import StoreError


def migrate(connection: sqlite3.Connection, schemas: Mapping[str, Sequence[str]]) -> None:
    """Bring every component to its newest version, all or nothing.

    Raises StoreError when the data was written by a newer version, or is damaged.
    """
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_version(component TEXT PRIMARY KEY,"
            " version INTEGER NOT NULL) WITHOUT ROWID"
        )
        found: dict[str, int] = dict(
            connection.execute("SELECT component, version FROM schema_version")
        )
        _refuse_newer(found, schemas)
        connection.execute("BEGIN IMMEDIATE")
        for component, scripts in schemas.items():
            for script in scripts[found.get(component, 0) :]:
                for statement in _statements(script):
                    connection.execute(statement)
            connection.execute(
                "INSERT INTO schema_version VALUES(?,?)"
                " ON CONFLICT(component) DO UPDATE SET version=excluded.version",
                (component, len(scripts)),
            )
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"the data directory is damaged ({error}); restore it from a copy, or delete it with "
            "`eventmill reset` to start empty"
        ) from error


def _refuse_newer(found: Mapping[str, int], schemas: Mapping[str, Sequence[str]]) -> None:
    for component, version in found.items():
        known = len(schemas.get(component, ()))
        if version > known:
            raise StoreError(
                f"the data directory was written by a newer Eventmill ({component} is at version"
                f" {version}, this one knows {known}); install that version, or use another --data"
            )


def _statements(script: str) -> list[str]:
    """Split at semicolons that end a complete statement (triggers hold several)."""
    statements: list[str] = []
    rest = ""
    for part in script.split(";"):
        rest += part + ";"
        if sqlite3.complete_statement(rest):
            if rest.strip(" \n\t;"):
                statements.append(rest)
            rest = ""
    return statements
