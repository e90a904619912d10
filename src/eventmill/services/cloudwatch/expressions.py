"""Metric math: sums, differences, products and quotients of series, and FILL.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

from eventmill.services.cloudwatch import faults

Series = dict[int, float]
"""Values by the beginning of their period, epoch seconds."""

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def parse(text: str) -> ast.expr:
    """Raises Invalid (ValidationError) for what is not offered."""
    try:
        tree = ast.parse(text.replace("^", "**").strip(), mode="eval").body
        _check(tree, text)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        raise _unknown(text) from None
    return tree


def names(tree: ast.expr) -> set[str]:
    """What an expression speaks of: ids of other queries, and functions."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _check(node: ast.expr, text: str) -> None:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        _check(node.left, text)
        _check(node.right, text)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        _check(node.operand, text)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id != "FILL" or len(node.args) != 2 or node.keywords:
            raise _unknown(text)
        for argument in node.args:
            _check(argument, text)
    elif not isinstance(node, ast.Name) and not _is_number(node):
        raise _unknown(text)


def _is_number(node: ast.expr) -> bool:
    """Raises OverflowError for one that no float can hold."""
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, int | float) and math.isfinite(node.value)


def _unknown(text: str) -> Exception:
    return faults.validation(
        f"Error in expression '{text}': Eventmill offers numbers, ids of other queries, "
        "+ - * / ^, parentheses and FILL(id, number)."
    )


def evaluate(node: ast.expr, named: Mapping[str, Series], periods: range) -> Series | float:
    """The value over `periods` (their beginnings). Raises Invalid for an id that is unknown."""
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        if node.id not in named:
            raise faults.validation(f"Undefined variable: {node.id}")
        return named[node.id]
    if isinstance(node, ast.UnaryOp):
        return _combined(operator.sub, 0.0, evaluate(node.operand, named, periods))
    if isinstance(node, ast.Call):
        held = evaluate(node.args[0], named, periods)
        filling = evaluate(node.args[1], named, periods)
        if isinstance(held, float) or not isinstance(filling, float):
            raise faults.validation("FILL takes a time series and a number.")
        return {begin: held.get(begin, filling) for begin in periods}
    assert isinstance(node, ast.BinOp)
    left, right = evaluate(node.left, named, periods), evaluate(node.right, named, periods)
    return _combined(_OPERATORS[type(node.op)], left, right)


def _combined(
    apply: Callable[[float, float], float], left: Series | float, right: Series | float
) -> Series | float:
    """Point by point; a period that one side lacks, or whose value is no number, has none."""
    if isinstance(left, float) and isinstance(right, float):
        value = _applied(apply, left, right)
        return {} if value is None else value
    times = (left if isinstance(left, dict) else right).keys()  # type: ignore[union-attr]
    if isinstance(left, dict) and isinstance(right, dict):
        times = left.keys() & right.keys()
    found: Series = {}
    for begin in sorted(times):
        value = _applied(apply, _at(left, begin), _at(right, begin))
        if value is not None:
            found[begin] = value
    return found


def _applied(apply: Callable[[float, float], float], left: float, right: float) -> float | None:
    """None for a division by zero, a root of a negative number and what no float can hold."""
    try:
        value = apply(left, right)
    except (ZeroDivisionError, OverflowError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


def _at(side: Series | float, begin: int) -> float:
    return side if isinstance(side, float) else side[begin]
