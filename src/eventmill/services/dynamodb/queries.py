"""Query and Scan: ranges of keys, pages of a megabyte, filters and projections.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.dynamodb import consumed, items, storage, tables
from eventmill.services.dynamodb.expressions import Env, condition, key_condition
from eventmill.services.dynamodb.expressions.conditions import KeyPart
from eventmill.services.dynamodb.expressions.paths import resolve
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.legacy import translated
from eventmill.services.dynamodb.tables import OPERATIONS, Index, Table
from eventmill.services.dynamodb.values import Item, key_bytes, load
from eventmill.store.transaction import Row

_PAGE_BYTES = 1_048_576


@dataclass(slots=True)
class Page:
    """What one call read. `last` is the place behind which the next one goes on."""

    items: list[Item]
    scanned: int = 0
    size: int = 0
    last: Item | None = None


def _index(table: Table, request: Mapping[str, Any]) -> Index | None:
    name = request.get("IndexName")
    if name is None:
        return None
    index = table.indexes.get(name)
    if index is None:
        raise validation(f"The table does not have the specified index: {name}")
    if request.get("ConsistentRead") and not index.local:
        raise validation("Consistent reads are not supported on global secondary indexes")
    return index


@OPERATIONS.read("Query")
def query(call: Call, request: dict[str, Any]) -> Result:
    """Items of one partition key, in the order of the sort key."""
    legacy = request.get("QueryFilter") is not None
    return found(call, translated(request), "QueryFilter" if legacy else "Filter Expression")


def found(call: Call, request: Mapping[str, Any], keyless: str = "") -> dict[str, Any]:
    """The page of a Query. Raises Fault.

    `keyless` names the filter where it must not test keys: they belong into the key condition.
    """
    table = tables.find(call.tx, request["TableName"])
    index = _index(table, request)
    text = request.get("KeyConditionExpression")
    if text is None:
        raise validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
            "the request."
        )
    env = Env(request)
    parts, mentioned = key_condition(text)
    env.mention(mentioned)
    partition = index.partition if index else table.partition
    sort = index.sort if index else table.sort
    key, clause, bounds = _bounds(parts, env, table, partition, sort)
    if keyless:
        _check_filter(request, env, (partition, sort), keyless)
    forward = request.get("ScanIndexForward", True)
    rows = _rows(call, table, index, key, clause, bounds, request, forward)
    return _answer(call, table, index, rows, request, env)


def _check_filter(
    request: Mapping[str, Any], env: Env, keys: tuple[str | None, ...], what: str
) -> None:
    text = request.get("FilterExpression")
    heads = condition(text, "FilterExpression").heads if text is not None else ()
    for name in sorted(map(env.name, heads)):
        if name in keys:
            raise validation(
                f"{what} can only contain non-primary key attributes: Primary key attribute: {name}"
            )


def _bounds(
    parts: tuple[KeyPart, ...], env: Env, table: Table, partition: str, sort: str | None
) -> tuple[bytes, str, list[bytes]]:
    """(partition key, SQL on the sort key `{k}`, its values). Raises Fault."""
    by_name = {str(resolve(part.path, env)[0]): part for part in parts}
    hashed = by_name.pop(partition, None)
    if hashed is None:
        raise validation(f"Query condition missed key schema element: {partition}")
    if hashed.sign != "=":
        raise validation("Query key condition not supported")
    key = _typed(env, hashed.values[0], table, partition)
    if not by_name:
        return key, "", []
    name, ranged = by_name.popitem()
    if name != sort or by_name:
        raise validation(f"Query condition missed key schema element: {sort or name}")
    values = [_typed(env, text, table, name) for text in ranged.values]
    if ranged.sign == "between":
        if values[0] > values[1]:
            raise validation(
                "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be "
                "greater than or equal to lower bound"
            )
        return key, " AND {k}>=? AND {k}<=?", values
    if ranged.sign == "begins_with":
        upper = _after_prefix(values[0])
        return (
            key,
            " AND {k}>=?" + (" AND {k}<?" if upper else ""),
            values + ([upper] if upper else []),
        )
    return key, f" AND {{k}}{ranged.sign}?", values


def _after_prefix(prefix: bytes) -> bytes:
    """The first bytes above all that start with `prefix`; empty when there are none."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes([trimmed[-1] + 1]) if trimmed else b""


def _typed(env: Env, text: str, table: Table, name: str) -> bytes:
    value = env.value(text)
    if table.types[name] not in value:
        raise validation(
            "One or more parameter values were invalid: Condition parameter type does not match "
            "schema type"
        )
    return key_bytes(value)


def _rows(
    call: Call,
    table: Table,
    index: Index | None,
    key: bytes,
    clause: str,
    bounds: list[bytes],
    request: Mapping[str, Any],
    forward: bool,
) -> Iterator[Row]:
    """(item, size) rows in order, behind the ExclusiveStartKey."""
    compare, order = (">", "ASC") if forward else ("<", "DESC")
    start = request.get("ExclusiveStartKey")
    if index is None:
        sql = "SELECT item, size FROM ddb_items WHERE tbl=? AND pk=?" + clause.format(k="sk")
        values: list[Any] = [table.id, key, *bounds]
        if start is not None:
            sql += f" AND sk{compare}?"
            values.append(storage.place_of_key(table, start)[1])
        return call.tx.execute(f"{sql} ORDER BY sk {order}", values)
    sql = (
        "SELECT i.item, i.size FROM ddb_index x JOIN ddb_items i"
        " ON i.tbl=x.tbl AND i.pk=x.pk AND i.sk=x.sk WHERE x.tbl=? AND x.idx=? AND x.ipk=?"
        + clause.format(k="x.isk")
    )
    values = [table.id, index.name, key, *bounds]
    if start is not None:
        sql += f" AND (x.isk, x.pk, x.sk){compare}(?,?,?)"
        values += _index_start(table, index, start)
    return call.tx.execute(f"{sql} ORDER BY x.isk {order}, x.pk {order}, x.sk {order}", values)


def _index_start(table: Table, index: Index, start: Mapping[str, Any]) -> list[bytes]:
    place = tables.index_place(table, index, start)
    if place is None or not table.keys <= set(start):
        raise validation("The provided starting key is invalid")
    return [place[1], *storage.place_of(table, start)]


@OPERATIONS.scan("Scan")
def scan(call: Call, request: dict[str, Any]) -> Result:
    """All items, or those of one segment of several."""
    return scanned(call, translated(request))


def scanned(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """The page of a Scan. Raises Fault."""
    table = tables.find(call.tx, request["TableName"])
    index = _index(table, request)
    start = request.get("ExclusiveStartKey")
    values: list[Any] = [table.id]
    if index is None:
        sql = "SELECT item, size, pk FROM ddb_items WHERE tbl=?"
        if start is not None:
            sql += " AND (pk, sk)>(?,?)"
            values += storage.place_of_key(table, start)
        sql += " ORDER BY pk, sk"
    else:
        sql = (
            "SELECT i.item, i.size, x.ipk FROM ddb_index x JOIN ddb_items i ON i.tbl=x.tbl"
            " AND i.pk=x.pk AND i.sk=x.sk WHERE x.tbl=? AND x.idx=?"
        )
        values.append(index.name)
        if start is not None:
            place = tables.index_place(table, index, start)
            if place is None:
                raise validation("The provided starting key is invalid")
            sql += " AND (x.ipk, x.isk, x.pk, x.sk)>(?,?,?,?)"
            values += [*place, *storage.place_of(table, start)]
        sql += " ORDER BY x.ipk, x.isk, x.pk, x.sk"
    segment, total = _segments(request)
    rows: Iterator[Row] = call.tx.execute(sql, values)
    if total is not None:
        rows = (row for row in rows if _segment(row[2], total) == segment)
    return _answer(call, table, index, rows, request, Env(request))


def _segments(request: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """(segment, how many there are), or neither. Raises Fault."""
    segment, total = request.get("Segment"), request.get("TotalSegments")
    for given, other in (("Segment", "TotalSegments"), ("TotalSegments", "Segment")):
        if request.get(given) is not None and request.get(other) is None:
            raise validation(
                f"The {other} parameter is required but was not present in the request when "
                f"{given} parameter is present"
            )
    if segment is not None and total is not None and segment >= total:
        raise validation(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )
    return segment, total


def _segment(key: bytes, total: int) -> int:
    return zlib.crc32(key) % total


def _answer(
    call: Call,
    table: Table,
    index: Index | None,
    rows: Iterator[Row],
    request: Mapping[str, Any],
    env: Env,
) -> dict[str, Any]:
    whole = _whole(index, request)
    text = request.get("FilterExpression")
    wanted = condition(text, "FilterExpression") if text is not None else None
    if wanted is not None:
        env.mention(wanted.mentioned)
    items.projected({}, request, env)
    env.finish()
    page = Page([])
    limit = request.get("Limit")
    if limit is not None and limit < 1:
        raise validation(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy "
            "constraint: Member must have value greater than or equal to 1"
        )
    count = 0
    for row in rows:
        item = load(row[0])
        page.scanned += 1
        page.size += row[1]
        seen = item if whole else _visible(table, index, item)
        if wanted is None or wanted.test(seen, env):
            count += 1
            page.items.append(seen)
        if page.scanned == limit or page.size >= _PAGE_BYTES:
            page.last = _position(table, index, item)
            break
    answer: dict[str, Any] = {"Count": count, "ScannedCount": page.scanned}
    if request.get("Select") != "COUNT":
        answer["Items"] = [items.projected(item, request, env) for item in page.items]
    if page.last is not None:
        answer["LastEvaluatedKey"] = page.last
    half = not request.get("ConsistentRead")
    used = consumed.units(page.size, write=False, half=half)
    return answer | consumed.read(call.tx, request, table, used, index)


def _whole(index: Index | None, request: Mapping[str, Any]) -> bool:
    """Whether items are read whole, though their index holds less. Raises Fault.

    What a local index does not hold is fetched from its table where it is asked for.
    """
    select, chosen = request.get("Select"), request.get("ProjectionExpression") is not None
    if select == "SPECIFIC_ATTRIBUTES" and not chosen:
        raise validation(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES"
        )
    if chosen and select not in (None, "SPECIFIC_ATTRIBUTES"):
        raise validation(f"Cannot specify the ProjectionExpression when choosing to get {select}")
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise validation(
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
        )
    wants_all = select == "ALL_ATTRIBUTES"
    if index is not None and not index.local and wants_all and index.projected is not None:
        raise validation(
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not "
            f"supported for global secondary index {index.name} because its projection type is "
            "not ALL"
        )
    return index is not None and index.local and (wants_all or chosen)


def _visible(table: Table, index: Index | None, item: Item) -> Item:
    """What the index holds of an item."""
    if index is None or index.projected is None:
        return item
    names = index.projected | table.keys | {index.partition, index.sort}
    return {name: value for name, value in item.items() if name in names}


def _position(table: Table, index: Index | None, item: Item) -> Item:
    names = set(table.keys)
    if index is not None:
        names |= {index.partition} | ({index.sort} if index.sort else set())
    return {name: item[name] for name in names}
