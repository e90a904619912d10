"""Transactions: all of up to 100 items, or none.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from eventmill.kernel.errors import Fault, Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.dynamodb import consumed, items, storage, tables
from eventmill.services.dynamodb.expressions import Env
from eventmill.services.dynamodb.faults import short_code, validation
from eventmill.services.dynamodb.items import Change
from eventmill.services.dynamodb.tables import OPERATIONS, Table
from eventmill.services.dynamodb.values import checked, checked_item, dump

_TOKEN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a transaction: what it is for, and what carries it out.

    `written` is the key, or the item with it, where the entry writes.
    """

    table: Table
    place: storage.Place
    run: Callable[[Call], Change]
    written: Mapping[str, Any] | None


@OPERATIONS.write("TransactWriteItems")
def transact_write_items(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (TransactionCanceledException) with a reason for each item."""
    entries = request["TransactItems"]
    if not 1 <= len(entries) <= 100:
        raise validation(
            "1 validation error detected: Member must have length less than or equal to 100"
        )
    token = request.get("ClientRequestToken")
    if token is not None and repeated(call, token, entries):
        return {}
    steps: list[Step | Fault] = []
    for entry in entries:
        verb, body = next(iter(entry.items()))
        table = tables.find(call.tx, body["TableName"])
        steps.append(step(table, verb, body, partial(_one_of, table, verb, body)))
    return together(call, steps, request)


def together(
    call: Call, steps: Sequence[Step | Fault], request: Mapping[str, Any]
) -> dict[str, Any]:
    """Carry out all steps; a fault among them is a step that cannot be. Raises Invalid."""
    reasons: list[Fault | None] = []
    used: dict[str, float] = {}
    writes: list[tuple[Table, Mapping[str, Any]]] = []
    seen: set[tuple[int, storage.Place]] = set()
    for step in steps:
        if isinstance(step, Fault):
            reasons.append(step)
            continue
        table = step.table
        if (table.id, step.place) in seen:
            raise validation("Transaction request cannot include multiple operations on one item")
        seen.add((table.id, step.place))
        try:
            change = step.run(call)
        except Fault as fault:
            reasons.append(fault)
            continue
        reasons.append(None)
        used[table.name] = used.get(table.name, 0.0) + 2 * items.write_units(change)
        if step.written is not None:
            writes.append((table, step.written))
    if any(reasons):
        # Raising undoes what the entries before did: they share the caller's savepoint.
        raise cancelled(reasons)
    told = consumed.several(call.tx, request, used, write=True)
    return told | consumed.collections(call.tx, request, writes)


def cancelled(faults: Sequence[Fault | None]) -> Fault:
    """The answer that tells what was wrong with which entry."""
    reasons = [{"Code": "None"} if fault is None else _reason(fault) for fault in faults]
    codes = ", ".join(reason["Code"] for reason in reasons)
    return Invalid(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        fields={"CancellationReasons": reasons},
    )


def repeated(call: Call, token: str, entries: list[Any]) -> bool:
    """Whether this very request was carried out already. Raises Invalid for another one."""
    digest = hashlib.sha256(dump({"all": entries})).hexdigest()
    call.tx.execute("DELETE FROM ddb_tokens WHERE expires<=?", (call.now,))
    row = call.tx.one("SELECT request FROM ddb_tokens WHERE token=?", (token,))
    if row is None:
        call.tx.execute(
            "INSERT INTO ddb_tokens VALUES(?,?,?)", (token, digest, call.now + _TOKEN_SECONDS)
        )
        return False
    if row[0] != digest:
        raise Invalid(
            "IdempotentParameterMismatchException",
            "Request parameters do not match those of the earlier request with the same token",
        )
    return True


def step(table: Table, verb: str, body: Mapping[str, Any], run: Callable[[Call], Change]) -> Step:
    """The step of an entry of TransactWriteItems. Raises Fault for what is no key."""
    given = body["Item"] if verb == "Put" else body["Key"]
    checked_given, _ = checked_item(given)
    find = storage.place_of if verb == "Put" else storage.place_of_key
    written = None if verb == "ConditionCheck" else given
    return Step(table, find(table, checked_given), run, written)


_WRITES = {"Put": items.put, "Delete": items.remove, "Update": items.modify}


def _one_of(table: Table, verb: str, body: Mapping[str, Any], call: Call) -> Change:
    return one(call, table, verb, body)


def one(call: Call, table: Table, verb: str, body: Mapping[str, Any]) -> Change:
    """Carry out one entry. Raises Fault."""
    env = Env(body)
    if verb in _WRITES:
        return _WRITES[verb](call, table, body, env)
    key = {name: checked(value)[0] for name, value in body["Key"].items()}
    item, size = storage.fetch(call.tx, table, storage.place_of_key(table, key))
    items.check_condition(body, item, env)
    return Change(item, item, size)


def _reason(fault: Fault) -> dict[str, Any]:
    reason: dict[str, Any] = {"Code": short_code(fault), "Message": fault.message}
    if "Item" in fault.fields:
        reason["Item"] = fault.fields["Item"]
    return reason


@OPERATIONS.read("TransactGetItems")
def transact_get_items(call: Call, request: dict[str, Any]) -> Result:
    """All items as of one moment."""
    responses: list[dict[str, Any]] = []
    used: dict[str, float] = {}
    for entry in request["TransactItems"]:
        body = entry["Get"]
        table = tables.find(call.tx, body["TableName"])
        key = {name: checked(value)[0] for name, value in body["Key"].items()}
        item, size = storage.fetch(call.tx, table, storage.place_of_key(table, key))
        env = Env(body)
        shown = items.projected(item or {}, body, env)
        env.finish()
        responses.append({} if item is None else {"Item": shown})
        units = 2 * items.read_units(size, {"ConsistentRead": True})
        used[table.name] = used.get(table.name, 0.0) + units
    return {"Responses": responses} | consumed.several(call.tx, request, used, write=False)
