"""What a call used, told where it is asked for: capacity units, and sizes of item collections.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConsumedCapacity.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.services.dynamodb.tables import Index, Table
from eventmill.services.dynamodb.values import key_bytes
from eventmill.store.transaction import Transaction

_GIGABYTE = 1 << 30


def units(size: int, *, write: bool, half: bool = False) -> float:
    """1 KB a unit to write, 4 KB to read, `half` of it for what need not be consistent."""
    step = 1_024 if write else 4_096
    whole = 1.0 if size <= step else float(math.ceil(size / step))
    return whole / 2 if half else whole


def read(
    tx: Transaction,
    request: Mapping[str, Any],
    table: Table,
    used: float,
    index: Index | None = None,
) -> dict[str, Any]:
    """Count what a read used, by `index` where there is one; its ConsumedCapacity."""
    if index is None or index.local:
        tx.counted.append(("dynamodb.read", table.name, used))
    else:
        tx.counted.append(("dynamodb.read", table.name, index.name, used))
    return told(request, table, used, index)


def written(
    tx: Transaction, request: Mapping[str, Any], table: Table, used: float
) -> dict[str, Any]:
    """Count what a write used; its ConsumedCapacity."""
    tx.counted.append(("dynamodb.written", table.name, used))
    return told(request, table, used)


def told(
    request: Mapping[str, Any], table: Table, used: float, index: Index | None = None
) -> dict[str, Any]:
    """The ConsumedCapacity of what is counted already."""
    if request.get("ReturnConsumedCapacity", "NONE") == "NONE":
        return {}
    return {"ConsumedCapacity": _of_table(request, table.name, used, index)}


def several(
    tx: Transaction, request: Mapping[str, Any], used: Mapping[str, float], *, write: bool
) -> dict[str, Any]:
    """The same of a call on several tables, by their names."""
    kind = "dynamodb.written" if write else "dynamodb.read"
    tx.counted += [(kind, name, each) for name, each in used.items()]
    if request.get("ReturnConsumedCapacity", "NONE") == "NONE":
        return {}
    return {"ConsumedCapacity": [_of_table(request, name, each) for name, each in used.items()]}


def _of_table(
    request: Mapping[str, Any], name: str, used: float, index: Index | None = None
) -> dict[str, Any]:
    told: dict[str, Any] = {"TableName": name, "CapacityUnits": used}
    if request["ReturnConsumedCapacity"] != "INDEXES":
        return told
    told["Table"] = {"CapacityUnits": 0.0 if index else used}
    if index is not None:
        kind = "LocalSecondaryIndexes" if index.local else "GlobalSecondaryIndexes"
        told[kind] = {index.name: {"CapacityUnits": used}}
    return told


def collection(
    tx: Transaction, request: Mapping[str, Any], table: Table, key: Mapping[str, Any]
) -> dict[str, Any]:
    """The ItemCollectionMetrics of a write to the item of `key`."""
    found = _collection(tx, request, table, key)
    return {"ItemCollectionMetrics": found} if found else {}


def collections(
    tx: Transaction,
    request: Mapping[str, Any],
    writes: Iterable[tuple[Table, Mapping[str, Any]]],
) -> dict[str, Any]:
    """The ItemCollectionMetrics of writes to several items: of each collection once."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table, key in writes:
        one = _collection(tx, request, table, key)
        if one and one not in found.setdefault(table.name, []):
            found[table.name].append(one)
    return {"ItemCollectionMetrics": found} if found else {}


def _collection(
    tx: Transaction, request: Mapping[str, Any], table: Table, key: Mapping[str, Any]
) -> dict[str, Any]:
    """Only tables with local indexes have item collections."""
    asked = request.get("ReturnItemCollectionMetrics") == "SIZE"
    if not asked or not any(index.local for index in table.indexes.values()):
        return {}
    value = key[table.partition]
    row = tx.one(
        "SELECT coalesce(sum(size), 0) FROM ddb_items WHERE tbl=? AND pk=?",
        (table.id, key_bytes(value)),
    )
    low = float(row[0] // _GIGABYTE) if row else 0.0
    return {
        "ItemCollectionKey": {table.partition: value},
        "SizeEstimateRangeGB": [low, low + 1.0],
    }
