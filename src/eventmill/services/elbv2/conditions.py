"""Conditions of rules: checked when declared, compiled into tests of a request.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventmill.services.elbv2.records import validation

_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
_SIMPLE = ("host-header", "path-pattern")
"""Fields whose values may be given as `Values`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What rules look at. `query` has its pairs decoded."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    client: str


Test = Callable[[Asked], bool]


def checked(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The conditions in their full form. Raises Invalid."""
    conditions = [_full(dict(condition)) for condition in given]
    if not conditions:
        raise validation("A condition must be specified")
    values = 0
    for condition in conditions:
        compiled(condition)
        config = condition[_CONFIGS[condition["Field"]]]
        values += len(config.get("Values") or config.get("RegexValues") or ())
    if values > 5:
        raise validation("Rules can have at most 5 condition values")
    return conditions


def _full(condition: dict[str, Any]) -> dict[str, Any]:
    field = condition.get("Field")
    name = _CONFIGS.get(field or "")
    if name is None:
        raise validation(f"Condition field '{field}' must be one of {', '.join(_CONFIGS)}")
    config = dict(condition.get(name) or {})
    if condition.get("Values") and field in _SIMPLE:
        config.setdefault("Values", condition["Values"])
    if condition.get("RegexValues"):
        config.setdefault("RegexValues", condition["RegexValues"])
    if not (config.get("Values") or config.get("RegexValues")):
        raise validation("A condition value must be specified")
    full = {"Field": field, name: config}
    if field in _SIMPLE and config.get("Values"):
        full["Values"] = config["Values"]
    return full


def compiled(condition: Mapping[str, Any]) -> Test:
    """The test of one condition. Raises Invalid for values that cannot be."""
    field = condition["Field"]
    config = condition[_CONFIGS[field]]
    if field == "query-string":
        return _query(config["Values"])
    if field == "source-ip":
        return _source(config["Values"])
    if field == "http-request-method":
        methods = frozenset(config["Values"])
        return lambda asked: asked.method in methods
    test = _texts(config, exact=field == "path-pattern")
    if field == "host-header":
        return lambda asked: test(asked.host)
    if field == "path-pattern":
        return lambda asked: test(asked.path)
    name = config.get("HttpHeaderName", "").lower()
    if not name:
        raise validation("A header name must be specified")
    return lambda asked: name in asked.headers and test(asked.headers[name])


def _texts(config: Mapping[str, Any], *, exact: bool) -> Callable[[str], bool]:
    """A test of one text: wildcards, or regular expressions; `exact` minds the case."""
    if config.get("RegexValues"):
        try:
            expressions = [re.compile(value) for value in config["RegexValues"]]
        except re.error as error:
            raise validation(f"The regular expression is not valid: {error}") from None
        return lambda text: any(found.search(text) for found in expressions)
    patterns = [wildcard(value, exact=exact) for value in config["Values"]]
    return lambda text: any(pattern.fullmatch(text) for pattern in patterns)


def wildcard(value: str, *, exact: bool) -> re.Pattern[str]:
    """`*` stands for any text, `?` for one character; a backslash takes either's meaning away."""
    parts, place = [], 0
    while place < len(value):
        char = value[place]
        if char == "\\" and value[place + 1 : place + 2] in ("*", "?", "\\"):
            place += 1
            parts.append(re.escape(value[place]))
        else:
            parts.append({"*": ".*", "?": "."}.get(char) or re.escape(char))
        place += 1
    return re.compile("".join(parts), re.DOTALL if exact else re.DOTALL | re.IGNORECASE)


def _query(values: Sequence[Mapping[str, Any]]) -> Test:
    pairs = []
    for entry in values:
        if "Value" not in entry:
            raise validation("A query string condition needs a value")
        key = wildcard(entry["Key"], exact=False) if entry.get("Key") else None
        pairs.append((key, wildcard(entry["Value"], exact=False)))

    def test(asked: Asked) -> bool:
        return any(
            (key is None or key.fullmatch(name)) and value.fullmatch(held)
            for key, value in pairs
            for name, held in asked.query
        )

    return test


def _source(values: Sequence[str]) -> Test:
    try:
        networks = [ipaddress.ip_network(value, strict=False) for value in values]
    except ValueError as error:
        raise validation(f"The CIDR block is not valid: {error}") from None
    return lambda asked: any(ipaddress.ip_address(asked.client) in network for network in networks)
