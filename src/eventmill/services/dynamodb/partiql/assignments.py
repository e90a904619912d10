"""What an UPDATE changes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html
"""

from __future__ import annotations

from eventmill.services.dynamodb.expressions.paths import Path
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.partiql.conditions import (
    arguments,
    read_operand,
    unknown_function,
)
from eventmill.services.dynamodb.partiql.nodes import (
    Append,
    Assignment,
    Attribute,
    Expression,
    Literal,
    Parameter,
    Sum,
)
from eventmill.services.dynamodb.partiql.reader import Reader
from eventmill.services.dynamodb.partiql.tokens import malformed

_SETS = {"set_add": "ADD", "set_delete": "DELETE"}


def read_changes(reader: Reader) -> tuple[Assignment, ...]:
    """SET and REMOVE clauses in any order, at least one. Raises Fault."""
    changes: list[Assignment] = []
    while verb := reader.accept("SET", "REMOVE"):
        changes.append(_change(reader, verb))
        while reader.accept(","):
            changes.append(_change(reader, verb))
    if not changes:
        raise malformed("Expected SET or REMOVE")
    return tuple(changes)


def _change(reader: Reader, verb: str) -> Assignment:
    path = reader.path()
    if verb == "REMOVE":
        return Assignment("REMOVE", path, None)
    reader.expect("=", detail="Expected EQ")
    function = reader.next.text.lower()
    if reader.after().text == "(" and reader.next.kind == "name" and function in _SETS:
        return _set_change(reader, path)
    return Assignment("SET", path, _sum(reader))


def _sum(reader: Reader) -> Expression:
    left = _term(reader)
    sign = reader.accept("+", "-")
    if not sign:
        return left
    right = _term(reader)
    for side in (left, right):
        kind = next(iter(side.value)) if isinstance(side, Literal) else "N"
        if kind != "N":
            raise validation(
                "Incorrect operand type for operator or function; operator or function: "
                f"{sign}, operand type: {kind}"
            )
    return Sum(sign, left, right)


def _term(reader: Reader) -> Expression:
    function = reader.next.kind == "name" and reader.after().text == "("
    if not function:
        return read_operand(reader)
    token = reader.take()
    if token.text.lower() != "list_append":
        raise unknown_function(token)
    with reader.deeper():
        reader.expect("(", detail="Expected LEFT_PAREN")
        first = _term(reader)
        reader.expect(",", detail="Expected COMMA")
        second = _term(reader)
        reader.expect(")", detail="Expected RIGHT_PAREN")
    return Append(first, second)


def _set_change(reader: Reader, path: Path) -> Assignment:
    """set_add and set_delete change the attribute that they are assigned to, and no other."""
    token = reader.take()
    name = token.text.upper()
    first = reader.after().place
    operands = arguments(reader)
    if len(operands) != 2:
        raise validation(f"{name} must have exactly two arguments at {token.place}")
    if operands[0] != Attribute(path):
        raise validation(
            f"The first argument to {name} must equal the assignment value at {token.place}"
        )
    value = operands[1]
    bag = isinstance(value, Literal) and next(iter(value.value)) in ("SS", "NS", "BS")
    if not bag and not isinstance(value, Parameter):
        raise validation(f"The second argument to {name} must be a value with type SET at {first}")
    return Assignment(_SETS[token.text.lower()], path, value)
