"""Single items: put, get, update, delete, alone and in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.dynamodb import consumed, storage, tables
from eventmill.services.dynamodb.expressions import (
    Env,
    apply,
    condition,
    project,
    projection,
    update,
)
from eventmill.services.dynamodb.expressions.paths import Path, resolve
from eventmill.services.dynamodb.faults import condition_failed, validation
from eventmill.services.dynamodb.legacy import translated
from eventmill.services.dynamodb.tables import OPERATIONS, Table
from eventmill.services.dynamodb.values import Item, checked, checked_item


@dataclass(frozen=True, slots=True)
class Change:
    """What a write came to; `size` in bytes is that of the item it wrote or deleted."""

    old: Item | None
    new: Item | None
    size: int
    touched: tuple[Path, ...] = ()
    """The paths that an update names."""


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
    old, _ = storage.fetch(call.tx, table, place)
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
    old, size = storage.fetch(call.tx, table, place)
    check_condition(request, old, env)
    if old is not None:
        storage.remove(call, table, place, old)
    return Change(old, None, size)


def modify(call: Call, table: Table, request: Mapping[str, Any], env: Env) -> Change:
    """One update; it creates the item when it is not there."""
    key = {name: checked(value)[0] for name, value in request["Key"].items()}
    place = storage.place_of_key(table, key)
    old, _ = storage.fetch(call.tx, table, place)
    text = request.get("UpdateExpression")
    parsed = update(text) if text else None
    if parsed is not None:
        env.mention(parsed.mentioned)
    check_condition(request, old, env)
    if old is None and parsed is not None and parsed.removes:
        # What is not there has nothing to be taken from, and does not come into being by it.
        return Change(None, None, 0)
    new: Item = dict(old) if old is not None else dict(key)
    touched: list[Path] = []
    if parsed is not None:
        new, touched = apply(parsed, new, env, table.keys)
    new, size = checked_item(new)
    _check_index_keys(table, new)
    storage.put(call, table, place, old, new, size)
    return Change(old, new, size, tuple(touched))


def _written(
    call: Call, request: Mapping[str, Any], table: Table, change: Change
) -> dict[str, Any]:
    """What a write tells of itself besides the attributes."""
    told = consumed.collection(call.tx, request, table, request.get("Key") or request["Item"])
    return told | consumed.written(call.tx, request, table, write_units(change))


def write_units(change: Change) -> float:
    """What it took to write an item, or to delete it."""
    return consumed.units(change.size, write=True)


def _check_returned(request: Mapping[str, Any]) -> None:
    """Only an update has new values to return. Raises Fault."""
    if (request.get("ReturnValues") or "NONE") not in ("NONE", "ALL_OLD"):
        raise validation("ReturnValues can only be ALL_OLD or NONE")


def returned(wanted: str, change: Change) -> Item | None:
    """What of a change ReturnValues asks for; None where there is nothing of it."""
    source = change.new if wanted.endswith("NEW") else change.old
    if wanted == "NONE" or source is None:
        return None
    return (project(source, change.touched) if wanted.startswith("UPDATED") else source) or None


def _attributes(request: Mapping[str, Any], change: Change) -> dict[str, Any]:
    shown = returned(request.get("ReturnValues") or "NONE", change)
    return {} if shown is None else {"Attributes": shown}


@OPERATIONS.write("PutItem")
def put_item(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html"""
    request = translated(request)
    table = tables.find(call.tx, request["TableName"])
    _check_returned(request)
    change = put(call, table, request, Env(request))
    return _attributes(request, change) | _written(call, request, table, change)


@OPERATIONS.write("DeleteItem")
def delete_item(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html"""
    request = translated(request)
    table = tables.find(call.tx, request["TableName"])
    _check_returned(request)
    change = remove(call, table, request, Env(request))
    return _attributes(request, change) | _written(call, request, table, change)


@OPERATIONS.write("UpdateItem")
def update_item(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html"""
    request = translated(request)
    table = tables.find(call.tx, request["TableName"])
    change = modify(call, table, request, Env(request))
    return _attributes(request, change) | _written(call, request, table, change)


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
    request = translated(request)
    table = tables.find(call.tx, request["TableName"])
    key = {name: checked(value)[0] for name, value in request["Key"].items()}
    item, size = storage.fetch(call.tx, table, storage.place_of_key(table, key))
    env = Env(request)
    shown = projected(item or {}, request, env)
    env.finish()
    shape = {"Item": shown} if item is not None else {}
    return shape | consumed.read(call.tx, request, table, read_units(size, request))


def read_units(size: int, request: Mapping[str, Any]) -> float:
    """What it takes to read an item as a request or an entry of one wants it."""
    return consumed.units(size, write=False, half=not request.get("ConsistentRead"))


@OPERATIONS.read("BatchGetItem")
def batch_get_item(call: Call, request: dict[str, Any]) -> Result:
    """Up to 100 items."""
    wanted = request["RequestItems"]
    if sum(len(entry["Keys"]) for entry in wanted.values()) > 100:
        raise validation("Too many items requested for the BatchGetItem call")
    responses: dict[str, list[Item]] = {}
    used: dict[str, float] = {}
    for name, given in wanted.items():
        entry = translated(given)
        table = tables.find(call.tx, name)
        env = Env(entry)
        projected({}, entry, env)
        env.finish()
        places = [storage.place_of_key(table, key) for key in entry["Keys"]]
        if len(set(places)) < len(places):
            raise validation("Provided list of item keys contains duplicates")
        found = [storage.fetch(call.tx, table, place) for place in places]
        responses[name] = [projected(item, entry, env) for item, _ in found if item is not None]
        used[table.name] = sum(read_units(size, entry) for _, size in found)
    answer = {"Responses": responses, "UnprocessedKeys": {}}
    return answer | consumed.several(call.tx, request, used, write=False)


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
    used: dict[str, float] = {}
    writes: list[tuple[Table, Mapping[str, Any]]] = []
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
        change = (put if "PutRequest" in entry else remove)(call, table, body, Env({}))
        used[table.name] = used.get(table.name, 0.0) + write_units(change)
        writes.append((table, given))
    answer: dict[str, Any] = {"UnprocessedItems": {}}
    answer |= consumed.several(call.tx, request, used, write=True)
    return answer | consumed.collections(call.tx, request, writes)
