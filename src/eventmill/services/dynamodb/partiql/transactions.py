"""Several statements, of which all are carried out or none.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.transactions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.contract import Call
from eventmill.services.dynamodb import consumed, items, storage, tables, transactions
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.partiql.keys import KeyFault
from eventmill.services.dynamodb.partiql.nodes import Delete, Select, Statement, Update
from eventmill.services.dynamodb.partiql.reads import row, single
from eventmill.services.dynamodb.partiql.writes import Prepared, prepare
from eventmill.services.dynamodb.transactions import Step, cancelled
from eventmill.services.dynamodb.values import Value

Parsed = Sequence[tuple[Statement, list[Value]]]


@contextmanager
def of_statement(place: int) -> Iterator[None]:
    """A fault that lies in the statement itself says in which."""
    try:
        yield
    except KeyFault:
        raise
    except Fault as fault:
        raise validation(
            f"Validation failed in TransactStatements[{place}]: {fault.message}"
        ) from None


def read_together(call: Call, parsed: Parsed, request: Mapping[str, Any]) -> dict[str, Any]:
    """All items as of one moment. Raises Fault."""
    responses: list[dict[str, Any]] = []
    reasons: list[Fault | None] = []
    used: dict[str, float] = {}
    seen: set[tuple[int, storage.Place]] = set()
    for place, (statement, parameters) in enumerate(parsed):
        assert isinstance(statement, Select)
        if statement.index is not None:
            with of_statement(place):
                raise validation("Reads on indices are not supported within transactions.")
        try:
            table = tables.find(call.tx, statement.table)
        except Fault as fault:
            reasons.append(fault)
            continue
        with of_statement(place):
            where = single(statement, table, parameters, "ExecuteTransaction")
        if (table.id, where) in seen:
            raise validation("Transaction request cannot include multiple operations on one item")
        seen.add((table.id, where))
        item, size = storage.fetch(call.tx, table, where)
        responses.append({} if item is None else {"Item": row(item, statement.columns)})
        units = 2 * items.read_units(size, {"ConsistentRead": True})
        used[table.name] = used.get(table.name, 0.0) + units
        reasons.append(None)
    if any(reasons):
        raise cancelled(reasons)
    return {"Responses": responses} | consumed.several(call.tx, request, used, write=False)


def write_together(call: Call, parsed: Parsed, request: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Invalid (TransactionCanceledException) with a reason for each statement."""
    entries = request["TransactStatements"]
    token = request.get("ClientRequestToken")
    if token is not None and transactions.repeated(call, token, entries):
        return {"Responses": [{} for _ in entries]}
    steps: list[Step | Fault] = []
    for place, (statement, parameters) in enumerate(parsed):
        assert not isinstance(statement, Select)
        with of_statement(place):
            if isinstance(statement, Update | Delete) and statement.returning:
                raise validation("RETURNING clause is not supported in ExecuteTransaction.")
        try:
            table = tables.find(call.tx, statement.table)
            with of_statement(place):
                write = prepare(statement, table, parameters, entries[place])
            steps.append(_step(write))
        except KeyFault:
            steps.append(validation("The provided key element does not match the schema"))
        except Fault as fault:
            if fault.code != "ResourceNotFoundException":
                raise
            steps.append(fault)
    told = transactions.together(call, steps, request)
    return {"Responses": [{} for _ in entries]} | told


def _step(write: Prepared) -> Step | Fault:
    """What is no key becomes one of the reasons."""
    try:
        return transactions.step(write.table, write.verb, write.body, write.run)
    except Fault as fault:
        return fault
