"""Tables: their definitions, and the operations on them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import Fault, Invalid
from eventmill.services.contract import Call, Operations
from eventmill.services.dynamodb import destinations, metering, streams
from eventmill.services.dynamodb.destinations import Destination
from eventmill.services.dynamodb.faults import no_such_table, validation
from eventmill.services.dynamodb.values import key_bytes, load
from eventmill.services.tags import Tags, tag_map
from eventmill.store.transaction import Row, Transaction

OPERATIONS = Operations(metering.counts)
TAGS = Tags("ddb_tags")
POLICY = "ResourcePolicy"
"""Where a definition holds the policy and its revision."""

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}\Z")


@dataclass(frozen=True, slots=True)
class Index:
    """`projected` is None when all attributes are, else the names besides the keys."""

    name: str
    partition: str
    sort: str | None
    projected: frozenset[str] | None
    local: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table as its operations need it."""

    id: int
    name: str
    arn: str
    definition: Mapping[str, Any]
    created: float
    partition: str
    sort: str | None
    types: Mapping[str, str]
    indexes: Mapping[str, Index]
    ttl: str | None
    stream: str | None
    view: str | None
    destination: Destination | None

    @property
    def keys(self) -> frozenset[str]:
        """The names of the key attributes."""
        return frozenset({self.partition, *([self.sort] if self.sort else [])})


_COLUMNS = (
    "t.id, t.name, t.arn, t.definition, t.created, s.arn, s.view FROM ddb_tables t"
    " LEFT JOIN ddb_streams s ON s.arn=t.stream AND s.enabled=1"
)
_parsed: dict[Row, Table] = {}


def find(tx: Transaction, name: str, message: str | None = None) -> Table:
    """The table of this name or ARN. Raises Invalid (ResourceNotFoundException)."""
    name = name.rpartition("/")[2]
    row = tx.one(f"SELECT {_COLUMNS} WHERE t.name=?", (name,))
    if row is None:
        raise no_such_table(message or "Requested resource not found")
    table = _parsed.get(row)
    if table is None:
        if len(_parsed) > 2_000:
            _parsed.clear()
        table = _parsed[row] = _table(row)
    return table


def exists(tx: Transaction, name: str) -> bool:
    """Whether there is such a table."""
    return tx.one("SELECT 1 FROM ddb_tables WHERE name=?", (name,)) is not None


def _table(row: Row) -> Table:
    number, name, arn, text, created, stream, view = row
    definition = json.loads(text)
    partition, sort = _keys(definition["KeySchema"])
    indexes = {}
    for local in (False, True):
        kind = "LocalSecondaryIndexes" if local else "GlobalSecondaryIndexes"
        for entry in definition.get(kind) or []:
            hashed, ranged = _keys(entry["KeySchema"])
            projection = entry.get("Projection") or {}
            projected = None
            if projection.get("ProjectionType", "ALL") != "ALL":
                projected = frozenset(projection.get("NonKeyAttributes") or ())
            indexes[entry["IndexName"]] = Index(
                entry["IndexName"], hashed, ranged, projected, local
            )
    ttl = definition.get("TimeToLive") or {}
    types = {e["AttributeName"]: e["AttributeType"] for e in definition["AttributeDefinitions"]}
    return Table(
        number,
        name,
        arn,
        definition,
        created,
        partition,
        sort,
        types,
        indexes,
        ttl.get("AttributeName") if ttl.get("Enabled") else None,
        stream,
        view,
        destinations.active(definition),
    )


def _keys(schema: list[dict[str, str]]) -> tuple[str, str | None]:
    names = {entry["KeyType"]: entry["AttributeName"] for entry in schema}
    if "HASH" not in names or len(schema) > 2:
        raise validation(
            "1 validation error detected: Invalid KeySchema: it takes one HASH and at most one "
            "RANGE key"
        )
    return names["HASH"], names.get("RANGE")


def table_arn(call: Call, name: str) -> str:
    """The ARN of a table."""
    return f"arn:aws:dynamodb:{call.region}:{call.account}:table/{name}"


_DEFINED = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "SSESpecification",
    "TableClass",
    "DeletionProtectionEnabled",
    "TimeToLive",
    "OnDemandThroughput",
    "WarmThroughput",
)


def create(call: Call, given: Mapping[str, Any]) -> Table:
    """Raises Invalid: ResourceInUseException, ValidationException."""
    name = given["TableName"]
    definition = {key: given[key] for key in _DEFINED if given.get(key) is not None}
    check(name, definition)
    definition = with_policy(call, definition, given.get("ResourcePolicy"))
    if exists(call.tx, name):
        raise Invalid("ResourceInUseException", f"Table already exists: {name}")
    call.tx.execute(
        "INSERT INTO ddb_tables(name, arn, definition, created) VALUES(?,?,?,?)",
        (name, table_arn(call, name), json.dumps(definition), call.now),
    )
    TAGS.put(call.tx, table_arn(call, name), tag_map(given.get("Tags")))
    specification = given.get("StreamSpecification") or {}
    if specification.get("StreamEnabled") or specification.get("StreamViewType"):
        streams.enable(call, name, specification["StreamViewType"], definition["KeySchema"])
    return find(call.tx, name)


def check(name: str, definition: Mapping[str, Any]) -> None:
    """Raises Invalid for a name or keys that no table can have."""
    if not _NAME.match(name):
        raise validation(
            "TableName must be at least 3 characters long and at most 255 characters long"
        )
    for entry in definition["AttributeDefinitions"]:
        kind = entry.get("AttributeType")
        if kind not in ("S", "N", "B"):
            raise _constraint(kind, "attributeType", "satisfy enum value set: [B, N, S]")
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for entry in definition.get(kind) or []:
            index = entry.get("IndexName")
            if not _NAME.match(str(index)):
                raise _constraint(
                    index, "indexName", "have length greater than or equal to 3, and at most 255"
                )
    _check_keys(definition)


def check_capacity(given: Mapping[str, Any]) -> None:
    """Raises Invalid for a table that is neither paid per request nor has a capacity."""
    mode = given.get("BillingMode", "PROVISIONED")
    if mode == "PROVISIONED" and given.get("ProvisionedThroughput") is None:
        raise validation(
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits "
            "must both be specified when BillingMode is PROVISIONED"
        )


def _constraint(value: Any, member: str, rule: str) -> Fault:
    return validation(
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy "
        f"constraint: Member must {rule}"
    )


def _check_keys(definition: Mapping[str, Any]) -> None:
    used = set(filter(None, _keys(definition["KeySchema"])))
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for entry in definition.get(kind) or []:
            kinds = [element["KeyType"] for element in entry["KeySchema"]]
            if kind == "GlobalSecondaryIndexes" and len(kinds) > len(set(kinds)):
                raise validation(
                    f"The index {entry['IndexName']} has keys of several attributes, which "
                    "Eventmill does not offer: keep them joined in one attribute"
                )
            used |= set(filter(None, _keys(entry["KeySchema"])))
    defined = {entry["AttributeName"] for entry in definition["AttributeDefinitions"]}
    if used - defined:
        raise validation(
            "One or more parameter values were invalid: Some index key attributes are not defined "
            f"in AttributeDefinitions. Keys: [{', '.join(sorted(used))}], AttributeDefinitions: "
            f"[{', '.join(sorted(defined))}]"
        )
    if defined - used:
        raise validation(
            "One or more parameter values were invalid: Number of attributes in KeySchema does not"
            " exactly match number of attributes defined in AttributeDefinitions"
        )


def delete(call: Call, name: str) -> Table:
    """Delete the table with all that it holds; its stream can be read for another day."""
    table = find(call.tx, name)
    for sql in (
        "DELETE FROM ddb_items WHERE tbl=?",
        "DELETE FROM ddb_index WHERE tbl=?",
        "DELETE FROM ddb_tables WHERE id=?",
    ):
        call.tx.execute(sql, (table.id,))
    TAGS.drop(call.tx, table.arn)
    streams.disable(call, name)
    return table


def change(call: Call, name: str, given: Mapping[str, Any]) -> Table:
    """Apply what UpdateTable names: indexes, stream, billing."""
    table = find(call.tx, name)
    definition = dict(table.definition)
    if given.get("AttributeDefinitions"):
        known = {e["AttributeName"]: e for e in definition["AttributeDefinitions"]}
        known |= {e["AttributeName"]: e for e in given["AttributeDefinitions"]}
        definition["AttributeDefinitions"] = list(known.values())
    indexes = {e["IndexName"]: e for e in definition.get("GlobalSecondaryIndexes") or []}
    fresh = []
    for entry in given.get("GlobalSecondaryIndexUpdates") or []:
        if "Create" in entry:
            indexes[entry["Create"]["IndexName"]] = entry["Create"]
            fresh.append(entry["Create"]["IndexName"])
        elif "Delete" in entry:
            gone = entry["Delete"]["IndexName"]
            if indexes.pop(gone, None) is None:
                raise no_such_table(f"Requested resource not found: Index: {gone}")
            call.tx.execute("DELETE FROM ddb_index WHERE tbl=? AND idx=?", (table.id, gone))
        else:
            changed = entry["Update"]["IndexName"]
            if changed not in indexes:
                raise no_such_table(f"Requested resource not found: Index: {changed}")
            indexes[changed] = indexes[changed] | entry["Update"]
    definition["GlobalSecondaryIndexes"] = list(indexes.values())
    for key in (
        "BillingMode",
        "ProvisionedThroughput",
        "SSESpecification",
        "TableClass",
        "DeletionProtectionEnabled",
        "OnDemandThroughput",
        "WarmThroughput",
    ):
        if given.get(key) is not None:
            definition[key] = given[key]
    put_definition(call, name, definition)
    specification = given.get("StreamSpecification")
    if specification is not None:
        if specification.get("StreamEnabled", True):
            streams.enable(call, name, specification["StreamViewType"], definition["KeySchema"])
        else:
            streams.disable(call, name)
    table = find(call.tx, name)
    for index in fresh:
        _backfill(call.tx, table, table.indexes[index])
    return table


def put_definition(call: Call, name: str, definition: Mapping[str, Any]) -> None:
    """Write a table's definition."""
    call.tx.execute(
        "UPDATE ddb_tables SET definition=? WHERE name=?", (json.dumps(dict(definition)), name)
    )


def _backfill(tx: Transaction, table: Table, index: Index) -> None:
    for pk, sk, data in tx.all("SELECT pk, sk, item FROM ddb_items WHERE tbl=?", (table.id,)):
        place = index_place(table, index, load(data))
        if place is not None:
            tx.execute(
                "INSERT INTO ddb_index VALUES(?,?,?,?,?,?)", (table.id, index.name, *place, pk, sk)
            )


def index_place(table: Table, index: Index, item: Mapping[str, Any]) -> tuple[bytes, bytes] | None:
    """Where an item stands in an index; None when it lacks a key of it."""
    parts = []
    for name in (index.partition, index.sort):
        if name is None:
            parts.append(b"")
            continue
        value = item.get(name)
        if value is None or table.types[name] not in value:
            return None
        parts.append(key_bytes(value))
    return parts[0], parts[1]


def with_policy(call: Call, definition: Mapping[str, Any], text: str | None) -> dict[str, Any]:
    """A table's definition with this resource policy, or with none. Raises Invalid."""
    kept = {key: value for key, value in definition.items() if key != POLICY}
    if text is None:
        return kept
    try:
        json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError):
        raise validation("Resource policy is not valid: it must be JSON with a Statement") from None
    if (definition.get(POLICY) or {}).get("Policy") == text:
        return dict(definition)
    return kept | {POLICY: {"Policy": text, "RevisionId": str(int(call.now * 1_000))}}
