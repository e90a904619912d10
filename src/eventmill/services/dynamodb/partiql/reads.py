"""SELECT: as queries where its condition names partitions, else as a scan.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from eventmill.services.contract import Call
from eventmill.services.dynamodb import consumed, queries, storage, tables
from eventmill.services.dynamodb.expressions.paths import Path, get
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.partiql.keys import Read, only_item, reads_of
from eventmill.services.dynamodb.partiql.nodes import Select
from eventmill.services.dynamodb.partiql.terms import Terms
from eventmill.services.dynamodb.tables import Index, Table
from eventmill.services.dynamodb.values import Item, Value, dump, key_bytes, load

_PAGE_UNITS = 256
"""What a page of a megabyte takes to read consistently."""


def select(
    call: Call, statement: Select, parameters: Sequence[Value], request: Mapping[str, Any]
) -> dict[str, Any]:
    """A page of a SELECT, as ExecuteStatement answers. Raises Fault."""
    table = tables.find(call.tx, statement.table)
    index = _index(table, statement, request)
    keys = (index.partition, index.sort) if index else (table.partition, table.sort)
    reads = reads_of(statement.where, table, keys, Terms(parameters).given)
    reads, forward = _ordered(statement, reads, keys)
    place, start = _started(request)
    used, items, last = 0.0, [], None
    wanted = 1 if reads is None else len(reads)
    page = _PAGE_UNITS if request.get("ConsistentRead") else _PAGE_UNITS / 2
    left = request.get("Limit")
    while place < wanted:
        read = None if reads is None else reads[place]
        body = _body(statement, read, parameters, request, keys)
        body |= {"Limit": left, "ExclusiveStartKey": start, "ScanIndexForward": forward}
        run = queries.scanned if read is None else queries.found
        answer = run(call, body)
        used += answer["ConsumedCapacity"]["CapacityUnits"]
        items += [row(item, statement.columns) for item in answer["Items"]]
        start = last = answer.get("LastEvaluatedKey")
        left = None if left is None else left - answer["ScannedCount"]
        place += last is None
        if last is not None or left == 0 or used >= page:
            break
    told: dict[str, Any] = {"Items": items}
    if place < wanted:
        told["NextToken"] = _token(request, place, last)
        if last is not None:
            told["LastEvaluatedKey"] = last
    return told | consumed.told(request, table, used, index)


def single(statement: Select, table: Table, parameters: Sequence[Value], api: str) -> storage.Place:
    """Where the one item of a SELECT stands that is told by its key alone. Raises Fault."""
    keys = (table.partition, table.sort)
    read = only_item(reads_of(statement.where, table, keys, Terms(parameters).given), table)
    if read is None or read.rest or statement.index is not None:
        raise validation(
            f"Select statements within {api} must specify the primary key in the where clause."
        )
    return storage.place_of_key(table, read.key(table))


def _index(table: Table, statement: Select, request: Mapping[str, Any]) -> Index | None:
    """Raises Fault: SELECT words these refusals otherwise than Query does."""
    if statement.index is None:
        return None
    index = table.indexes.get(statement.index)
    if index is None:
        raise validation("The table does not have the specified index")
    if request.get("ConsistentRead") and not index.local:
        raise validation("Strongly consistent read is not supported on Global Secondary Indexes")
    return index


def _ordered(
    statement: Select, reads: list[Read] | None, keys: tuple[str, str | None]
) -> tuple[list[Read] | None, bool]:
    """(the reads in order, whether each goes by ascending sort key). Raises Fault."""
    if not statement.order:
        return reads, True
    if statement.where is None:
        raise validation("Must have WHERE clause in the statement when using ORDER BY clause.")
    for name, _ in statement.order:
        if name not in keys:
            raise validation(f"Attribute {name} in ORDER BY clause must be part of the primary key")
    if reads is None:
        raise validation(
            "Must have at least one non-optional hash key condition in WHERE clause when using "
            "ORDER BY clause."
        )
    descending = dict(statement.order)
    partitions = {dump(read.partition) for read in reads}
    if len(partitions) > 1 and keys[0] not in descending:
        raise validation(
            "Must have hash key in ORDER BY clause when more than one hash key condition specified "
            "in WHERE clause."
        )
    # Ordered by the partition key alone, AWS gives each partition from its end.
    backward = descending.get(keys[1] or "", True)
    by_sort = sorted(reads, key=_sort_key, reverse=backward)
    by_both = sorted(by_sort, key=_partition_key, reverse=descending.get(keys[0], False))
    return by_both, not backward


def _partition_key(read: Read) -> bytes:
    return key_bytes(read.partition)


def _sort_key(read: Read) -> bytes:
    return b"" if read.exact is None else key_bytes(read.exact)


def _body(
    statement: Select,
    read: Read | None,
    parameters: Sequence[Value],
    request: Mapping[str, Any],
    keys: tuple[str, str | None],
) -> dict[str, Any]:
    """The Query or Scan that makes a read."""
    terms = Terms(parameters)
    body: dict[str, Any] = {
        "TableName": statement.table,
        "IndexName": statement.index,
        "ConsistentRead": request.get("ConsistentRead"),
        "ReturnConsumedCapacity": "TOTAL",
    }
    rest: Sequence[Any] = () if statement.where is None else (statement.where,)
    if read is not None:
        key = f"{terms.path((keys[0],))} = {terms.value(read.partition)}"
        if read.sort is not None:
            key += f" AND {terms.test(read.sort)}"
        body["KeyConditionExpression"] = key
        rest = read.rest
    if rest:
        body["FilterExpression"] = terms.all_of(rest)
    if statement.columns is not None:
        # A column is named by the end of its path, so whole attributes are read first.
        heads = dict.fromkeys(column[:1] for column in statement.columns)
        body["ProjectionExpression"] = ", ".join(map(terms.path, heads))
    return body | terms.request()


def row(item: Item, columns: tuple[Path, ...] | None) -> Item:
    """The columns of an item, each by the last name in its path: `b[0]` for `a.b[0]`."""
    if columns is None:
        return item
    row: Item = {}
    for column in columns:
        value = get(item, column)
        if value is not None:
            row[_title(column)] = value
    return row


def _title(column: Path) -> str:
    last = max(place for place, part in enumerate(column) if isinstance(part, str))
    return str(column[last]) + "".join(f"[{part}]" for part in column[last + 1 :])


def _digest(request: Mapping[str, Any]) -> str:
    """What a token belongs to: one statement with its parameters."""
    said = request["Statement"].encode() + dump({"given": request.get("Parameters")})
    return hashlib.sha256(said).hexdigest()[:32]


def _token(request: Mapping[str, Any], place: int, last: Item | None) -> str:
    held = [_digest(request), place, None if last is None else dump(last).decode()]
    return base64.urlsafe_b64encode(orjson.dumps(held)).decode()


def _started(request: Mapping[str, Any]) -> tuple[int, Item | None]:
    """(which read goes on, behind which key). Raises Fault for a token of something else."""
    token = request.get("NextToken")
    if token is None:
        return 0, None
    try:
        digest, place, last = orjson.loads(base64.urlsafe_b64decode(token))
        start = None if last is None else load(last)
    except (ValueError, TypeError, binascii.Error):
        raise validation("Invalid NextToken") from None
    if digest != _digest(request):
        raise validation("NextToken does not match request")
    return place, start
