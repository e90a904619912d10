"""Single items: put, get, update, delete, alone and in batches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.dynamodb import storage, tables
from eventmill.services.dynamodb.expressions import (
    Env,
    apply,
    condition,
    project,
    projection,
    update,
)
from eventmill.services.dynamodb.expressions.paths import resolve
from eventmill.services.dynamodb.faults import condition_failed, validation
from eventmill.services.dynamodb.tables import OPERATIONS, Table
from eventmill.services.dynamodb.values import Item, checked, checked_item

_LEGACY = (
    "Expected",
    "ConditionalOperator",
    "AttributesToGet",
    "AttributeUpdates",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)


def refuse_legacy(request: Mapping[str, Any]) -> None:
    """The parameters from before expressions are not offered. Raises Fault."""
    for name in _LEGACY:
        if request.get(name) is not None:
            raise validation(
                f"{name} is a legacy parameter that is not offered here; use an expression instead"
            )


@dataclass(frozen=True, slots=True)
class Change:
    """What a write came to."""

    old: Item | None
    new: Item | None
    size: int
    touched: frozenset[str] = frozenset()


def check_condition(request: Mapping[str, Any], item: Item | None, env: Env) -> None:
    """Raises Fault (ConditionalCheckFailedException).

    Call it when all other expressions were read: names and values that none of them mentions
    are refused here, before the condition is tried.
    """
    text = request.get("ConditionExpression")
    if text is None:
        env.finish()
        return
    parsed = condition(text)
    env.mention(parsed.mentioned)
    env.finish()
    if not parsed.test(item or {}, env):
        wants = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        raise condition_failed(item if wants else None)


def put(call: Call, table: Table, request: Mapping[str, Any], env: Env) -> Change:
    """One put."""
    item, size = checked_item(request["Item"])
    place = storage.place_of(table, item)
    _check_index_keys(table, item)
    old = storage.fetch(call.tx, table, place)
    check_condition(request, old, env)
    storage.put(call, table, place, old, item, size)
    return Change(old, item, size)


def _check_index_keys(table: Table, item: Item) -> None:
    """An attribute that is an index's key must be of its type where it is present."""
    for name, kind in table.types.items():
        value = item.get(name)
        if value is not None and kind not in value and name not in table.keys:
            raise validation(
                "One or more parameter values were invalid: Type mismatch for Index Key "
                f"{name} Expected: {kind} Actual: {next(iter(value))}"
            )


def remove(call: Call, table: Table, request: Mapping[str, Any], env: Env) -> Change:
    """One deletion."""
    key = {name: checked(value)[0] for name, value in request["Key"].items()}
    place = storage.place_of_key(table, key)
    old = storage.fetch(call.tx, table, place)
    check_condition(request, old, env)
    if old is not None:
        storage.remove(call, table, place, old)
    return Change(old, None, 0)


def modify(call: Call, table: Table, request: Mapping[str, Any], env: Env) -> Change:
    """One update; it creates the item when it is not there."""
    key = {name: checked(value)[0] for name, value in request["Key"].items()}
    place = storage.place_of_key(table, key)
    old = storage.fetch(call.tx, table, place)
    text = request.get("UpdateExpression")
    parsed = update(text) if text else None
    if parsed is not None:
        env.mention(parsed.mentioned)
    check_condition(request, old, env)
    new: Item = dict(old) if old is not None else dict(key)
    touched: set[str] = set()
    if parsed is not None:
        new, touched = apply(parsed, new, env, table.keys)
    new, size = checked_item(new)
    _check_index_keys(table, new)
    storage.put(call, table, place, old, new, size)
    return Change(old, new, size, frozenset(touched))


def capacity(
    request: Mapping[str, Any], table: Table, size: int, *, write: bool, half: bool = False
) -> dict[str, Any]:
    """ConsumedCapacity, when it is asked for: 1 KB a unit to write, 4 KB to read."""
    if request.get("ReturnConsumedCapacity", "NONE") == "NONE":
        return {}
    units = float(max(1, math.ceil(size / (1_024 if write else 4_096))))
    return {
        "ConsumedCapacity": {"TableName": table.name, "CapacityUnits": units / 2 if half else units}
    }


def _returned(request: Mapping[str, Any], change: Change) -> dict[str, Any]:
    wanted = request.get("ReturnValues") or "NONE"
    source = change.new if wanted.endswith("NEW") else change.old
    if wanted == "NONE" or source is None:
        return {}
    if wanted.startswith("UPDATED"):
        source = {name: value for name, value in source.items() if name in change.touched}
    return {"Attributes": source} if source else {}


@OPERATIONS.write("PutItem")
def put_item(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html"""
    refuse_legacy(request)
    table = tables.find(call.tx, request["TableName"])
    change = put(call, table, request, Env(request))
    return _returned(request, change) | capacity(request, table, change.size, write=True)


@OPERATIONS.write("DeleteItem")
def delete_item(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html"""
    refuse_legacy(request)
    table = tables.find(call.tx, request["TableName"])
    change = remove(call, table, request, Env(request))
    return _returned(request, change) | capacity(request, table, 0, write=True)


@OPERATIONS.write("UpdateItem")
def update_item(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html"""
    refuse_legacy(request)
    table = tables.find(call.tx, request["TableName"])
    change = modify(call, table, request, Env(request))
    return _returned(request, change) | capacity(request, table, change.size, write=True)


def projected(item: Item, request: Mapping[str, Any], env: Env) -> Item:
    """The item as the request's ProjectionExpression wants it."""
    text = request.get("ProjectionExpression")
    if text is None:
        return item
    paths, mentioned = projection(text)
    env.mention(mentioned)
    return project(item, [resolve(path, env) for path in paths])


@OPERATIONS.read("GetItem")
def get_item(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html"""
    refuse_legacy(request)
    table = tables.find(call.tx, request["TableName"])
    key = {name: checked(value)[0] for name, value in request["Key"].items()}
    item = storage.fetch(call.tx, table, storage.place_of_key(table, key))
    env = Env(request)
    shown = projected(item or {}, request, env)
    env.finish()
    half = not request.get("ConsistentRead")
    used = capacity(request, table, checked_item(item or {})[1], write=False, half=half)
    return ({"Item": shown} if item is not None else {}) | used


@OPERATIONS.read("BatchGetItem")
def batch_get_item(call: Call, request: dict[str, Any]) -> Result:
    """Up to 100 items."""
    wanted = request["RequestItems"]
    if sum(len(entry["Keys"]) for entry in wanted.values()) > 100:
        raise validation("Too many items requested for the BatchGetItem call")
    responses: dict[str, list[Item]] = {}
    for name, entry in wanted.items():
        table = tables.find(call.tx, name)
        env = Env(entry)
        places = [storage.place_of_key(table, key) for key in entry["Keys"]]
        if len(set(places)) < len(places):
            raise validation("Provided list of item keys contains duplicates")
        found = (storage.fetch(call.tx, table, place) for place in places)
        responses[name] = [projected(item, entry, env) for item in found if item is not None]
    return {"Responses": responses, "UnprocessedKeys": {}}


@OPERATIONS.write("BatchWriteItem")
def batch_write_item(call: Call, request: dict[str, Any]) -> Result:
    """Up to 25 puts and deletions."""
    wanted: Mapping[str, Iterable[Mapping[str, Any]]] = request["RequestItems"]
    entries = [(name, entry) for name, listed in wanted.items() for entry in listed]
    if not 1 <= len(entries) <= 25:
        raise validation(
            "1 validation error detected: Too many items requested for the BatchWriteItem call"
        )
    seen: set[tuple[str, storage.Place]] = set()
    for name, entry in entries:
        table = tables.find(call.tx, name)
        body = entry.get("PutRequest") or entry["DeleteRequest"]
        given = body.get("Item") or {
            key: value for key, value in body["Key"].items() if key in table.keys
        }
        place = storage.place_of(table, checked_item(given)[0])
        if (name, place) in seen:
            raise validation("Provided list of item keys contains duplicates")
        seen.add((name, place))
        (put if "PutRequest" in entry else remove)(call, table, body, Env({}))
    return {"UnprocessedItems": {}}
