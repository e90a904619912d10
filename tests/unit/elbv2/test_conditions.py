"""Conditions of rules against a matcher that tries every way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.kernel.errors import Invalid
from eventmill.services.elbv2.conditions import Asked, checked, compiled, wildcard

ALPHABET = "aB.*?\\/"


def naive(pattern: str, text: str) -> bool:
    """One character of the pattern at a time."""
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    if head == "\\" and rest[:1] in ("*", "?", "\\") and rest:
        return text[:1] == rest[0] and naive(rest[1:], text[1:])
    if head == "*":
        return any(naive(rest, text[place:]) for place in range(len(text) + 1))
    if head == "?":
        return bool(text) and naive(rest, text[1:])
    return text[:1] == head and naive(rest, text[1:])


@given(st.text(ALPHABET, max_size=8), st.text(ALPHABET, max_size=8))
def test_wildcards_match_as_a_naive_matcher_does(pattern: str, text: str) -> None:
    assert bool(wildcard(pattern, exact=True).fullmatch(text)) == naive(pattern, text)
    folded = naive(pattern.lower(), text.lower())
    assert bool(wildcard(pattern, exact=False).fullmatch(text)) == folded


def holds(conditions: list[dict[str, Any]], request: Asked) -> bool:
    return all(compiled(condition)(request) for condition in conditions)


def asked(**more: Any) -> Asked:
    usual = {
        "method": "GET",
        "host": "a.example",
        "path": "/x",
        "headers": {"x-a": "1"},
        "query": [("k", "v")],
        "client": "10.0.0.1",
    }
    return Asked(**(usual | more))


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        ({"Field": "host-header", "Values": ["*.EXAMPLE"]}, {}, {"host": "example"}),
        ({"Field": "path-pattern", "Values": ["/X", "/x?"]}, {"path": "/xy"}, {"path": "/x"}),
        (
            {"Field": "path-pattern", "RegexValues": ["^/[a-z]+$"]},
            {"path": "/abc"},
            {"path": "/ab1"},
        ),
        (
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "V"}]}},
            {"query": [("other", "v")]},
            {"query": [("v", "other")]},
        ),
        (
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8", "::1/128"]}},
            {"client": "::1"},
            {"client": "11.0.0.1"},
        ),
        (
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["2", "1*"]},
            },
            {},
            {"headers": {}},
        ),
    ],
)
def test_each_condition(condition: dict[str, Any], yes: dict[str, Any], no: dict[str, Any]) -> None:
    held = checked([condition])
    assert holds(held, asked(**yes)) and not holds(held, asked(**no))


@pytest.mark.parametrize(
    "condition",
    [
        {"Field": "colour", "Values": ["red"]},
        {"Field": "path-pattern", "Values": []},
        {"Field": "path-pattern", "Values": ["/1", "/2", "/3", "/4", "/5", "/6"]},
        {"Field": "path-pattern", "RegexValues": ["("]},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["nowhere"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"Values": ["a"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a"}]}},
    ],
)
def test_what_cannot_be_is_refused_when_declared(condition: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="ValidationError"):
        checked([condition])
