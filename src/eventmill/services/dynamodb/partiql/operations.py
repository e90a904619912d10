"""ExecuteStatement, BatchExecuteStatement and ExecuteTransaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.contract import Call, Result, Then
from eventmill.services.dynamodb import consumed, items, storage, tables
from eventmill.services.dynamodb.faults import short_code, validation
from eventmill.services.dynamodb.partiql.grammar import parse
from eventmill.services.dynamodb.partiql.nodes import Exists, Select, Statement, Write
from eventmill.services.dynamodb.partiql.reads import row, select, single
from eventmill.services.dynamodb.partiql.transactions import (
    of_statement,
    read_together,
    write_together,
)
from eventmill.services.dynamodb.partiql.writes import prepare
from eventmill.services.dynamodb.tables import OPERATIONS, Table
from eventmill.services.dynamodb.values import Item, Value, checked

_ALONE = "EXISTS can only be used in ExecuteTransaction write requests."


def _parsed(request: Mapping[str, Any]) -> tuple[Statement, list[Value]]:
    """(the statement, the values of its parameters). Raises Fault."""
    given = [checked(value)[0] for value in request.get("Parameters") or ()]
    return _statement(request, given), given


def _statement(request: Mapping[str, Any], given: Sequence[Value]) -> Statement:
    parsed = parse(request["Statement"])
    if parsed.parameters != len(given):
        raise validation("Number of parameters in request and statement don't match.")
    return parsed.statement


@OPERATIONS.scan("ExecuteStatement")
def execute_statement(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html"""
    statement, parameters = _parsed(request)
    if isinstance(statement, Select):
        return select(call, statement, parameters, request)
    if isinstance(statement, Exists):
        raise validation(_ALONE)
    write = statement
    return Then(lambda later: _write(later, write, parameters, request))


def _write(
    call: Call, statement: Write, parameters: Sequence[Value], request: Mapping[str, Any]
) -> dict[str, Any]:
    write = prepare(statement, tables.find(call.tx, statement.table), parameters, request)
    change = write.run(call)
    shown = write.returned(change)
    told: dict[str, Any] = {"Items": [] if shown is None else [shown]}
    return told | consumed.written(call.tx, request, write.table, items.write_units(change))


def _checked_count(statements: Sequence[Any], name: str, most: int) -> None:
    if not 1 <= len(statements) <= most:
        limit = f"less than or equal to {most}" if statements else "greater than or equal to 1"
        raise validation(
            f"1 validation error detected: Value at '{name}' failed to satisfy constraint: Member "
            f"must have length {limit}"
        )


@OPERATIONS.read("BatchExecuteStatement")
def batch_execute_statement(call: Call, request: dict[str, Any]) -> Result:
    """Up to 25 reads of single items, or up to 25 writes, each of which may fail alone.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
    """
    _checked_count(request["Statements"], "statements", 25)
    kinds = set(map(_reads, request["Statements"])) - {None}
    if len(kinds) > 1:
        raise validation(
            "BatchExecuteStatement API does not support both read and write operations in the same "
            "request."
        )
    if False in kinds:
        return Then(lambda later: _batch(later, request, _batch_write, write=True))
    return _batch(call, request, _batch_read, write=False)


def _reads(entry: Mapping[str, Any]) -> bool | None:
    """Whether a statement is a SELECT; None for one that is no statement."""
    try:
        return isinstance(parse(entry["Statement"]).statement, Select)
    except Fault:
        return None


_One = Callable[[Call, Any, Table, list[Value], Mapping[str, Any]], tuple[Item | None, float]]


def _batch(call: Call, request: Mapping[str, Any], run: _One, *, write: bool) -> dict[str, Any]:
    responses: list[dict[str, Any]] = []
    used: dict[str, float] = {}
    for entry in request["Statements"]:
        told: dict[str, Any] = {}
        responses.append(told)
        try:
            statement, parameters = _parsed(entry)
            table = tables.find(call.tx, statement.table)
            told["TableName"] = table.name
            item, units = run(call, statement, table, parameters, entry)
            used[table.name] = used.get(table.name, 0.0) + units
            if item is not None:
                told["Item"] = item
        except Fault as fault:
            told["Error"] = {"Code": short_code(fault), "Message": fault.message} | fault.fields
    return {"Responses": responses} | consumed.several(call.tx, request, used, write=write)


def _batch_write(
    call: Call, statement: Write, table: Table, parameters: list[Value], entry: Mapping[str, Any]
) -> tuple[Item | None, float]:
    if isinstance(statement, Exists):
        raise validation(_ALONE)
    write = prepare(statement, table, parameters, entry)
    with call.tx.attempt():
        change = write.run(call)
    return write.returned(change), items.write_units(change)


def _batch_read(
    call: Call, statement: Select, table: Table, parameters: list[Value], entry: Mapping[str, Any]
) -> tuple[Item | None, float]:
    place = single(statement, table, parameters, "BatchExecuteStatement")
    item, size = storage.fetch(call.tx, table, place)
    shown = None if item is None else row(item, statement.columns)
    return shown, items.read_units(size, entry)


@OPERATIONS.read("ExecuteTransaction")
def execute_transaction(call: Call, request: dict[str, Any]) -> Result:
    """Up to 100 reads of single items, or up to 100 writes, of which all are made or none.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
    """
    entries = request["TransactStatements"]
    _checked_count(entries, "transactStatements", 100)
    parsed: list[tuple[Statement, list[Value]]] = []
    for place, entry in enumerate(entries):
        given = [checked(value)[0] for value in entry.get("Parameters") or ()]
        with of_statement(place):
            parsed.append((_statement(entry, given), given))
    if len({isinstance(statement, Select) for statement, _ in parsed}) > 1:
        raise validation(
            "ExecuteTransaction API does not support both read and write operations in the same "
            "request."
        )
    if isinstance(parsed[0][0], Select):
        return read_together(call, parsed, request)
    return Then(lambda later: write_together(later, parsed, request))
