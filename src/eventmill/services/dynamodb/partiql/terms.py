"""Conditions and changes as the expressions that the other operations take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from eventmill.services.dynamodb.expressions.paths import Path
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.partiql.nodes import (
    Append,
    Assignment,
    Between,
    Compare,
    Either,
    Every,
    Expression,
    Function,
    Given,
    In,
    Literal,
    Not,
    Operand,
    Parameter,
    Size,
    Sum,
    Test,
)
from eventmill.services.dynamodb.values import TYPES, Value

_ORDERED = ("S", "N", "B")
_TYPE_NAMES = ("N", "BS", "L", "B", "NULL", "M", "S", "SS", "NS", "BOOL")
assert set(_TYPE_NAMES) == TYPES


class Terms:
    """Writes expressions, with every name and value as a placeholder.

    So a statement's texts are the same whatever its values are, and are parsed once.
    """

    def __init__(self, parameters: Sequence[Value]) -> None:
        self._parameters = parameters
        self._names: dict[str, str] = {}
        self._values: dict[str, Value] = {}

    def request(self) -> dict[str, Any]:
        """The names and values that were written, as members of a request."""
        told: dict[str, Any] = {}
        if self._names:
            told["ExpressionAttributeNames"] = {sign: name for name, sign in self._names.items()}
        if self._values:
            told["ExpressionAttributeValues"] = self._values
        return told

    def given(self, operand: Given) -> Value:
        """The value that a literal or a parameter stands for."""
        if isinstance(operand, Parameter):
            return self._parameters[operand.number]
        return operand.value

    def path(self, path: Path) -> str:
        """A document path."""
        text = ""
        for part in path:
            if isinstance(part, int):
                text += f"[{part}]"
            else:
                text += ("." if text else "") + self._names.setdefault(
                    part, f"#n{len(self._names)}"
                )
        return text

    def value(self, value: Value) -> str:
        """A value."""
        sign = f":v{len(self._values)}"
        self._values[sign] = value
        return sign

    def operand(self, operand: Operand) -> str:
        """A value, a path or size(path)."""
        if isinstance(operand, Literal | Parameter):
            return self.value(self.given(operand))
        text = self.path(operand.path)
        return f"size({text})" if isinstance(operand, Size) else text

    def test(self, test: Test) -> str:
        """A condition. Raises Fault for operands that an operator cannot have."""
        if isinstance(test, Every | Either):
            word = " AND " if isinstance(test, Every) else " OR "
            return "(" + word.join(map(self.test, test.tests)) + ")"
        if isinstance(test, Not):
            return f"NOT {self.test(test.test)}"
        if isinstance(test, Compare):
            if test.sign not in ("=", "<>"):
                self._check_ordered(test.sign, (test.left, test.right))
            return f"{self.operand(test.left)} {test.sign} {self.operand(test.right)}"
        if isinstance(test, Between):
            self._check_ordered("BETWEEN", (test.low, test.high))
            low, high = self.operand(test.low), self.operand(test.high)
            return f"{self.operand(test.value)} BETWEEN {low} AND {high}"
        if isinstance(test, In):
            options = ", ".join(map(self.operand, test.options))
            return f"{self.operand(test.value)} IN ({options})"
        return self._function(test)

    def all_of(self, tests: Iterable[Test]) -> str:
        """Several conditions, of which each must hold."""
        return " AND ".join(map(self.test, tests))

    def _function(self, test: Function) -> str:
        path = self.path(test.path)
        if test.argument is None:
            return f"{test.name}({path})"
        if test.name == "attribute_type" and isinstance(test.argument, Literal | Parameter):
            self._check_type(self.given(test.argument))
        return f"{test.name}({path}, {self.operand(test.argument)})"

    def _check_ordered(self, sign: str, operands: Iterable[Operand]) -> None:
        for operand in operands:
            if isinstance(operand, Literal | Parameter):
                kind = next(iter(self.given(operand)))
                if kind not in _ORDERED:
                    raise _wrong_type(sign, kind)

    def _check_type(self, value: Value) -> None:
        kind, held = next(iter(value.items()))
        if kind != "S":
            raise _wrong_type("attribute_type", kind)
        if held not in TYPES:
            raise validation(
                f"Invalid attribute type name found; type: {held}, valid types: "
                f"{{{','.join(_TYPE_NAMES)}}}"
            )

    def changes(self, changes: Iterable[Assignment]) -> str:
        """An UpdateExpression."""
        by_verb: dict[str, list[str]] = {}
        for change in changes:
            text = self.path(change.path)
            if change.value is not None:
                text += (" = " if change.verb == "SET" else " ") + self._expression(change.value)
            by_verb.setdefault(change.verb, []).append(text)
        return " ".join(f"{verb} {', '.join(texts)}" for verb, texts in by_verb.items())

    def _expression(self, expression: Expression) -> str:
        if isinstance(expression, Sum):
            left, right = map(self._expression, (expression.left, expression.right))
            return f"{left} {expression.sign} {right}"
        if isinstance(expression, Append):
            first, second = map(self._expression, (expression.first, expression.second))
            return f"list_append({first}, {second})"
        return self.operand(expression)


def _wrong_type(operator: str, kind: str) -> Exception:
    return validation(
        "Incorrect operand type for operator or function; operator or function: "
        f"{operator}, operand type: {kind}"
    )
