"""The parameters from before expressions, as the expressions that replaced them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.dynamodb.expressions.conditions import compare
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.values import checked

_LEGACY = (
    "AttributesToGet",
    "AttributeUpdates",
    "QueryFilter",
    "ScanFilter",
    "Expected",
    "ConditionalOperator",
    "KeyConditions",
)
_EXPRESSIONS = (
    "ProjectionExpression",
    "UpdateExpression",
    "FilterExpression",
    "ConditionExpression",
    "KeyConditionExpression",
)
_NAMES = frozenset(_LEGACY)

_SIGNS = {"EQ": "=", "NE": "<>", "LE": "<=", "LT": "<", "GE": ">=", "GT": ">"}
_OF_KEYS = ("EQ", "LE", "LT", "GE", "GT", "BEGINS_WITH", "BETWEEN")
_ARGUMENTS = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2}
_SCALARS = ("S", "N", "B")
_TYPES = {"BEGINS_WITH": ("S", "B")} | dict.fromkeys(
    ("LE", "LT", "GE", "GT", "CONTAINS", "NOT_CONTAINS", "IN", "BETWEEN"), _SCALARS
)
_SETS = ("SS", "NS", "BS")


def translated(request: dict[str, Any]) -> dict[str, Any]:
    """The request with expressions in place of its legacy parameters. Raises Fault."""
    if _NAMES.isdisjoint(request):
        return request
    given = [name for name in _LEGACY if request.get(name) is not None]
    _refuse_mixture(request, given)
    terms = _Terms(request)
    made: dict[str, str] = {}
    if "AttributesToGet" in given:
        made["ProjectionExpression"] = terms.projection(request["AttributesToGet"])
    if request.get("AttributeUpdates"):
        made["UpdateExpression"] = terms.updates(request["AttributeUpdates"])
    if "KeyConditions" in given:
        made["KeyConditionExpression"] = terms.key_conditions(request["KeyConditions"])
    for name, expression in (
        ("Expected", "ConditionExpression"),
        ("QueryFilter", "FilterExpression"),
        ("ScanFilter", "FilterExpression"),
    ):
        conditions = request.get(name)
        if conditions:
            made[expression] = terms.joined(conditions, request.get("ConditionalOperator"))
    rest = {name: value for name, value in request.items() if name not in _NAMES}
    return rest | made | terms.members()


def _refuse_mixture(request: Mapping[str, Any], given: Sequence[str]) -> None:
    expressions = [name for name in _EXPRESSIONS if request.get(name) is not None]
    if expressions and "KeyConditionExpression" not in expressions:
        # KeyConditions alone may stand beside other expressions.
        given = [name for name in given if name != "KeyConditions"]
    if given and expressions:
        raise validation(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(given)}}} "
            f"Expression parameters: {{{', '.join(expressions)}}}"
        )
    if "ConditionalOperator" in given:
        tests = [request.get(name) for name in ("Expected", "QueryFilter", "ScanFilter")]
        if not any(test is not None for test in tests):
            raise validation("ConditionalOperator cannot be used without Filter or Expected")
        if not any(test is not None and len(test) > 1 for test in tests):
            raise validation(
                "ConditionalOperator can only be used when Filter or Expected has two or more "
                "elements"
            )


class _Terms:
    """Writes expressions, and holds the names and values in them."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._names = dict(request.get("ExpressionAttributeNames") or {})
        self._values = dict(request.get("ExpressionAttributeValues") or {})

    def members(self) -> dict[str, Any]:
        held = {
            "ExpressionAttributeNames": self._names,
            "ExpressionAttributeValues": self._values,
        }
        return {name: value for name, value in held.items() if value}

    def _name(self, name: str) -> str:
        sign = f"#legacy{len(self._names)}"
        self._names[sign] = name
        return sign

    def _value(self, value: Mapping[str, Any]) -> str:
        sign = f":legacy{len(self._values)}"
        self._values[sign] = value
        return sign

    def projection(self, names: Sequence[str]) -> str:
        for place, name in enumerate(names):
            if name in names[:place]:
                raise _invalid(f"Duplicate value in attribute name: {name}")
        return ", ".join(map(self._name, names))

    def key_conditions(self, conditions: Mapping[str, Any]) -> str:
        if not 1 <= len(conditions) <= 2:
            raise validation("Conditions can be of length 1 or 2 only")
        for condition in conditions.values():
            if condition["ComparisonOperator"] not in _OF_KEYS:
                raise validation("Attempted conditional constraint is not an indexable operation")
        return self.joined(conditions, None)

    def joined(self, conditions: Mapping[str, Any], operator: str | None) -> str:
        word = f" {operator or 'AND'} "
        return word.join(self._condition(name, each) for name, each in conditions.items())

    def _condition(self, name: str, condition: Mapping[str, Any]) -> str:
        """One of Expected, or of a filter or a key condition. Raises Fault."""
        value, listed = condition.get("Value"), condition.get("AttributeValueList")
        if value is not None and listed is not None:
            raise _wrong("Value and AttributeValueList cannot be used together", name)
        operator = condition.get("ComparisonOperator")
        if operator is None:
            return self._expectation(name, condition)
        if condition.get("Exists") is not None:
            raise _wrong("Exists and ComparisonOperator cannot be used together", name)
        values = listed if listed is not None else [] if value is None else [value]
        if not values and operator not in ("NULL", "NOT_NULL"):
            raise _wrong(
                f"Value or AttributeValueList must be used with ComparisonOperator: {operator}",
                name,
            )
        _check_values(operator, values)
        return self._comparison(operator, self._name(name), list(map(self._value, values)))

    def _expectation(self, name: str, condition: Mapping[str, Any]) -> str:
        value, exists = condition.get("Value"), condition.get("Exists")
        if condition.get("AttributeValueList") is not None:
            raise _wrong("AttributeValueList can only be used with a ComparisonOperator", name)
        if exists is False:
            if value is not None:
                raise _wrong("Value cannot be used when Exists is false", name)
            return f"attribute_not_exists({self._name(name)})"
        if value is None:
            told = "null" if exists is None else "true"
            raise _wrong(f"Value must be provided when Exists is {told}", name)
        return f"{self._name(name)} = {self._value(value)}"

    def _comparison(self, operator: str, name: str, values: Sequence[str]) -> str:
        if operator in _SIGNS:
            return f"{name} {_SIGNS[operator]} {values[0]}"
        if operator in ("NULL", "NOT_NULL"):
            return f"attribute_{'not_' if operator == 'NULL' else ''}exists({name})"
        if operator == "BETWEEN":
            return f"{name} BETWEEN {values[0]} AND {values[1]}"
        if operator == "IN":
            return f"{name} IN ({', '.join(values)})"
        if operator == "NOT_CONTAINS":
            # Unlike NOT contains(...), it asks for the attribute.
            return f"(attribute_exists({name}) AND NOT contains({name}, {values[0]}))"
        return f"{operator.lower()}({name}, {values[0]})"

    def updates(self, updates: Mapping[str, Any]) -> str:
        """AttributeUpdates as an UpdateExpression. Raises Fault."""
        by_verb: dict[str, list[str]] = {}
        for name, update in updates.items():
            verb, text = self._update(name, update.get("Action") or "PUT", update.get("Value"))
            by_verb.setdefault(verb, []).append(text)
        return " ".join(f"{verb} {', '.join(texts)}" for verb, texts in by_verb.items())

    def _update(self, name: str, action: str, value: Any) -> tuple[str, str]:
        if value is None:
            if action != "DELETE":
                raise _invalid("Only DELETE action is allowed when no attribute value is specified")
            return "REMOVE", self._name(name)
        kind = next(iter(value))
        if action == "PUT":
            return "SET", f"{self._name(name)} = {self._value(value)}"
        if action == "DELETE":
            if kind not in _SETS:
                raise _invalid(f"DELETE action with value is not supported for the type {kind}")
            return "DELETE", f"{self._name(name)} {self._value(value)}"
        if kind == "L":
            sign, none = self._name(name), self._value({"L": []})
            held = f"if_not_exists({sign}, {none})"
            return "SET", f"{sign} = list_append({held}, {self._value(value)})"
        if kind not in ("N", *_SETS):
            raise _invalid(f"ADD action is not supported for the type {kind}")
        return "ADD", f"{self._name(name)} {self._value(value)}"


def _check_values(operator: str, values: Sequence[Mapping[str, Any]]) -> None:
    wanted = len(values) or 1 if operator == "IN" else _ARGUMENTS.get(operator, 1)
    if len(values) != wanted:
        raise _invalid(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = {next(iter(checked(value)[0])) for value in values}
    if len(kinds) > 1:
        raise _invalid("AttributeValues inside AttributeValueList must be of same type")
    for kind in kinds:
        if kind not in _TYPES.get(operator, (kind,)):
            raise _invalid(
                f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type"
            )
    if operator == "BETWEEN" and compare(">", checked(values[0])[0], checked(values[1])[0]):
        raise validation(
            "The BETWEEN condition was provided a range where the lower bound is greater than the "
            "upper bound"
        )


def _invalid(what: str) -> Fault:
    return validation(f"One or more parameter values were invalid: {what}")


def _wrong(what: str, attribute: str) -> Fault:
    return _invalid(f"{what} for Attribute: {attribute}")
