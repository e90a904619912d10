"""Document paths: `a.b[0].#c`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from eventmill.services.dynamodb.expressions.env import Env
from eventmill.services.dynamodb.expressions.tokens import Reader
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.reserved import RESERVED
from eventmill.services.dynamodb.values import Item, Value

Path = tuple[str | int, ...]


def read_path(reader: Reader) -> Path:
    """The path ahead. Raises Fault, also for a reserved word."""
    head = _name(reader)
    reader.heads.add(head)
    path: list[str | int] = [head]
    while True:
        if reader.accept("."):
            path.append(_name(reader))
        elif reader.accept("["):
            if reader.next.kind != "number":
                raise reader.unexpected()
            path.append(int(reader.take().text))
            reader.expect("]")
        else:
            return tuple(path)


def _name(reader: Reader) -> str:
    if reader.next.kind != "name":
        raise reader.unexpected()
    text = reader.take().text
    if text.upper() in RESERVED:
        raise validation(
            f"Invalid {reader.what}: Attribute name is a reserved keyword; reserved keyword: {text}"
        )
    return text


def resolve(path: Path, env: Env) -> Path:
    """The path with its placeholders replaced."""
    return tuple(env.name(part) if isinstance(part, str) else part for part in path)


def get(item: Item, path: Path) -> Value | None:
    """The value at a resolved path, or None."""
    value: Value = {"M": item}
    for part in path:
        if isinstance(part, str):
            inner = value.get("M")
            if inner is None or part not in inner:
                return None
            value = inner[part]
        else:
            entries = value.get("L")
            if entries is None or part >= len(entries):
                return None
            value = entries[part]
    return value


@lru_cache(maxsize=4_096)
def projection(text: str) -> tuple[tuple[Path, ...], frozenset[str]]:
    """(paths, placeholders) of a ProjectionExpression. Raises Fault."""
    reader = Reader(text, "ProjectionExpression")
    paths = [read_path(reader)]
    while reader.accept(","):
        paths.append(read_path(reader))
    if reader.next.kind != "end":
        raise reader.unexpected()
    return tuple(paths), frozenset(reader.mentioned)


def project(item: Item, paths: Iterable[Path]) -> Item:
    """The parts of an item at resolved paths, in the shape that they have there."""
    result: Item = {}
    # Entries of a list stand in its order, with no gaps between them.
    for path in sorted(paths, key=lambda path: [(isinstance(part, str), part) for part in path]):
        value = get(item, path)
        if value is not None:
            _put(result, path, value)
    return result


def _put(result: Item, path: Path, value: Value) -> None:
    if len(path) == 1:
        result[str(path[0])] = value
        return
    holder: Any = result.setdefault(
        str(path[0]), {"M": {}} if isinstance(path[1], str) else {"L": []}
    )
    for index, part in enumerate(path[1:], 1):
        last = index == len(path) - 1
        fresh: Any = (
            value if last else ({"M": {}} if isinstance(path[index + 1], str) else {"L": []})
        )
        if isinstance(part, str):
            holder = holder["M"].setdefault(part, fresh)
        else:
            holder["L"].append(fresh)
            holder = fresh
