"""The Condition element of policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import ipaddress
import operator as compare
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eventmill.kernel.clock import epoch_of

_NETWORKS = ("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourcevpcarn")
_ORGANIZATIONS = ("aws:sourceorgid", "aws:sourceorgpaths")
_MEMBERSHIPS = ("aws:principalorgid", "aws:principalorgpaths")
"""Keys that services' own requests do not have, on AWS either."""
_TIMES = ("aws:currenttime", "aws:epochtime")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


class BadPolicy(Exception):
    """The document is no policy."""


def listed(value: Any) -> list[Any]:
    """What may be written as one value or as a list of them."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@lru_cache(maxsize=4_096)
def like(pattern: str) -> re.Pattern[str]:
    """`*` stands for any text, `?` for one character."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)


@dataclass(frozen=True, slots=True)
class Situation:
    """What conditions ask about: their keys in lower case, and the time, where it is known."""

    context: Mapping[str, str]
    now: float | None = None

    def value(self, key: str) -> str | None:
        """The value of a key in lower case; None when it has none."""
        if key in _TIMES:
            return None if self.now is None else str(self.now)
        if key == "aws:securetransport":
            # Nobody listens in on one machine: who demands TLS is served as if it were there.
            return "true"
        return self.context.get(key)

    def lacks(self, key: str) -> bool:
        """Whether the key is about something that one machine does not have."""
        if key in _MEMBERSHIPS:
            strangers = ("aws:principalisawsservice", "true"), ("aws:principaltype", "Anonymous")
            return not any(self.context.get(name) == value for name, value in strangers)
        return key in _NETWORKS or key in _ORGANIZATIONS


def met(statement: Mapping[str, Any], situation: Situation) -> bool:
    """Whether a statement's conditions hold.

    Keys of what one machine does not have (networks, organizations) neither deny nor stand in
    the way. Raises BadPolicy for an operator that is not known, and for what is no condition.
    """
    denies = statement["Effect"] == "Deny"
    for operator, keys in _items(statement.get("Condition") or {}):
        for key, wanted in _items(keys):
            name = key.lower()
            if situation.lacks(name):
                if denies:
                    return False
                continue
            if not _holds(operator, listed(wanted), name, situation):
                return False
    return True


def _items(node: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(node, dict):
        raise BadPolicy("a Condition has operators, and they have keys")
    return node.items()


def _holds(operator: str, wanted: list[Any], key: str, situation: Situation) -> bool:
    actual = situation.value(key)
    quantifier, _, name = operator.rpartition(":")
    if name.endswith("IfExists"):
        if actual is None:
            return True
        name = name.removesuffix("IfExists")
    if name == "Null":
        return any((str(entry).lower() == "true") is (actual is None) for entry in wanted)
    test = _OPERATORS.get(name.replace("Not", ""))
    if test is None:
        raise BadPolicy(f"the condition operator {operator} is not known")
    negated = "Not" in name
    if actual is None:
        return quantifier == "ForAllValues" or (negated and quantifier != "ForAnyValue")
    return test([_text(entry, situation) for entry in wanted], actual) is not negated


def _text(value: Any, situation: Situation) -> str:
    """A value as text, with `${aws:SourceAccount}` and the like filled in."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "${" not in text:
        return text

    def fill(found: re.Match[str]) -> str:
        name = found[1].partition(",")[0].strip()
        return situation.value(name.lower()) or found[0]

    return _VARIABLE.sub(fill, text)


@lru_cache(maxsize=4_096)
def timeless(text: str) -> bool:
    """Whether nothing in a policy asks for the time: it says the same for ever."""
    folded = text.lower()
    return not any(key in folded for key in _TIMES)


def _any(test: Callable[[str, str], object]) -> Callable[[list[str], str], bool]:
    return lambda wanted, actual: any(test(entry, actual) for entry in wanted)


def _arn_like(pattern: str, actual: str) -> bool:
    """Part by part: a `*` does not reach over a colon, but in the last part."""
    wanted, given = pattern.split(":", 5), actual.split(":", 5)
    if len(wanted) != 6 or len(given) != 6:
        wanted, given = [pattern], [actual]
    return all(like(part).fullmatch(one) for part, one in zip(wanted, given, strict=True))


def _in_networks(wanted: Iterable[str], actual: str) -> bool:
    try:
        address = ipaddress.ip_address(actual)
        return any(address in ipaddress.ip_network(entry, strict=False) for entry in wanted)
    except ValueError as error:
        raise BadPolicy(str(error)) from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadPolicy(f"{text} is no number") from None


def _moment(text: str) -> float:
    """Epoch seconds of a date, which may be given as those."""
    try:
        return epoch_of(text)
    except ValueError:
        raise BadPolicy(f"{text} is no date") from None


def _ordered(
    kind: str, read: Callable[[str], float]
) -> Iterable[tuple[str, Callable[[list[str], str], bool]]]:
    def against(test: Callable[[float, float], bool]) -> Callable[[list[str], str], bool]:
        return _any(lambda entry, actual: test(read(actual), read(entry)))

    yield f"{kind}Equals", against(compare.eq)
    yield f"{kind}LessThan", against(compare.lt)
    yield f"{kind}LessThanEquals", against(compare.le)
    yield f"{kind}GreaterThan", against(compare.gt)
    yield f"{kind}GreaterThanEquals", against(compare.ge)


_OPERATORS: Mapping[str, Callable[[list[str], str], bool]] = {
    "IpAddress": _in_networks,
    "StringEquals": _any(compare.eq),
    "StringEqualsIgnoreCase": _any(lambda entry, actual: entry.lower() == actual.lower()),
    "StringLike": _any(lambda entry, actual: like(entry).fullmatch(actual)),
    "ArnLike": _any(_arn_like),
    "ArnEquals": _any(_arn_like),
    "Bool": _any(lambda entry, actual: entry.lower() == actual.lower()),
    "BinaryEquals": _any(compare.eq),
    **dict(_ordered("Numeric", _number)),
    **dict(_ordered("Date", _moment)),
}
