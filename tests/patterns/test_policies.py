"""SNS filter policies against a naive reading of them, on attributes and on bodies."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eventmill.patterns import compile_filter_policy
from tests.patterns.naive import alternative, matches

_KEYS = ("kind", "size", "tags", "gone")
_WORDS = st.sampled_from(["a", "ab", "abc", "B", "10", ""])
_NUMBERS = st.sampled_from([0, 1, 10, 10.5, -3])
_TESTS = st.one_of(
    _WORDS.filter(bool),
    _NUMBERS,
    st.builds(lambda text: {"prefix": text}, _WORDS.filter(bool)),
    st.builds(lambda text: {"suffix": text}, _WORDS.filter(bool)),
    st.builds(lambda text: {"equals-ignore-case": text}, _WORDS.filter(bool)),
    st.builds(lambda texts: {"anything-but": texts}, st.lists(_WORDS.filter(bool), min_size=1)),
    st.builds(lambda sign, bound: {"numeric": [sign, bound]}, st.sampled_from("=<>"), _NUMBERS),
    st.builds(lambda wanted: {"exists": wanted}, st.booleans()),
)
_POLICIES = st.dictionaries(
    st.sampled_from(_KEYS), st.lists(_TESTS, min_size=1, max_size=3), min_size=1, max_size=4
)
_VALUES = st.one_of(
    st.builds(lambda text: ("String", text), _WORDS.filter(bool)),
    st.builds(lambda number: ("Number", number), _NUMBERS),
    st.builds(
        lambda entries: ("String.Array", entries),
        st.lists(st.one_of(_WORDS, _NUMBERS, st.booleans(), st.none()), min_size=1, max_size=3),
    ),
)
_ATTRIBUTES = st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=4)
_BODIES = st.dictionaries(
    st.sampled_from(_KEYS),
    st.one_of(_WORDS, _NUMBERS, st.lists(st.one_of(_WORDS, _NUMBERS), min_size=1, max_size=3)),
    max_size=4,
)


def wire(attributes: dict[str, tuple[str, Any]]) -> dict[str, dict[str, str]]:
    """As Publish has them."""
    return {
        name: {
            "DataType": kind,
            "StringValue": value if kind == "String" else json.dumps(value),
        }
        for name, (kind, value) in attributes.items()
    }


def naive(policy: dict[str, list[Any]], attributes: dict[str, tuple[str, Any]]) -> bool:
    """Each key by itself: one of its tests holds for one of the attribute's values."""
    for name, tests in policy.items():
        present = name in attributes
        kind, value = attributes.get(name, ("", None))
        values = value if kind == "String.Array" else [value]
        if not any(alternative(test, present, one) for test in tests for one in values):
            return False
    return True


@settings(max_examples=400, deadline=None)
@given(_POLICIES, _ATTRIBUTES)
def test_on_attributes(
    policy: dict[str, list[Any]], attributes: dict[str, tuple[str, Any]]
) -> None:
    compiled = compile_filter_policy(policy)
    assert compiled.matches(wire(attributes), "") is naive(policy, attributes)


@settings(max_examples=400, deadline=None)
@given(_POLICIES, _BODIES)
def test_on_bodies(policy: dict[str, list[Any]], body: dict[str, Any]) -> None:
    compiled = compile_filter_policy(policy, "MessageBody")
    assert compiled.matches({}, json.dumps(body)) is matches(policy, body)


@given(_POLICIES, st.sampled_from(["", "plain text", "[1]", "3", '"text"']))
def test_a_body_that_is_no_object_matches_nothing(policy: dict[str, list[Any]], body: str) -> None:
    assert not compile_filter_policy(policy, "MessageBody").matches({}, body)
