"""Metric math: arithmetic, comparisons and functions over series.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import math
import operator
import re
import statistics
from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, pairwise

from eventmill.services.cloudwatch import faults

Series = dict[int, float]
"""Values by the beginning of their period, epoch seconds."""

Value = float | Series | list[Series]

_Apply = Callable[[float, float], float]
_OPERATORS: dict[type[ast.operator], _Apply] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], _Apply] = {
    ast.Eq: lambda left, right: float(left == right),
    ast.NotEq: lambda left, right: float(left != right),
    ast.Lt: lambda left, right: float(left < right),
    ast.LtE: lambda left, right: float(left <= right),
    ast.Gt: lambda left, right: float(left > right),
    ast.GtE: lambda left, right: float(left >= right),
}
_LOGIC: dict[type[ast.boolop], _Apply] = {
    ast.And: lambda left, right: float(bool(left) and bool(right)),
    ast.Or: lambda left, right: float(bool(left) or bool(right)),
}
_JOINED: dict[str, Callable[[Sequence[float]], float]] = {
    "AVG": statistics.fmean,
    "MAX": max,
    "MIN": min,
    "STDDEV": statistics.pstdev,
    "SUM": math.fsum,
}
"""Of a series one number; of several series a series, over those that have a value there."""
_OF_EACH: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}
_OF_TIME: dict[str, Callable[[datetime], float]] = {
    "DATE": lambda at: at.day,
    "DAY": lambda at: at.isoweekday(),
    "EPOCH": datetime.timestamp,
    "HOUR": lambda at: at.hour,
    "MINUTE": lambda at: at.minute,
    "MONTH": lambda at: at.month,
    "YEAR": lambda at: at.year,
}
"""Of the time of each value of a series, in UTC."""
_STEPS: dict[str, Callable[[float, int], float]] = {
    "DIFF": lambda change, seconds: change,
    "DIFF_TIME": lambda change, seconds: seconds,
    "RATE": lambda change, seconds: change / seconds,
}
"""Of what lies between each value of a series and the one before."""
_ONE = (*_JOINED, *_OF_EACH, *_OF_TIME, *_STEPS)
_ARGUMENTS = dict.fromkeys((*_ONE, "METRIC_COUNT", "PERIOD", "RUNNING_SUM", "TIME_SERIES"), 1)
_ARGUMENTS |= {"FILL": 2, "IF": 3}
"""Functions, and how many arguments they take. METRICS takes none or a text."""
_FILLINGS = ("LINEAR", "REPEAT")
_WORDS = re.compile(r"&&|\|\||\b(?:AND|OR)\b")


def parse(text: str) -> ast.expr:
    """Raises Invalid (ValidationError) for what is not offered."""
    plain = " ".join(text.replace("^", "**").split())
    plain = _WORDS.sub(lambda found: " and " if found[0] in ("&&", "AND") else " or ", plain)
    try:
        tree = ast.parse(plain, mode="eval").body
        if not _offered(tree):
            raise _unknown(text)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        raise _unknown(text) from None
    return tree


def names(tree: ast.expr) -> set[str]:
    """What an expression speaks of: ids of other queries, and functions."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def looks_back(tree: ast.expr) -> bool:
    """Whether a value also depends on the one before."""
    return bool(names(tree) & {*_STEPS, *_FILLINGS})


def _offered(node: ast.expr) -> bool:
    match node:
        case ast.BinOp():
            return type(node.op) in _OPERATORS and _offered(node.left) and _offered(node.right)
        case ast.UnaryOp():
            return isinstance(node.op, ast.USub) and _offered(node.operand)
        case ast.Compare(ops=[_], comparators=[right]):
            return type(node.ops[0]) in _COMPARISONS and _offered(node.left) and _offered(right)
        case ast.BoolOp():
            return all(map(_offered, node.values))
        case ast.List():
            return all(map(_offered, node.elts))
        case ast.Call(func=ast.Name("METRICS"), args=arguments, keywords=[]):
            return len(arguments) < 2 and all(map(_is_text, arguments))
        case ast.Call(func=ast.Name(name), args=arguments, keywords=[]):
            return _ARGUMENTS.get(name) == len(arguments) and all(map(_offered, arguments))
    return isinstance(node, ast.Name) or _is_number(node)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_number(node: ast.expr) -> bool:
    """Raises OverflowError for one that no float can hold."""
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, int | float) and math.isfinite(node.value)


def _unknown(text: str) -> Exception:
    return faults.validation(
        f"Error in expression '{text}': Eventmill offers numbers, ids of other queries, lists of "
        "them, + - * / ^, comparisons, AND, OR, parentheses, METRICS() and "
        f"{', '.join(sorted(_ARGUMENTS))}."
    )


def evaluate(
    node: ast.expr,
    named: Mapping[str, Series],
    periods: range,
    metrics: Collection[str] = (),
) -> Series | float:
    """The value over `periods` (their beginnings); `metrics` are the names that METRICS() means.

    Raises Invalid for an id that is unknown, and for a function that its arguments do not fit.
    """
    value = _Evaluation(named, periods, metrics).value(node)
    if isinstance(value, list):
        raise faults.validation("An expression must give one time series.")
    return value


@dataclass(frozen=True, slots=True)
class _Evaluation:
    named: Mapping[str, Series]
    periods: range
    metrics: Collection[str]

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Name(name):
                if name not in self.named:
                    raise faults.validation(f"Undefined variable: {name}")
                return self.named[name]
            case ast.UnaryOp():
                return _combined(operator.sub, 0.0, self.value(node.operand))
            case ast.BinOp():
                apply = _OPERATORS[type(node.op)]
                return _combined(apply, self.value(node.left), self.value(node.right))
            case ast.Compare():
                apply = _COMPARISONS[type(node.ops[0])]
                return _combined(apply, self.value(node.left), self.value(node.comparators[0]))
            case ast.BoolOp():
                first, *others = map(self.value, node.values)
                for other in others:
                    first = _combined(_LOGIC[type(node.op)], first, other)
                return first
            case ast.List():
                return [self._series(element) for element in node.elts]
            case ast.Call(func=ast.Name(name)):
                return self._called(name, node.args)
        assert isinstance(node, ast.Constant)
        return float(node.value)  # type: ignore[arg-type]

    def _called(self, name: str, arguments: Sequence[ast.expr]) -> Value:
        if name == "METRICS":
            part = arguments[0].value if arguments else ""  # type: ignore[attr-defined]
            return [self.named[metric] for metric in self.metrics if part in metric]
        if name == "IF":
            return self._chosen(*map(self.value, arguments))
        given = self.value(arguments[0])
        if name == "FILL":
            return _of_each(given, name, lambda series: self._filled(series, arguments[1]))
        if name == "TIME_SERIES":
            if not isinstance(given, float):
                raise faults.validation("TIME_SERIES takes a number.")
            return dict.fromkeys(self.periods, given)
        if name in _OF_EACH:
            single = _OF_EACH[name]
            return _combined(lambda value, _: float(single(value)), given, 0.0)
        if name in _JOINED:
            return _joined(name, given)
        if name == "METRIC_COUNT":
            return float(len(given)) if isinstance(given, list) else 1.0
        if name == "PERIOD":
            return float(self.periods.step)
        return _of_each(given, name, lambda series: _moved(name, series))

    def _series(self, node: ast.expr) -> Series:
        value = self.value(node)
        if not isinstance(value, dict):
            raise faults.validation("A list must hold time series.")
        return value

    def _chosen(self, condition: Value, true: Value, false: Value) -> Value:
        if isinstance(condition, float):
            return true if condition else false
        if any(isinstance(value, list) for value in (condition, true, false)):
            raise faults.validation("IF takes time series and numbers.")
        chosen: Series = {}
        for begin, holds in condition.items():  # type: ignore[union-attr]
            side = true if holds else false
            value = side.get(begin) if isinstance(side, dict) else side
            if isinstance(value, float):
                chosen[begin] = value
        return chosen

    def _filled(self, held: Series, node: ast.expr) -> Series:
        if isinstance(node, ast.Name) and node.id in _FILLINGS:
            return _extended(held, self.periods, linear=node.id == "LINEAR")
        filling = self.value(node)
        if not isinstance(filling, float):
            raise faults.validation("FILL takes a time series and a number.")
        return {begin: held.get(begin, filling) for begin in self.periods}


def _of_each(given: Value, name: str, function: Callable[[Series], Series]) -> Value:
    """Of a series, or of each of several."""
    if isinstance(given, float):
        raise faults.validation(f"{name} takes a time series.")
    return [function(series) for series in given] if isinstance(given, list) else function(given)


def _joined(name: str, given: Value) -> Value:
    join = _JOINED[name]
    if isinstance(given, float):
        raise faults.validation(f"{name} takes time series.")
    if isinstance(given, dict):
        return float(join(list(given.values()))) if given else {}
    times = sorted({begin for series in given for begin in series})
    return {
        begin: float(join([series[begin] for series in given if begin in series]))
        for begin in times
    }


def _moved(name: str, series: Series) -> Series:
    """What a function makes of each value and those before."""
    times = sorted(series)
    if name in _OF_TIME:
        return {at: float(_OF_TIME[name](datetime.fromtimestamp(at, UTC))) for at in times}
    if name == "RUNNING_SUM":
        return dict(zip(times, accumulate(series[at] for at in times), strict=True))
    step = _STEPS[name]
    return {
        after: float(step(series[after] - series[before], after - before))
        for before, after in pairwise(times)
    }


def _extended(held: Series, periods: range, *, linear: bool) -> Series:
    """With values between those that there are; without `linear` the last one goes on."""
    times = sorted(held)
    found = dict(held)
    for begin in periods:
        place = bisect_left(times, begin)
        if begin in held or place == 0:
            continue
        before = times[place - 1]
        if not linear:
            found[begin] = held[before]
        elif place < len(times):
            after = times[place]
            share = (begin - before) / (after - before)
            found[begin] = held[before] + share * (held[after] - held[before])
    return {begin: found[begin] for begin in sorted(found)}


def _combined(apply: _Apply, left: Value, right: Value) -> Value:
    """Point by point; a period that one side lacks, or whose value is no number, has none."""
    if isinstance(left, list) or isinstance(right, list):
        return _combined_each(apply, left, right)
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


def _combined_each(apply: _Apply, left: Value, right: Value) -> list[Series]:
    if isinstance(left, list) and isinstance(right, list):
        raise faults.validation("Lists of time series cannot be combined with each other.")
    lefts = left if isinstance(left, list) else [left] * len(right)  # type: ignore[arg-type]
    rights = right if isinstance(right, list) else [right] * len(lefts)
    found = [_combined(apply, one, other) for one, other in zip(lefts, rights, strict=True)]
    return [series for series in found if isinstance(series, dict)]


def _applied(apply: _Apply, left: float, right: float) -> float | None:
    """None where there is no such number: for a division by zero or what no float can hold."""
    try:
        value = apply(left, right)
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


def _at(side: Series | float, begin: int) -> float:
    return side if isinstance(side, float) else side[begin]
