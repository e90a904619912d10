"""What a statement says, as the parser hands it on."""

from __future__ import annotations

from dataclasses import dataclass

from eventmill.services.dynamodb.expressions.paths import Path
from eventmill.services.dynamodb.values import Value


@dataclass(frozen=True, slots=True)
class Attribute:
    """A document path."""

    path: Path


@dataclass(frozen=True, slots=True)
class Size:
    """`size(path)`."""

    path: Path


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the statement."""

    value: Value


@dataclass(frozen=True, slots=True)
class Parameter:
    """A `?`, numbered from 0."""

    number: int


Given = Literal | Parameter
Operand = Attribute | Size | Given


@dataclass(frozen=True, slots=True)
class Compare:
    """`left sign right`; the sign is =, <>, <, <=, > or >=."""

    sign: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """`value BETWEEN low AND high`."""

    value: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """`value IN [options]`."""

    value: Operand
    options: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A test of the attribute at `path`, by the name that condition expressions give it."""

    name: str
    path: Path
    argument: Operand | None = None


@dataclass(frozen=True, slots=True)
class Every:
    """AND over at least two tests, none of which is an `Every`."""

    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """OR over at least two tests."""

    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """NOT."""

    test: Test


Test = Compare | Between | In | Function | Every | Either | Not


@dataclass(frozen=True, slots=True)
class Sum:
    """`left sign right` with + or -."""

    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Append:
    """`list_append(first, second)`."""

    first: Expression
    second: Expression


Expression = Operand | Sum | Append


@dataclass(frozen=True, slots=True)
class Assignment:
    """`verb` is SET, REMOVE (without a value), ADD for set_add or DELETE for set_delete."""

    verb: str
    path: Path
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Select:
    """`columns` is None for `*`; `order` holds names with whether they descend."""

    table: str
    index: str | None
    columns: tuple[Path, ...] | None
    where: Test | None
    order: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Exists:
    """A condition on one item, for transactions that write."""

    table: str
    select: Select


@dataclass(frozen=True, slots=True)
class Insert:
    """A new item."""

    table: str
    item: tuple[tuple[str, Given], ...]


@dataclass(frozen=True, slots=True)
class Update:
    """`returning` is as in UpdateItem's ReturnValues; empty for none."""

    table: str
    changes: tuple[Assignment, ...]
    where: Test | None
    returning: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    """`returning` is ALL_OLD or empty."""

    table: str
    where: Test | None
    returning: str = ""


Write = Insert | Update | Delete | Exists
Statement = Select | Write


def every(tests: list[Test]) -> Test:
    """All of these, those within an `Every` among them told one by one, and each once."""
    flat: list[Test] = []
    for test in tests:
        for one in test.tests if isinstance(test, Every) else (test,):
            if one not in flat:
                flat.append(one)
    return flat[0] if len(flat) == 1 else Every(tuple(flat))
