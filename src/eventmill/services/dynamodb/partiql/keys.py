"""Which items a WHERE clause reaches by their keys, and what remains to be tested of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eventmill.kernel.errors import Invalid
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.partiql.nodes import (
    Attribute,
    Between,
    Compare,
    Either,
    Every,
    Function,
    Given,
    In,
    Literal,
    Operand,
    Parameter,
    Test,
)
from eventmill.services.dynamodb.tables import Table
from eventmill.services.dynamodb.values import Value

Resolve = Callable[[Given], Value]

_MOST_READS = 50
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class KeyFault(Invalid):
    """A write that names no single item. A transaction words it as one of its reasons."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


@dataclass(frozen=True, slots=True)
class Read:
    """One partition, or the part of it that `sort` (a condition on the sort key) leaves.

    `exact` is the sort key's only value where `sort` is an equality; `rest` is tested on what is
    read.
    """

    partition: Value
    sort: Test | None
    exact: Value | None
    rest: tuple[Test, ...]

    def key(self, table: Table) -> dict[str, Value]:
        """The key of the only item that can be meant."""
        key = {table.partition: self.partition}
        if table.sort is not None and self.exact is not None:
            key[table.sort] = self.exact
        return key


def reads_of(
    where: Test | None, table: Table, keys: tuple[str, str | None], resolve: Resolve
) -> list[Read] | None:
    """The reads that answer a SELECT, or None where only a scan does. Raises Fault.

    `keys` are the partition and sort key of the table or index. AWS takes a SELECT apart where
    each way through its condition holds equalities of the partition key.
    """
    partition, sort = keys
    found = None if where is None else _alternatives(where, partition)
    if found is None:
        return None
    reads = [
        read
        for given, rest in found
        for read in _by_sort(_typed(resolve(given), table, partition), rest, table, sort, resolve)
    ]
    if len(reads) > _MOST_READS:
        raise validation("Too many decomposed read operations for a given query.")
    _refuse_overlaps(reads)
    return reads


_Alternatives = list[tuple[Given, tuple[Test, ...]]]


def _alternatives(test: Test, name: str) -> _Alternatives | None:
    """(value of the attribute, other conditions) for each way to satisfy `test`."""
    if isinstance(test, Every):
        for place, inner in enumerate(test.tests):
            found = _alternatives(inner, name)
            if found is not None:
                others = test.tests[:place] + test.tests[place + 1 :]
                return [(value, rest + others) for value, rest in found]
        return None
    if isinstance(test, Either):
        branches = [_alternatives(inner, name) for inner in test.tests]
        if any(branch is None for branch in branches):
            return None
        return [each for branch in branches for each in branch or ()]
    if isinstance(test, In) and _is(test.value, name):
        values = [option for option in test.options if isinstance(option, Literal | Parameter)]
        return [(value, ()) for value in values] if len(values) == len(test.options) else None
    equal = equality(test, name)
    return None if equal is None else [(equal, ())]


def _is(operand: Operand, name: str) -> bool:
    return isinstance(operand, Attribute) and operand.path == (name,)


def equality(test: Test, name: str) -> Given | None:
    """What the attribute must be by a test `name = value`, or `value = name`."""
    if not isinstance(test, Compare) or test.sign != "=":
        return None
    for here, there in ((test.left, test.right), (test.right, test.left)):
        if _is(here, name) and isinstance(there, Literal | Parameter):
            return there
    return None


def _typed(value: Value, table: Table, name: str) -> Value:
    if table.types[name] not in value:
        raise validation(
            f"Key attribute's data type should match its data type in table's schema: Key {name}"
        )
    return value


def _by_sort(
    partition: Value, rest: tuple[Test, ...], table: Table, sort: str | None, resolve: Resolve
) -> list[Read]:
    if sort is None:
        return [Read(partition, None, None, rest)]
    for place, test in enumerate(rest):
        found = _alternatives(test, sort)
        if found is None:
            continue
        others = rest[:place] + rest[place + 1 :]
        return [
            Read(
                partition,
                Compare("=", Attribute((sort,)), value),
                _typed(resolve(value), table, sort),
                more + others,
            )
            for value, more in found
        ]
    for place, test in enumerate(rest):
        ranged = _range(test, sort)
        if ranged is not None:
            return [Read(partition, ranged, None, rest[:place] + rest[place + 1 :])]
    return [Read(partition, None, None, rest)]


def _range(test: Test, sort: str) -> Test | None:
    """The test as a key condition may say it, where it is one on the sort key."""
    if isinstance(test, Compare) and test.sign in _MIRRORED:
        if _is(test.left, sort) and isinstance(test.right, Literal | Parameter):
            return test
        if _is(test.right, sort) and isinstance(test.left, Literal | Parameter):
            return Compare(_MIRRORED[test.sign], test.right, test.left)
    if isinstance(test, Between) and _is(test.value, sort):
        fixed = isinstance(test.low, Literal | Parameter)
        return test if fixed and isinstance(test.high, Literal | Parameter) else None
    if isinstance(test, Function) and test.name == "begins_with" and test.path == (sort,):
        return test if isinstance(test.argument, Literal | Parameter) else None
    return None


def _refuse_overlaps(reads: Sequence[Read]) -> None:
    """No item may be read twice. Raises Fault."""
    for place, read in enumerate(reads):
        for other in reads[:place]:
            apart = None not in (read.exact, other.exact) and read.exact != other.exact
            if read.partition == other.partition and not apart:
                raise validation(
                    "Overlapping conditions with range keys are not supported in where clause"
                )


def only_item(reads: Sequence[Read] | None, table: Table) -> Read | None:
    """The read of a single item, where there is no more than that to do."""
    if reads is None or len(reads) != 1:
        return None
    read = reads[0]
    return read if table.sort is None or read.exact is not None else None


def key_of(
    where: Test | None, table: Table, resolve: Resolve
) -> tuple[dict[str, Value], list[Test]]:
    """(the key of the item that a write is for, its other conditions). Raises Fault."""
    tests = list(where.tests) if isinstance(where, Every) else [where] if where else []
    key: dict[str, Value] = {}
    rest: list[Test] = []
    for test in tests:
        for name in table.keys:
            given = equality(test, name)
            if given is not None:
                value = resolve(given)
                if key.setdefault(name, value) != value:
                    raise KeyFault(
                        f"Multiple conditions on same key {name}. Only single item "
                        "Update/Insert/Delete are supported"
                    )
                break
        else:
            rest.append(test)
    if set(key) != table.keys:
        raise KeyFault("Where clause does not contain a mandatory equality on all key attributes")
    return key, rest
