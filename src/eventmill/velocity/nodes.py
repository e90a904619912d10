"""A parsed template: nodes that write themselves into a result, or that have a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from eventmill.velocity.errors import VelocityError
from eventmill.velocity.methods import call, index, member
from eventmill.velocity.values import arithmetic, compare, equal, map_key, text, truth

_DEPTH = 50
"""Macros within macros: a template that calls itself would otherwise never end."""


@dataclass(slots=True)
class Scope:
    """What a template sees while it is rendered.

    A reference that begins with one of `quiet` is written as nothing when it is null, where
    others are written as they stand in the template.
    """

    variables: dict[str, Any]
    quiet: frozenset[str]
    macros: dict[str, Macro] = field(default_factory=dict)
    depth: int = 0


class Expression(Protocol):
    """Has a value."""

    def value(self, scope: Scope) -> Any:
        """The value. Raises VelocityError."""


class Node(Protocol):
    """Is written into the result."""

    def write(self, scope: Scope, out: list[str]) -> None:
        """Raises VelocityError, Stopped, Broken."""


class Stopped(Exception):
    """`#stop`"""


class Broken(Exception):
    """`#break`"""


@dataclass(frozen=True, slots=True)
class Text:
    """Is written as it is."""

    content: str

    def write(self, scope: Scope, out: list[str]) -> None:
        """See Node."""
        out.append(self.content)


@dataclass(frozen=True, slots=True)
class Block:
    """Nodes one after the other."""

    nodes: tuple[Node, ...]

    def write(self, scope: Scope, out: list[str]) -> None:
        """See Node."""
        for node in self.nodes:
            node.write(scope, out)


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    content: Any

    def value(self, scope: Scope) -> Any:
        """See Expression."""
        return self.content


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A text in double quotes."""

    block: Block

    def value(self, scope: Scope) -> Any:
        """See Expression."""
        out: list[str] = []
        self.block.write(scope, out)
        return "".join(out)


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`"""

    entries: tuple[Expression, ...]

    def value(self, scope: Scope) -> Any:
        """See Expression."""
        return [entry.value(scope) for entry in self.entries]


@dataclass(frozen=True, slots=True)
class RangeOf:
    """`[1..5]`, which may go down."""

    first: Expression
    last: Expression

    def value(self, scope: Scope) -> Any:
        """See Expression."""
        first, last = self.first.value(scope), self.last.value(scope)
        if not isinstance(first, int) or not isinstance(last, int):
            return None
        if abs(last - first) > 100_000:
            raise VelocityError(f"the range [{first}..{last}] is too long")
        step = 1 if last >= first else -1
        return list(range(first, last + step, step))


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{"a": 1}`"""

    entries: tuple[tuple[Expression, Expression], ...]

    def value(self, scope: Scope) -> Any:
        """See Expression."""
        return {map_key(key.value(scope)): held.value(scope) for key, held in self.entries}


@dataclass(frozen=True, slots=True)
class Member:
    """`.name`"""

    name: str

    def of(self, value: Any, scope: Scope) -> Any:
        """What it gives of `value`."""
        return member(value, self.name)


@dataclass(frozen=True, slots=True)
class Method:
    """`.name(a, b)`"""

    name: str
    arguments: tuple[Expression, ...]

    def of(self, value: Any, scope: Scope) -> Any:
        """What it gives of `value`."""
        if value is None:
            return None
        return call(value, self.name, [entry.value(scope) for entry in self.arguments])


@dataclass(frozen=True, slots=True)
class Index:
    """`[key]`"""

    key: Expression

    def of(self, value: Any, scope: Scope) -> Any:
        """What it gives of `value`."""
        return index(value, self.key.value(scope))


Step = Member | Method | Index


@dataclass(frozen=True, slots=True)
class Reference:
    """`$name.step…`; `source` is how the template has it."""

    name: str
    steps: tuple[Step, ...]
    silent: bool
    source: str

    def value(self, scope: Scope) -> Any:
        """See Expression."""
        value = scope.variables.get(self.name)
        for step in self.steps:
            value = step.of(value, scope)
        return value

    def write(self, scope: Scope, out: list[str]) -> None:
        """See Node."""
        value = self.value(scope)
        if value is not None:
            out.append(text(value))
        elif not self.silent and self.name not in scope.quiet:
            out.append(self.source)

    def assign(self, scope: Scope, value: Any) -> None:
        """Make it refer to `value`. Raises VelocityError for a place that is none."""
        if not self.steps:
            scope.variables[self.name] = value
            return
        holder: Any = scope.variables.get(self.name)
        for step in self.steps[:-1]:
            holder = step.of(holder, scope)
        last = self.steps[-1]
        key: Any = last.name if isinstance(last, Member) else None
        if isinstance(last, Index):
            key = last.key.value(scope)
        inside = isinstance(key, int) and isinstance(holder, list) and 0 <= key < len(holder)
        if not inside and not (isinstance(holder, dict) and key is not None):
            raise VelocityError(f"{self.source} cannot be set")
        holder[map_key(key)] = value


@dataclass(frozen=True, slots=True)
class Not:
    """`!a`"""

    of: Expression

    def value(self, scope: Scope) -> Any:
        """See Expression."""
        return not truth(self.of.value(scope))


@dataclass(frozen=True, slots=True)
class Negative:
    """`-a`"""

    of: Expression

    def value(self, scope: Scope) -> Any:
        """See Expression."""
        return arithmetic("-", 0, self.of.value(scope))


@dataclass(frozen=True, slots=True)
class Binary:
    """Two values and what stands between them."""

    operator: str
    left: Expression
    right: Expression

    def value(self, scope: Scope) -> Any:
        """See Expression."""
        operator, left = self.operator, self.left.value(scope)
        if operator in ("&&", "||"):
            if truth(left) is (operator == "||"):
                return operator == "||"
            return truth(self.right.value(scope))
        right = self.right.value(scope)
        if operator in ("==", "!="):
            return equal(left, right) is (operator == "==")
        if operator in "+-*/%":
            return arithmetic(operator, left, right)
        order = compare(left, right)
        return order is not None and order in _ORDERS[operator]


_ORDERS: Mapping[str, tuple[int, ...]] = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0)}


@dataclass(frozen=True, slots=True)
class Set:
    """`#set($x = value)`"""

    target: Reference
    given: Expression

    def write(self, scope: Scope, out: list[str]) -> None:
        """See Node."""
        self.target.assign(scope, self.given.value(scope))


@dataclass(frozen=True, slots=True)
class If:
    """`#if … #elseif … #else … #end`"""

    branches: tuple[tuple[Expression, Block], ...]
    otherwise: Block

    def write(self, scope: Scope, out: list[str]) -> None:
        """See Node."""
        for condition, block in self.branches:
            if truth(condition.value(scope)):
                block.write(scope, out)
                return
        self.otherwise.write(scope, out)


@dataclass(frozen=True, slots=True)
class Foreach:
    """`#foreach($x in values) … #end`"""

    name: str
    over: Expression
    body: Block

    def write(self, scope: Scope, out: list[str]) -> None:
        """See Node."""
        found = self.over.value(scope)
        values = list(found.values()) if isinstance(found, dict) else found
        if not isinstance(values, list):
            return
        held = {name: scope.variables.get(name) for name in (self.name, "foreach", "velocityCount")}
        for position, entry in enumerate(list(values)):
            scope.variables[self.name] = entry
            scope.variables["velocityCount"] = position + 1
            scope.variables["foreach"] = {
                "index": position,
                "count": position + 1,
                "hasNext": position + 1 < len(values),
                "first": position == 0,
                "last": position + 1 == len(values),
                "parent": held["foreach"],
            }
            try:
                self.body.write(scope, out)
            except Broken:
                break
        scope.variables.update(held)


@dataclass(frozen=True, slots=True)
class Macro:
    """`#macro(name $a $b) … #end`"""

    name: str
    parameters: tuple[str, ...]
    body: Block

    def write(self, scope: Scope, out: list[str]) -> None:
        """Declares it."""
        scope.macros[self.name] = self


@dataclass(frozen=True, slots=True)
class MacroCall:
    """`#name(a b)`; written as it stands when no macro has the name."""

    name: str
    arguments: Sequence[Expression]
    source: str

    def write(self, scope: Scope, out: list[str]) -> None:
        """See Node."""
        macro = scope.macros.get(self.name)
        if macro is None:
            out.append(self.source)
            return
        if scope.depth >= _DEPTH:
            raise VelocityError(f"the macro {self.name} calls itself more than {_DEPTH} times")
        values = [argument.value(scope) for argument in self.arguments]
        given = dict(zip(macro.parameters, values, strict=False))
        held = {name: scope.variables.get(name) for name in macro.parameters}
        scope.variables.update(dict.fromkeys(macro.parameters) | given)
        scope.depth += 1
        try:
            macro.body.write(scope, out)
        finally:
            scope.depth -= 1
            scope.variables.update(held)


@dataclass(frozen=True, slots=True)
class Leave:
    """`#stop` and `#break`"""

    kind: type[Exception]

    def write(self, scope: Scope, out: list[str]) -> None:
        """See Node."""
        raise self.kind
