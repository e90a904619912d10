"""The grammar of statements: SELECT, INSERT, UPDATE, DELETE, and EXISTS.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from eventmill.services.dynamodb.expressions.paths import Path
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.partiql.assignments import read_changes
from eventmill.services.dynamodb.partiql.conditions import read_test
from eventmill.services.dynamodb.partiql.nodes import (
    Delete,
    Exists,
    Given,
    Insert,
    Select,
    Statement,
    Test,
    Update,
)
from eventmill.services.dynamodb.partiql.reader import Reader
from eventmill.services.dynamodb.partiql.tokens import malformed

_LONGEST = 8_192


@dataclass(frozen=True, slots=True)
class Parsed:
    """A statement and how many parameters it takes."""

    statement: Statement
    parameters: int


@lru_cache(maxsize=4_096)
def parse(text: str) -> Parsed:
    """Raises Fault (ValidationException) for what is no statement."""
    if not 1 <= len(text) <= _LONGEST:
        limit = f"less than or equal to {_LONGEST}" if text else "greater than or equal to 1"
        raise validation(
            "1 validation error detected: Value at 'statement' failed to satisfy constraint: "
            f"Member must have length {limit}"
        )
    reader = Reader(text)
    statement = _statement(reader)
    reader.accept(";")
    if reader.next.kind != "end":
        raise malformed("Unexpected token after expression")
    return Parsed(statement, reader.parameters)


def _statement(reader: Reader) -> Statement:
    verb = reader.accept("SELECT", "INSERT", "UPDATE", "DELETE", "FROM", "EXISTS")
    if verb == "SELECT":
        return _select(reader)
    if verb == "INSERT":
        return _insert(reader)
    if verb == "UPDATE":
        table = _table(reader)
        changes = read_changes(reader)
        return Update(table, changes, _where(reader), _returning(reader))
    if verb == "DELETE":
        return _delete(reader)
    if verb == "FROM":
        table, where = _table(reader), _where(reader)
        return Update(table, read_changes(reader), where, _returning(reader))
    if verb == "EXISTS":
        reader.expect("(", detail="Expected LEFT_PAREN")
        reader.expect("SELECT", detail="Expected data manipulation")
        select = _select(reader)
        reader.expect(")", detail="Expected RIGHT_PAREN")
        return Exists(select.table, select)
    raise malformed("Expected data manipulation")


def _source(reader: Reader) -> tuple[str, str | None]:
    """(table, index) of a FROM clause."""
    names = [reader.name()]
    while reader.accept("."):
        names.append(reader.name())
    if len(names) > 2:
        raise validation("A path may contain at most 2 components in the FROM clause")
    if reader.at_name() or reader.ahead("AS"):
        raise validation("Aliasing is not supported")
    return names[0], names[1] if len(names) > 1 else None


def _table(reader: Reader) -> str:
    table, index = _source(reader)
    if index is not None:
        raise validation("This operation is not supported on an index")
    return table


def _where(reader: Reader) -> Test | None:
    return read_test(reader) if reader.accept("WHERE") else None


def _select(reader: Reader) -> Select:
    columns = None if reader.accept("*") else _columns(reader)
    reader.expect("FROM", detail="Expected FROM")
    table, index = _source(reader)
    where = _where(reader)
    order: list[tuple[str, bool]] = []
    if reader.accept("ORDER"):
        reader.expect("BY", detail="Expected BY")
        order.append(_ordered(reader))
        while reader.accept(","):
            order.append(_ordered(reader))
    return Select(table, index, columns, where, tuple(order))


def _columns(reader: Reader) -> tuple[Path, ...]:
    columns = []
    while True:
        token = reader.next
        if reader.after().text == "(":
            raise validation(f"Unexpected path component at {token.place}")
        columns.append(reader.path())
        if reader.ahead("AS"):
            raise validation("Aliasing is not supported")
        if not reader.accept(","):
            return tuple(columns)


def _ordered(reader: Reader) -> tuple[str, bool]:
    name = reader.name()
    return name, reader.accept("ASC", "DESC") == "DESC"


def _insert(reader: Reader) -> Insert:
    reader.expect("INTO", detail="Expected INTO")
    names = [reader.name()]
    if reader.accept("."):
        raise validation("This operation is not supported on an index")
    if reader.at_name():
        raise malformed("Unexpected token after expression")
    reader.expect("VALUE", detail="Unexpected keyword")
    reader.expect("{", detail="Unexpected term")
    item: list[tuple[str, Given]] = []
    closed = bool(reader.accept("}"))
    while not closed:
        name, token = reader.key(), reader.next
        given = reader.given()
        if given is None:
            if reader.after().text == "(":
                raise validation(
                    f"Unsupported data type: {token.text} under key root at {token.place}"
                )
            raise reader.unexpected()
        item.append((name, given))
        closed = reader.expect(",", "}", detail="Expected comma or end of struct") == "}"
    return Insert(names[0], tuple(item))


def _delete(reader: Reader) -> Delete:
    reader.expect("FROM", detail="Expected FROM")
    if not reader.at_name():
        raise malformed("Expected identifier for simple path")
    table, where = _table(reader), _where(reader)
    returning = _returning(reader)
    if returning not in ("", "ALL_OLD"):
        words = returning.replace("UPDATED", "MODIFIED").replace("_", " ")
        raise validation(
            f"Invalid returning clause: RETURNING {words} *. Only RETURNING ALL OLD * is allowed in"
            " DELETE statements."
        )
    return Delete(table, where, returning)


def _returning(reader: Reader) -> str:
    """As ReturnValues of UpdateItem says it."""
    if not reader.accept("RETURNING"):
        return ""
    which = reader.expect("ALL", "MODIFIED", detail="Expected ALL or MODIFIED")
    when = reader.expect("OLD", "NEW", detail="Expected OLD or NEW")
    reader.expect("*", detail="Expected STAR")
    return f"{'UPDATED' if which == 'MODIFIED' else which}_{when}"
