"""INSERT, UPDATE, DELETE and EXISTS as the entries of a transaction that they are.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import Fault, Invalid
from eventmill.services.contract import Call
from eventmill.services.dynamodb import items, transactions
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.items import Change
from eventmill.services.dynamodb.partiql.keys import key_of, only_item, reads_of
from eventmill.services.dynamodb.partiql.nodes import Delete, Exists, Insert, Write
from eventmill.services.dynamodb.partiql.terms import Terms
from eventmill.services.dynamodb.tables import Table
from eventmill.services.dynamodb.values import Item, Value


@dataclass(frozen=True, slots=True)
class Prepared:
    """A write on `table`: an entry of TransactWriteItems, and what it returns."""

    table: Table
    verb: str
    body: Mapping[str, Any]
    returning: str = ""
    inserts: bool = False

    def run(self, call: Call) -> Change:
        """Carry it out. Raises Fault."""
        try:
            return transactions.one(call, self.table, self.verb, self.body)
        except Fault as fault:
            if self.inserts and fault.code == "ConditionalCheckFailedException":
                raise Invalid(
                    "DuplicateItemException",
                    "Duplicate primary key exists in table",
                    fields=fault.fields,
                ) from None
            raise

    def returned(self, change: Change) -> Item | None:
        """What RETURNING asks for, where there is anything."""
        return items.returned(self.returning or "NONE", change)


def prepare(
    statement: Write, table: Table, parameters: Sequence[Value], request: Mapping[str, Any]
) -> Prepared:
    """`request` is ExecuteStatement's, or one statement of several. Raises Fault."""
    terms = Terms(parameters)
    common = {
        name: request[name] for name in ("ReturnValuesOnConditionCheckFailure",) if name in request
    }
    if isinstance(statement, Insert):
        item = {name: terms.given(value) for name, value in statement.item}
        body = {"Item": item, "ConditionExpression": f"attribute_not_exists({_key(terms, table)})"}
        return Prepared(table, "Put", common | body | terms.request(), inserts=True)
    if isinstance(statement, Exists):
        return Prepared(table, "ConditionCheck", common | _checked(statement, table, terms))
    key, rest = key_of(statement.where, table, terms.given)
    body = {"Key": key}
    condition = terms.all_of(rest)
    if isinstance(statement, Delete):
        if condition:
            # An item that is not there is deleted already, whatever else is asked of it.
            gone = f"attribute_not_exists({_key(terms, table)})"
            body["ConditionExpression"] = f"{gone} OR ({condition})"
        return Prepared(table, "Delete", common | body | terms.request(), statement.returning)
    there = f"attribute_exists({_key(terms, table)})"
    body["ConditionExpression"] = f"{there} AND {condition}" if condition else there
    body["UpdateExpression"] = terms.changes(statement.changes)
    return Prepared(table, "Update", common | body | terms.request(), statement.returning)


def _key(terms: Terms, table: Table) -> str:
    return terms.path((table.partition,))


def _checked(statement: Exists, table: Table, terms: Terms) -> dict[str, Any]:
    where, keys = statement.select.where, (table.partition, table.sort)
    read = only_item(reads_of(where, table, keys, terms.given), table)
    if read is None or not read.rest or statement.select.index is not None:
        raise validation("EXISTS() must contain a single item read with additional condition")
    return {
        "Key": read.key(table),
        "ConditionExpression": terms.all_of(read.rest),
    } | terms.request()
