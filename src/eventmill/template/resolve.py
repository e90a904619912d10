"""Evaluating intrinsic functions with what is known so far.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from eventmill.kernel.errors import UsageError
from eventmill.template.model import ANY_ATTRIBUTE, Template

_PART = re.compile(r"\$\{(!?)([^}]*)\}")
_MISSING = object()


class Unresolved(UsageError):
    """A reference to what the template does not declare."""


class Resolver:
    """`known` gives Ref and GetAtt of created resources: logical id → (ref, attributes)."""

    def __init__(
        self,
        template: Template,
        values: Mapping[str, Any],
        pseudo: Mapping[str, Any],
        known: Mapping[str, tuple[str, Mapping[str, Any]]],
        imports: Callable[[str], Any] | None = None,
    ) -> None:
        self._template = template
        self._values = dict(pseudo) | dict(values)
        self._known = known
        self._imports = imports
        self._conditions: dict[str, bool] = {}
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.condition,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::Equals": self._equals,
            "Fn::And": lambda parts: all(self.value(part) for part in parts),
            "Fn::Or": lambda parts: any(self.value(part) for part in parts),
            "Fn::Not": lambda parts: not self.value(parts[0]),
            "Fn::Base64": lambda part: base64.b64encode(str(self.value(part)).encode()).decode(),
            "Fn::Cidr": self._cidr,
            "Fn::GetAZs": self._zones,
            "Fn::ImportValue": self._import,
            "Fn::Length": lambda part: len(self.value(part)),
            "Fn::ToJsonString": lambda part: orjson.dumps(self.value(part)).decode(),
        }

    def value(self, node: Any) -> Any:
        """The plain value. Raises UsageError naming what cannot be resolved."""
        result = self._value(node)
        return None if result is _MISSING else result

    def lacks(self, name: Any) -> bool:
        """Whether it is known that no stack exports `name`."""
        return self._imports is not None and self._imports(name) is None

    def condition(self, name: str) -> bool:
        """Whether a condition holds. Raises UsageError."""
        if name not in self._conditions:
            if name not in self._template.conditions:
                raise Unresolved(f"the condition {name} is not declared")
            self._conditions[name] = bool(self.value(self._template.conditions[name]))
        return self._conditions[name]

    def _value(self, node: Any) -> Any:
        if isinstance(node, dict):
            if len(node) == 1:
                name = next(iter(node))
                function = self._functions.get(name)
                # `Condition` is a function only inside conditions, where its operand is a name.
                if function is not None and (name != "Condition" or isinstance(node[name], str)):
                    return self._applied(name, function, node[name])
                if name.startswith("Fn::"):
                    raise UsageError(f"{name} is not offered")
            pairs = ((key, self._value(held)) for key, held in node.items())
            return {key: held for key, held in pairs if held is not _MISSING}
        if isinstance(node, list):
            return [held for held in map(self._value, node) if held is not _MISSING]
        return node

    def _applied(self, name: str, function: Callable[[Any], Any], operand: Any) -> Any:
        try:
            return function(operand)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            shown = json.dumps(operand, default=str)
            raise UsageError(f"{name} cannot be applied to {shown}") from error

    def _ref(self, name: Any) -> Any:
        if name == "AWS::NoValue":
            return _MISSING
        if name in self._values:
            return self._values[name]
        if name in self._known:
            return self._known[name][0]
        raise Unresolved(f"Ref {name}: no parameter or resource of that name")

    def _get_att(self, operand: Any) -> Any:
        parts = operand.split(".", 1) if isinstance(operand, str) else list(operand)
        name, attribute = parts[0], str(self.value(parts[1]))
        if name not in self._known:
            raise Unresolved(f"Fn::GetAtt {name}.{attribute}: no resource {name}")
        found: Any = self._known[name][1]
        if attribute in found:
            return found[attribute]
        if ANY_ATTRIBUTE in found:
            return found[ANY_ATTRIBUTE]
        for part in attribute.split("."):
            if not isinstance(found, Mapping) or part not in found:
                offered = ", ".join(sorted(self._known[name][1])) or "none"
                raise Unresolved(
                    f"Fn::GetAtt {name}.{attribute}: no such attribute; there are: {offered}"
                )
            found = found[part]
        return found

    def _sub(self, operand: Any) -> str:
        text, given = (operand, {}) if isinstance(operand, str) else (operand[0], operand[1])

        def replace(found: re.Match[str]) -> str:
            literal, name = found.group(1), found.group(2).strip()
            if literal:
                return "${" + name + "}"
            if name in given:
                return _text(self.value(given[name]))
            if name in self._values or name in self._known or "." not in name:
                return _text(self._ref(name))
            return _text(self._get_att(name))

        return _PART.sub(replace, text)

    def _join(self, operand: Any) -> str:
        separator, parts = operand
        return str(separator).join(_text(part) for part in self.value(parts))

    def _select(self, operand: Any) -> Any:
        index, values = int(self.value(operand[0])), self.value(operand[1])
        if not 0 <= index < len(values):
            raise UsageError(f"Fn::Select: there is no entry {index} in {values}")
        return values[index]

    def _split(self, operand: Any) -> list[str]:
        separator, text = operand
        return str(self.value(text)).split(separator)

    def _find_in_map(self, operand: Any) -> Any:
        name, first, second = (str(self.value(part)) for part in operand[:3])
        try:
            return self.value(self._template.mappings[name][first][second])
        except KeyError:
            options = operand[3] if len(operand) > 3 else {}
            if "DefaultValue" in options:
                return self.value(options["DefaultValue"])
            raise Unresolved(f"Fn::FindInMap: no entry {name}.{first}.{second}") from None

    def _if(self, operand: Any) -> Any:
        name, yes, no = operand
        return self._value(yes if self.condition(name) else no)

    def _equals(self, operand: Any) -> bool:
        left, right = (self.value(part) for part in operand)
        return left == right or _text(left) == _text(right)

    def _cidr(self, operand: Any) -> list[str]:
        block, count = str(self.value(operand[0])), int(self.value(operand[1]))
        bits = int(self.value(operand[2])) if len(operand) > 2 else 8
        network = ipaddress.ip_network(block)
        subnets = network.subnets(new_prefix=network.max_prefixlen - bits)
        return [str(subnet) for subnet, _ in zip(subnets, range(count), strict=False)]

    def _zones(self, operand: Any) -> list[str]:
        region = self.value(operand) or self._values["AWS::Region"]
        return [f"{region}{letter}" for letter in "abc"]

    def _import(self, operand: Any) -> Any:
        name = self.value(operand)
        found = self._imports(name) if self._imports else None
        if found is None:
            raise Unresolved(f"Fn::ImportValue {name}: no stack exports it")
        return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return ",".join(map(str, value)) if isinstance(value, list) else json.dumps(value)
    return "" if value is None or value is _MISSING else str(value)


def references(node: Any) -> set[str]:
    """The names that Ref, GetAtt and Sub below `node` mention, resources or not."""
    return {name for name, _ in mentions(node)}


def mentions(node: Any) -> Iterator[tuple[str, str]]:
    """(name, attribute) of each Ref, GetAtt and Sub below `node`.

    The attribute is empty for a Ref, and where a function names it.
    """
    if isinstance(node, list):
        for held in node:
            yield from mentions(held)
    if not isinstance(node, dict):
        return
    operand: Any
    kind, operand = next(iter(node.items())) if len(node) == 1 else ("", None)
    if kind == "Ref" and isinstance(operand, str):
        yield operand, ""
    elif kind == "Fn::GetAtt" and isinstance(operand, str | list):
        name, *attribute = operand.split(".", 1) if isinstance(operand, str) else operand
        named = len(attribute) == 1 and isinstance(attribute[0], str)
        if isinstance(name, str):
            yield name, attribute[0] if named else ""
        yield from mentions([name, *attribute])
    elif kind == "Fn::Sub" and isinstance(operand, str | list):
        text, *given = [operand] if isinstance(operand, str) else operand
        own = given[0] if given and isinstance(given[0], dict) else {}
        for mark, found in _PART.findall(str(text)):
            name, _, attribute = found.strip().partition(".")
            if not mark and found.strip() not in own:
                yield name, attribute
        yield from mentions(given)
    else:
        for held in node.values():
            yield from mentions(held)
