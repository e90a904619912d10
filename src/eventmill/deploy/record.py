"""The record of each stack: what was created, from which properties, with which outputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from eventmill.services.cloudformation import STACK
from eventmill.store.transaction import Transaction

SCHEMA = (
    """
    CREATE TABLE deploy_stacks(
      name TEXT PRIMARY KEY,
      id TEXT NOT NULL,
      endpoint TEXT NOT NULL,          -- the engine's address at the last deployment
      outputs TEXT NOT NULL DEFAULT '{}',
      exports TEXT NOT NULL DEFAULT '{}'
    ) WITHOUT ROWID;
    CREATE TABLE deploy_resources(
      stack TEXT NOT NULL,
      logical_id TEXT NOT NULL,
      type TEXT NOT NULL,
      physical_id TEXT NOT NULL,
      properties TEXT NOT NULL,        -- JSON, resolved
      attributes TEXT NOT NULL,        -- JSON, what GetAtt gives
      retain INTEGER NOT NULL,
      position INTEGER NOT NULL,       -- order of creation
      PRIMARY KEY(stack, logical_id)
    ) WITHOUT ROWID;
    """,
    # The stem of its template's file, empty for a usual one; NULL where that is not known.
    "ALTER TABLE deploy_stacks ADD COLUMN source TEXT",
    """
    -- What another resource has taken the place of, until the end of a deployment deletes it: one
    -- that breaks off leaves it to the next.
    CREATE TABLE deploy_replaced(
      stack TEXT NOT NULL,
      logical_id TEXT NOT NULL,
      type TEXT NOT NULL,
      physical_id TEXT NOT NULL,
      properties TEXT NOT NULL,        -- JSON, as in deploy_resources
      attributes TEXT NOT NULL,
      retain INTEGER NOT NULL,
      position INTEGER NOT NULL,
      PRIMARY KEY(stack, type, physical_id, logical_id)
    ) WITHOUT ROWID;
    """,
    # JSON: what told.py makes, with the times at which the stack was made and changed.
    "ALTER TABLE deploy_stacks ADD COLUMN told TEXT NOT NULL DEFAULT '{}'",
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A resource that exists."""

    logical_id: str
    type: str
    physical_id: str
    properties: dict[str, Any]
    attributes: dict[str, Any]
    retain: bool
    position: int


@dataclass(frozen=True, slots=True)
class Export:
    """What a stack lets others import. `output` is the one that it comes from."""

    stack_id: str
    output: str
    name: str
    value: Any


def open_stack(tx: Transaction, name: str, fresh: str, endpoint: str, source: str | None) -> str:
    """The stack's id; `fresh` becomes it when the stack is new.

    Addresses of an engine that listened elsewhere at the last deployment are brought up to date,
    so that what refers to them (a queue's URL in a function's variables) is updated with them.
    """
    tx.execute(
        "INSERT INTO deploy_stacks(name, id, endpoint) VALUES(?,?,?) ON CONFLICT DO NOTHING",
        (name, fresh, endpoint),
    )
    if source is not None:
        tx.execute("UPDATE deploy_stacks SET source=? WHERE name=?", (source, name))
    row = tx.one("SELECT id, endpoint FROM deploy_stacks WHERE name=?", (name,))
    assert row is not None
    if row[1] != endpoint:
        for table in ("resources", "replaced"):
            tx.execute(
                f"UPDATE deploy_{table} SET physical_id=replace(physical_id, ?1, ?2),"
                " attributes=replace(attributes, ?1, ?2) WHERE stack=?3",
                # Without the scheme: WebSocket addresses (ws://) lie there too.
                (row[1].partition(":")[2] + "/", endpoint.partition(":")[2] + "/", name),
            )
        tx.execute("UPDATE deploy_stacks SET endpoint=? WHERE name=?", (endpoint, name))
    return str(row[0])


def id_of(tx: Transaction, name: str) -> str:
    """The stack's id; empty for one that is not there."""
    row = tx.one("SELECT id FROM deploy_stacks WHERE name=?", (name,))
    return "" if row is None else str(row[0])


def source_of(tx: Transaction, name: str) -> str | None:
    """The stem of the file that the stack was deployed from, empty for a usual one.

    None for a stack within another, and where it is not known.
    """
    row = tx.one("SELECT source FROM deploy_stacks WHERE name=?", (name,))
    return None if row is None else row[0]


def stacks_of(tx: Transaction) -> list[str]:
    """The names of the stacks that are not within others."""
    rows = tx.all(
        "SELECT name FROM deploy_stacks WHERE id NOT IN"
        " (SELECT physical_id FROM deploy_resources WHERE type=?) ORDER BY name",
        (STACK,),
    )
    return [row[0] for row in rows]


def close_stack(tx: Transaction, name: str) -> None:
    """Forget a stack whose resources are gone."""
    tx.execute("DELETE FROM deploy_stacks WHERE name=?", (name,))


def resources_of(tx: Transaction, stack: str) -> dict[str, Recorded]:
    """By logical id, in the order of creation."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM deploy_resources WHERE stack=? ORDER BY position", (stack,)
    )
    return {row[0]: _recorded(row) for row in rows}


_COLUMNS = "logical_id, type, physical_id, properties, attributes, retain, position"


def _recorded(row: Any) -> Recorded:
    return Recorded(
        row[0], row[1], row[2], json.loads(row[3]), json.loads(row[4]), bool(row[5]), row[6]
    )


def holders(tx: Transaction, stack: str, kind: str, physical_id: str) -> list[tuple[str, Recorded]]:
    """(stack, resource) of those that have a physical id, as a stack with its addresses knows it.

    Other stacks may hold addresses that the engine had at their own last deployment.
    """
    rows = tx.all(
        f"SELECT held.stack, {_COLUMNS} FROM deploy_resources held"
        " JOIN deploy_stacks theirs ON theirs.name=held.stack"
        " JOIN deploy_stacks ours ON ours.name=?1"
        " WHERE held.type=?2 AND replace(physical_id, theirs.endpoint, ours.endpoint)=?3",
        (stack, kind, physical_id),
    )
    return [(row[0], replace(_recorded(row[1:]), physical_id=physical_id)) for row in rows]


def put(tx: Transaction, stack: str, recorded: Recorded) -> None:
    """Record a resource in the transaction that created or changed it."""
    _insert(tx, "resources", stack, recorded)
    # One that was replaced and is taken back must not be deleted in the end.
    tx.execute(
        "DELETE FROM deploy_replaced WHERE stack=? AND type=? AND physical_id=?",
        (stack, recorded.type, recorded.physical_id),
    )


def _insert(tx: Transaction, table: str, stack: str, recorded: Recorded) -> None:
    tx.execute(
        f"INSERT OR REPLACE INTO deploy_{table}(stack, {_COLUMNS}) VALUES(?,?,?,?,?,?,?,?)",
        (
            stack,
            recorded.logical_id,
            recorded.type,
            recorded.physical_id,
            json.dumps(recorded.properties),
            json.dumps(recorded.attributes),
            int(recorded.retain),
            recorded.position,
        ),
    )


def set_aside(tx: Transaction, stack: str, recorded: Recorded) -> None:
    """Note a resource that another one takes the place of, in the transaction in which it does."""
    _insert(tx, "replaced", stack, recorded)


def set_aside_of(tx: Transaction, stack: str) -> list[Recorded]:
    """What was replaced and is still to be deleted."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM deploy_replaced WHERE stack=?", (stack,))
    return [_recorded(row) for row in rows]


def let_go(tx: Transaction, stack: str, recorded: Recorded) -> None:
    """Forget a replaced resource in the transaction that deleted it."""
    tx.execute(
        "DELETE FROM deploy_replaced WHERE stack=? AND type=? AND physical_id=? AND logical_id=?",
        (stack, recorded.type, recorded.physical_id, recorded.logical_id),
    )


def remove(tx: Transaction, stack: str, logical_id: str) -> None:
    """Forget a resource in the transaction that deleted it."""
    tx.execute("DELETE FROM deploy_resources WHERE stack=? AND logical_id=?", (stack, logical_id))


def put_outputs(
    tx: Transaction,
    stack: str,
    outputs: Mapping[str, Any],
    exports: Mapping[str, str],
    told: Mapping[str, Any],
    *,
    changed: bool,
) -> None:
    """Record what the stack tells; `exports` are the outputs' names by the exports'.

    `changed` says whether the deployment changed any of its resources.
    """
    row = tx.one("SELECT outputs, told FROM deploy_stacks WHERE name=?", (stack,))
    assert row is not None
    before, written = json.loads(row[1]), json.dumps(dict(outputs))
    about = {**told, "created": before.get("created", tx.now), "updated": before.get("updated")}
    if before and (changed or row[0] != written):
        about["updated"] = tx.now
    tx.execute(
        "UPDATE deploy_stacks SET outputs=?, exports=?, told=? WHERE name=?",
        (
            written,
            json.dumps({name: {"output": output} for name, output in exports.items()}),
            json.dumps(about),
            stack,
        ),
    )


def outputs_of(tx: Transaction) -> dict[str, dict[str, Any]]:
    """The outputs of every stack."""
    return {
        name: json.loads(text) for name, text in tx.all("SELECT name, outputs FROM deploy_stacks")
    }


def exports_of(tx: Transaction) -> list[Export]:
    """Of every stack."""
    found = []
    for number, told, exports in tx.all(
        "SELECT id, outputs, exports FROM deploy_stacks ORDER BY name"
    ):
        outputs = json.loads(told)
        for name, entry in json.loads(exports).items():
            output = _output(entry, outputs)
            found.append(Export(number, output, name, outputs[output]))
    return found


def _output(entry: Any, outputs: Mapping[str, Any]) -> str:
    """The output's name; records that earlier versions wrote hold its value."""
    if isinstance(entry, dict):
        return str(entry["output"])
    return next(name for name, value in outputs.items() if value == entry)


def exported(tx: Transaction, name: str) -> Any:
    """The value that some stack exports under `name`, or None."""
    return next((export.value for export in exports_of(tx) if export.name == name), None)
