"""Transactions: all of up to 100 items, or none.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Fault, Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.dynamodb import consumed, items, storage, tables
from eventmill.services.dynamodb.expressions import Env
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.items import Change
from eventmill.services.dynamodb.tables import OPERATIONS, Table
from eventmill.services.dynamodb.values import checked, checked_item, dump

_TOKEN_SECONDS = 600


@OPERATIONS.write("TransactWriteItems")
def transact_write_items(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (TransactionCanceledException) with a reason for each item."""
    entries = request["TransactItems"]
    if not 1 <= len(entries) <= 100:
        raise validation(
            "1 validation error detected: Member must have length less than or equal to 100"
        )
    token = request.get("ClientRequestToken")
    if token is not None and _repeated(call, token, entries):
        return {}
    reasons: list[dict[str, Any]] = []
    used: dict[str, float] = {}
    writes: list[tuple[Table, Mapping[str, Any]]] = []
    seen: set[tuple[int, storage.Place]] = set()
    failed = False
    for entry in entries:
        verb, body = next(iter(entry.items()))
        table = tables.find(call.tx, body["TableName"])
        place = _place(table, verb, body)
        if (table.id, place) in seen:
            raise validation("Transaction request cannot include multiple operations on one item")
        seen.add((table.id, place))
        try:
            change = _one(call, table, verb, body)
            if consumed.wanted(request):
                used[table.name] = used.get(table.name, 0.0) + 2 * items.write_units(change)
            if verb != "ConditionCheck":
                writes.append((table, body["Item"] if verb == "Put" else body["Key"]))
            reasons.append({"Code": "None"})
        except Fault as fault:
            failed = True
            reasons.append(_reason(fault))
    if failed:
        codes = ", ".join(reason["Code"] for reason in reasons)
        # Raising undoes what the entries before did: they share the caller's savepoint.
        raise Invalid(
            "TransactionCanceledException",
            "Transaction cancelled, please refer cancellation reasons for specific reasons "
            f"[{codes}]",
            fields={"CancellationReasons": reasons},
        )
    told = consumed.capacities(request, used)
    return told | consumed.collections(call.tx, request, writes)


def _repeated(call: Call, token: str, entries: list[Any]) -> bool:
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


def _place(table: Table, verb: str, body: Mapping[str, Any]) -> storage.Place:
    given = body["Item"] if verb == "Put" else body["Key"]
    checked_given, _ = checked_item(given)
    if verb == "Put":
        return storage.place_of(table, checked_given)
    return storage.place_of_key(table, checked_given)


_WRITES = {"Put": items.put, "Delete": items.remove, "Update": items.modify}


def _one(call: Call, table: Table, verb: str, body: Mapping[str, Any]) -> Change:
    """Carry out one entry. Raises Fault."""
    env = Env(body)
    if verb in _WRITES:
        return _WRITES[verb](call, table, body, env)
    key = {name: checked(value)[0] for name, value in body["Key"].items()}
    item = storage.fetch(call.tx, table, storage.place_of_key(table, key))
    items.check_condition(body, item, env)
    return Change(item, item, 0)


def _reason(fault: Fault) -> dict[str, Any]:
    codes = {
        "ConditionalCheckFailedException": "ConditionalCheckFailed",
        "ValidationException": "ValidationError",
    }
    reason: dict[str, Any] = {"Code": codes.get(fault.code, fault.code), "Message": fault.message}
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
        item = storage.fetch(call.tx, table, storage.place_of_key(table, key))
        env = Env(body)
        shown = items.projected(item or {}, body, env)
        env.finish()
        responses.append({} if item is None else {"Item": shown})
        if consumed.wanted(request):
            units = 2 * items.read_units(item, {"ConsistentRead": True})
            used[table.name] = used.get(table.name, 0.0) + units
    return {"Responses": responses} | consumed.capacities(request, used)
