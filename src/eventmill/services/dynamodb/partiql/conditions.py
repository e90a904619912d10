"""Conditions of a WHERE clause."""

from __future__ import annotations

from collections.abc import Callable

from eventmill.kernel.errors import Fault
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.partiql.nodes import (
    Attribute,
    Between,
    Compare,
    Either,
    Function,
    In,
    Literal,
    Not,
    Operand,
    Size,
    Test,
    every,
)
from eventmill.services.dynamodb.partiql.reader import Reader
from eventmill.services.dynamodb.partiql.tokens import Token, malformed

_FUNCTIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
}
"""The functions that are conditions, and how many operands they take."""

_NULL = Literal({"S": "NULL"})
_MOST_OPTIONS = 100


def read_test(reader: Reader) -> Test:
    """The condition ahead. Raises Fault."""
    tests = _listed(reader, "OR", _all)
    return tests[0] if len(tests) == 1 else Either(tuple(tests))


def _all(reader: Reader) -> Test:
    return every(_listed(reader, "AND", _one))


def _listed(reader: Reader, word: str, read: Callable[[Reader], Test]) -> list[Test]:
    tests = [read(reader)]
    while reader.accept(word):
        if reader.next.kind == "end" or reader.ahead(";"):
            raise malformed("Missing right-hand side expression of infix operator")
        tests.append(read(reader))
    return tests


def _one(reader: Reader) -> Test:
    with reader.deeper():
        if reader.accept("NOT"):
            return Not(_one(reader))
        if reader.accept("("):
            inner = read_test(reader)
            reader.expect(")", detail="Expected RIGHT_PAREN")
            return _judged(reader, inner)
    if reader.after().text == "(" and reader.next.kind == "name" and not reader.ahead("SIZE"):
        return _judged(reader, _function(reader))
    return _comparison(reader)


def _judged(reader: Reader, test: Test) -> Test:
    """The condition itself, or one that it is true or false: `contains(a, 'x') = false`."""
    sign = reader.accept("=", "<>", "!=")
    if not sign:
        return test
    word = reader.accept("TRUE", "FALSE")
    if not word:
        raise reader.unexpected()
    return _maybe((word == "TRUE") is not (sign == "="), test)


def _comparison(reader: Reader) -> Test:
    left = read_operand(reader)
    if reader.accept("IS"):
        return _is(reader, left)
    negated = bool(reader.accept("NOT"))
    if reader.accept("BETWEEN"):
        low = read_operand(reader)
        reader.expect("AND", detail="Expected AND after BETWEEN")
        return _maybe(negated, Between(left, low, read_operand(reader)))
    if reader.accept("IN"):
        return _maybe(negated, In(left, _options(reader)))
    sign = "" if negated else reader.accept("=", "<>", "!=", "<", "<=", ">", ">=")
    if not sign:
        raise reader.unexpected()
    return Compare("<>" if sign == "!=" else sign, left, read_operand(reader))


def _maybe(negated: bool, test: Test) -> Test:
    return Not(test) if negated else test


def _is(reader: Reader, left: Operand) -> Test:
    negated = bool(reader.accept("NOT"))
    if not reader.ahead("MISSING", "NULL"):
        raise malformed("Expected type name")
    word = reader.take().text.lower()
    if not isinstance(left, Attribute):
        raise _wants_path(f"is_{word}")
    if word == "null":
        return _maybe(negated, Function("attribute_type", left.path, _NULL))
    return Function("attribute_exists" if negated else "attribute_not_exists", left.path)


def _wants_path(name: str) -> Fault:
    return validation(
        f"Operator or function requires a document path; operator or function: {name}"
    )


def _options(reader: Reader) -> tuple[Operand, ...]:
    end = {"[": "]", "(": ")", "<<": ">>"}[
        reader.expect("[", "(", "<<", detail="Expected LEFT_PAREN")
    ]
    options = [read_operand(reader)]
    while reader.expect(",", end, detail="Expected comma or end of collection") == ",":
        options.append(read_operand(reader))
    if len(options) > _MOST_OPTIONS:
        raise validation(
            "The IN operator is provided with too many operands; number of operands: "
            f"{len(options)}"
        )
    return tuple(options)


def read_operand(reader: Reader) -> Operand:
    """A value, a path or size(path). Raises Fault."""
    given = reader.given()
    if given is not None:
        return given
    if reader.ahead("SIZE") and reader.after().text == "(":
        reader.take()
        operands = arguments(reader)
        if len(operands) != 1 or not isinstance(operands[0], Attribute):
            raise _wants_path("size")
        return Size(operands[0].path)
    if reader.after().text == "(" and reader.next.kind == "name":
        raise unknown_function(reader.take())
    return Attribute(reader.path())


def unknown_function(token: Token) -> Fault:
    """The fault for a function that may not stand here."""
    return validation(f"Unrecognized function: {token.text.lower()} at {token.place}")


def arguments(reader: Reader) -> list[Operand]:
    """What stands in parentheses behind a function's name. Raises Fault."""
    reader.expect("(", detail="Expected LEFT_PAREN")
    operands: list[Operand] = []
    if reader.accept(")"):
        return operands
    while True:
        operands.append(read_operand(reader))
        if reader.expect(",", ")", detail="Expected RIGHT_PAREN") == ")":
            return operands


def _function(reader: Reader) -> Test:
    token = reader.take()
    name = token.text.lower()
    if name not in _FUNCTIONS:
        raise unknown_function(token)
    operands = arguments(reader)
    if len(operands) != _FUNCTIONS[name]:
        raise validation(
            "Incorrect number of operands for operator or function; operator or function: "
            f"{name}, number of operands: {len(operands)}"
        )
    first = operands[0]
    if not isinstance(first, Attribute):
        raise _wants_path(name)
    return Function(name, first.path, operands[1] if len(operands) > 1 else None)
