"""Update expressions: SET, REMOVE, ADD, DELETE. Operands see the item as it was before."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eventmill.services.dynamodb.expressions.env import Env
from eventmill.services.dynamodb.expressions.paths import Path, get, read_path, resolve
from eventmill.services.dynamodb.expressions.tokens import Reader
from eventmill.services.dynamodb.faults import validation
from eventmill.services.dynamodb.numbers import add
from eventmill.services.dynamodb.values import Item, Value

Operand = Callable[[Item, Env], Value]


@dataclass(frozen=True, slots=True)
class Action:
    """`verb` is SET, REMOVE, ADD or DELETE; a REMOVE has no operand."""

    verb: str
    path: Path
    operand: Operand | None


@dataclass(frozen=True, slots=True)
class Update:
    """A parsed expression and the placeholders in it."""

    actions: tuple[Action, ...]
    mentioned: frozenset[str]

    @property
    def removes(self) -> bool:
        """Whether it only takes away."""
        return all(action.verb in ("REMOVE", "DELETE") for action in self.actions)


@lru_cache(maxsize=4_096)
def update(text: str) -> Update:
    """Raises Fault (ValidationException)."""
    reader = Reader(text, "UpdateExpression")
    actions: list[Action] = []
    seen: set[str] = set()
    while reader.next.kind != "end":
        verb = reader.expect("SET", "REMOVE", "ADD", "DELETE")
        if verb in seen:
            raise validation(
                f'Invalid UpdateExpression: The "{verb}" section can only be used once in an '
                "update expression;"
            )
        seen.add(verb)
        actions.append(_action(reader, verb))
        while reader.accept(","):
            actions.append(_action(reader, verb))
    return Update(tuple(actions), frozenset(reader.mentioned))


def _action(reader: Reader, verb: str) -> Action:
    path = read_path(reader)
    if verb == "REMOVE":
        return Action(verb, path, None)
    if verb in ("ADD", "DELETE"):
        if reader.next.kind != "value":
            raise reader.unexpected()
        text = reader.take().text
        return Action(verb, path, lambda item, env: env.value(text))
    reader.expect("=")
    left = _operand(reader)
    sign = reader.accept("+", "-")
    if sign is None:
        return Action(verb, path, left)
    right, factor = _operand(reader), 1 if sign == "+" else -1

    def calculate(item: Item, env: Env) -> Value:
        a, b = left(item, env), right(item, env)
        if "N" not in a or "N" not in b:
            raise validation("An operand in the update expression has an incorrect data type")
        return {"N": add(a["N"], b["N"], factor)}

    return Action(verb, path, calculate)


def _operand(reader: Reader) -> Operand:
    token = reader.next
    if token.kind == "value":
        text = reader.take().text
        return lambda item, env: env.value(text)
    if token.text.lower() == "if_not_exists":
        reader.take()
        reader.expect("(")
        path = read_path(reader)
        reader.expect(",")
        other = _operand(reader)
        reader.expect(")")

        def existing(item: Item, env: Env) -> Value:
            found = get(item, resolve(path, env))
            return other(item, env) if found is None else found

        return existing
    if token.text.lower() == "list_append":
        return _list_append(reader)
    path = read_path(reader)

    def attribute(item: Item, env: Env) -> Value:
        found = get(item, resolve(path, env))
        if found is None:
            raise validation(
                "The provided expression refers to an attribute that does not exist in the item"
            )
        return found

    return attribute


def _list_append(reader: Reader) -> Operand:
    reader.take()
    reader.expect("(")
    first = _operand(reader)
    reader.expect(",")
    second = _operand(reader)
    reader.expect(")")

    def joined(item: Item, env: Env) -> Value:
        a, b = first(item, env), second(item, env)
        if "L" not in a or "L" not in b:
            raise validation(
                "Invalid UpdateExpression: Incorrect operand type for operator or function; "
                "operator or function: list_append, operand type must be L"
            )
        return {"L": [*a["L"], *b["L"]]}

    return joined


def apply(parsed: Update, item: Item, env: Env, keys: frozenset[str]) -> tuple[Item, list[Path]]:
    """(the new item, the paths touched). Raises Fault; `item` stays as it is."""
    result = copy.deepcopy(item)
    paths = [resolve(action.path, env) for action in parsed.actions]
    _refuse_overlaps(paths)
    for name in {str(path[0]) for path in paths} & keys:
        raise validation(
            "One or more parameter values were invalid: Cannot update attribute "
            f"{name}. This attribute is part of the key"
        )
    removals: list[Path] = []
    for action, path in zip(parsed.actions, paths, strict=True):
        if action.operand is None:
            removals.append(path)
            continue
        value = action.operand(item, env)
        if action.verb == "SET":
            _set(result, path, value)
        elif action.verb == "ADD":
            _add(result, path, value)
        else:
            _take_out(result, path, value)
    # Later list entries first, so that the places of the others stay what they were.
    for path in sorted(removals, key=lambda p: [(isinstance(x, int), x) for x in p], reverse=True):
        _remove(result, path)
    return result, paths


def _refuse_overlaps(paths: list[Path]) -> None:
    for index, first in enumerate(paths):
        for second in paths[index + 1 :]:
            short = min(len(first), len(second))
            if first[:short] == second[:short]:
                names = [f"[{', '.join(map(str, path))}]" for path in (first, second)]
                raise validation(
                    "Invalid UpdateExpression: Two document paths overlap with each other; must "
                    f"remove or rewrite one of these paths; path one: {names[0]}, path two: "
                    f"{names[1]}"
                )


def _holder(item: Item, path: Path) -> Any:
    """What directly holds the path's last part. Raises Fault."""
    if len(path) == 1:
        return item
    parent = get(item, path[:-1])
    inner = None if parent is None else parent.get("M" if isinstance(path[-1], str) else "L")
    if inner is None:
        raise validation(
            "The document path provided in the update expression is invalid for update"
        )
    return inner


def _set(item: Item, path: Path, value: Value) -> None:
    holder, last = _holder(item, path), path[-1]
    if isinstance(last, int) and last >= len(holder):
        holder.append(value)
    else:
        holder[last] = value


def _remove(item: Item, path: Path) -> None:
    holder, last = _holder(item, path), path[-1]
    if isinstance(last, int):
        if last < len(holder):
            del holder[last]
    else:
        holder.pop(last, None)


def _add(item: Item, path: Path, value: Value) -> None:
    kind, held = next(iter(value.items()))
    if kind not in ("N", "SS", "NS", "BS"):
        raise validation(
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: "
            f"ADD, operand type: {kind}"
        )
    holder, last = _holder(item, path), path[-1]
    current = get(item, path)
    if current is None:
        holder[last] = value
        return
    if kind not in current:
        raise validation("An operand in the update expression has an incorrect data type")
    if kind == "N":
        holder[last] = {"N": add(current["N"], held, 1)}
    else:
        holder[last] = {kind: sorted(set(current[kind]) | set(held))}


def _take_out(item: Item, path: Path, value: Value) -> None:
    kind, held = next(iter(value.items()))
    if kind not in ("SS", "NS", "BS"):
        raise validation(
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: "
            f"DELETE, operand type: {kind}"
        )
    current = get(item, path)
    if current is None:
        return
    if kind not in current:
        raise validation("An operand in the update expression has an incorrect data type")
    left = [entry for entry in current[kind] if entry not in held]
    if left:
        _holder(item, path)[path[-1]] = {kind: left}
    else:
        _remove(item, path)
