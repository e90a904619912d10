"""The names and values that a request gives with its expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.values import Value, checked


class Env:
    """Looks `#name` and `:value` up, and knows in the end what nobody asked for."""

    __slots__ = ("_names", "_used", "_values")

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._names: Mapping[str, str] = request.get("ExpressionAttributeNames") or {}
        given = request.get("ExpressionAttributeValues") or {}
        self._values: dict[str, Value] = {name: checked(v)[0] for name, v in given.items()}
        self._used: set[str] = set()

    def name(self, text: str) -> str:
        """An attribute's name; `#x` stands for another. Raises Fault."""
        if not text.startswith("#"):
            return text
        self._used.add(text)
        if text not in self._names:
            raise validation(
                "Invalid expression: An expression attribute name used in the document path is "
                f"not defined; attribute name: {text}"
            )
        return self._names[text]

    def value(self, text: str) -> Value:
        """The value of `:x`. Raises Fault."""
        self._used.add(text)
        if text not in self._values:
            raise validation(
                "Invalid expression: An expression attribute value used in expression is not "
                f"defined; attribute value: {text}"
            )
        return self._values[text]

    def mention(self, names: frozenset[str]) -> None:
        """Names and values that stand in an expression, whether evaluation reaches them or not.

        Raises Fault for one that is not defined.
        """
        for text in names:
            if text.startswith("#"):
                self.name(text)
            else:
                self.value(text)

    def finish(self) -> None:
        """Raises Fault for names and values that no expression mentions."""
        for kind, given in (("Values", self._values), ("Names", self._names)):
            unused = [name for name in given if name not in self._used]
            if unused:
                raise validation(
                    f"Value provided in ExpressionAttribute{kind} unused in expressions: keys: "
                    f"{{{', '.join(unused)}}}"
                )
