"""Items as rows: reading, writing with index and stream, deleting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call
from eventmill.services.dynamodb import destinations, streams, tables
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.tables import Table
from eventmill.services.dynamodb.values import ITEM_LIMIT, Item, dump, key_bytes, load
from eventmill.store.transaction import Transaction

Place = tuple[bytes, bytes]


def place_of(table: Table, item: Mapping[str, Any]) -> Place:
    """Where an item stands. Raises Fault for a missing, empty or mistyped key."""
    parts = []
    for name in (table.partition, table.sort):
        if name is None:
            parts.append(b"")
            continue
        value = item.get(name)
        if value is None:
            raise validation(
                f"One or more parameter values were invalid: Missing the key {name} in the item"
            )
        wanted = table.types[name]
        if wanted not in value:
            raise validation(
                f"One or more parameter values were invalid: Type mismatch for key {name} expected:"
                f" {wanted} actual: {next(iter(value))}"
            )
        if value[wanted] in ("", b""):
            raise validation(
                "One or more parameter values are not valid. The AttributeValue for a key "
                "attribute cannot contain an empty "
                f"{'string' if wanted == 'S' else 'binary'} value. Key: {name}"
            )
        parts.append(key_bytes(value))
    return parts[0], parts[1]


def place_of_key(table: Table, key: Mapping[str, Any]) -> Place:
    """Where the item of a Key stands. Raises Fault when it is not exactly the table's key."""
    mismatch = set(key) != table.keys or any(
        table.types[name] not in value for name, value in key.items()
    )
    if mismatch:
        raise validation("The provided key element does not match the schema")
    return place_of(table, key)


def fetch(tx: Transaction, table: Table, place: Place) -> tuple[Item | None, int]:
    """(the item or None, its size in bytes)."""
    row = tx.one(
        "SELECT item, size FROM ddb_items WHERE tbl=? AND pk=? AND sk=?", (table.id, *place)
    )
    return (None, 0) if row is None else (load(row[0]), row[1])


def put(call: Call, table: Table, place: Place, old: Item | None, new: Item, size: int) -> None:
    """Write an item with its index entries and records. Raises Fault when too large."""
    if size > ITEM_LIMIT:
        raise validation("Item size has exceeded the maximum allowed size")
    expires = _expiry(table, new)
    call.tx.execute(
        "INSERT OR REPLACE INTO ddb_items VALUES(?,?,?,?,?,?)",
        (table.id, *place, dump(new), size, expires),
    )
    if table.indexes:
        _reindex(call, table, place, old, new)
    _record(call, table, old, new, size)


def remove(call: Call, table: Table, place: Place, old: Item, *, expired: bool = False) -> None:
    """Delete an item with its index entries, and record it."""
    call.tx.execute("DELETE FROM ddb_items WHERE tbl=? AND pk=? AND sk=?", (table.id, *place))
    if table.indexes:
        _reindex(call, table, place, old, None)
    _record(call, table, old, None, len(dump(old)), expired=expired)


def _expiry(table: Table, item: Mapping[str, Any]) -> float | None:
    if table.ttl is None:
        return None
    text = (item.get(table.ttl) or {}).get("N")
    return None if text is None else float(text)


def time_anew(tx: Transaction, name: str) -> None:
    """The time to live of a table was changed: note for each item when its own is over."""
    table = tables.find(tx, name)
    rows = tx.all("SELECT item, pk, sk FROM ddb_items WHERE tbl=?", (table.id,))
    tx.executemany(
        "UPDATE ddb_items SET expires=? WHERE tbl=? AND pk=? AND sk=?",
        ((_expiry(table, load(item)), table.id, pk, sk) for item, pk, sk in rows),
    )


def _reindex(call: Call, table: Table, place: Place, old: Item | None, new: Item | None) -> None:
    for index in table.indexes.values():
        before = None if old is None else tables.index_place(table, index, old)
        after = None if new is None else tables.index_place(table, index, new)
        if before == after:
            continue
        if before is not None:
            call.tx.execute(
                "DELETE FROM ddb_index WHERE tbl=? AND idx=? AND ipk=? AND isk=? AND pk=? AND sk=?",
                (table.id, index.name, *before, *place),
            )
        if after is not None:
            call.tx.execute(
                "INSERT INTO ddb_index VALUES(?,?,?,?,?,?)",
                (table.id, index.name, *after, *place),
            )


def _record(
    call: Call,
    table: Table,
    old: Item | None,
    new: Item | None,
    size: int,
    *,
    expired: bool = False,
) -> None:
    if table.stream is None and table.destination is None:
        return
    source = new if new is not None else old
    assert source is not None
    # In the schema's order: their text tells whether two records are of the same item.
    keys = {name: source[name] for name in (table.partition, table.sort) if name is not None}
    if table.stream is not None and table.view is not None:
        streams.record(call, table.stream, table.view, keys, old, new, size, expired=expired)
    if table.destination is not None:
        destinations.record(call, table.name, table.destination, keys, old, new, expired=expired)


def expire(call: Call, limit: int = 100) -> None:
    """Delete items whose time to live is over."""
    rows = call.tx.all(
        "SELECT t.name, i.pk, i.sk FROM ddb_items i JOIN ddb_tables t ON t.id=i.tbl"
        " WHERE i.expires<=? LIMIT ?",
        (call.now, limit),
    )
    for name, pk, sk in rows:
        table = tables.find(call.tx, name)
        item, _ = fetch(call.tx, table, (pk, sk))
        if table.ttl is not None and item is not None:
            remove(call, table, (pk, sk), item, expired=True)


def next_expiry(tx: Transaction) -> float | None:
    """When the next item's time to live is over."""
    row = tx.one("SELECT min(expires) FROM ddb_items")
    return None if row is None else row[0]
