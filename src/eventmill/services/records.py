"""CloudFormation types that have no meaning on one machine: an id, and what was declared.

For services of which templates need nothing but that their resources exist.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventmill.services.contract import Call, Created, Resource, ResourceType, Support
from eventmill.store.transaction import Transaction

Make = Callable[[Call, Resource], str]
"""A fresh physical id."""

Attributes = Callable[[str, Mapping[str, Any], str], dict[str, Any]]
"""(physical id, properties, region) → what GetAtt gives."""


@dataclass(frozen=True, slots=True)
class RecordType:
    """`properties` are those that may be declared."""

    name: str
    make: Make
    properties: tuple[str, ...]
    attributes: Attributes


def schema(table: str) -> str:
    """The table that a service keeps its records in."""
    return f"""
    CREATE TABLE {table}(
      id TEXT PRIMARY KEY,             -- physical id
      kind TEXT NOT NULL,              -- CloudFormation type
      config TEXT NOT NULL,            -- JSON, the properties as declared
      created REAL NOT NULL
    ) WITHOUT ROWID;
    """


def resource_types(
    kinds: Sequence[RecordType], table: str, notice: str = ""
) -> tuple[ResourceType, ...]:
    """The types, kept in `table`."""
    return tuple(_type(kind, table, notice) for kind in kinds)


def every(tx: Transaction, table: str, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all records of a type by id."""
    rows = tx.all(f"SELECT id, config FROM {table} WHERE kind=? ORDER BY created, id", (kind,))
    return {row[0]: json.loads(row[1]) for row in rows}


def _type(kind: RecordType, table: str, notice: str) -> ResourceType:
    def keep(call: Call, number: str, given: Mapping[str, Any]) -> Created:
        call.tx.execute(
            f"INSERT INTO {table} VALUES(?,?,?,?)"
            " ON CONFLICT(id) DO UPDATE SET config=excluded.config",
            (number, kind.name, json.dumps(dict(given)), call.now),
        )
        return Created(number, kind.attributes(number, given, call.region))

    def create(call: Call, resource: Resource) -> Created:
        return keep(call, kind.make(call, resource), resource.properties)

    def update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
        return keep(call, resource.physical_id or "", resource.properties)

    def delete(call: Call, resource: Resource) -> None:
        call.tx.execute(f"DELETE FROM {table} WHERE id=?", (resource.physical_id,))

    properties = dict.fromkeys(kind.properties, Support.RECORDED)
    return ResourceType(kind.name, properties, create, update, delete, notice=notice)
