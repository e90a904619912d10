"""Patterns against the naive matcher, and the index against each pattern alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventmill.patterns import (
    PatternError,
    PatternIndex,
    RecordFilter,
    compile_filter_policy,
    compile_pattern,
)
from eventmill.patterns.pattern import Node
from tests.patterns.naive import matches

KEYS = st.sampled_from(["a", "b", "c"])
SCALARS = st.sampled_from(
    ["x", "xy", "Y", "", 1, 2, 2.5, 0, -2.5, 1e15 + 0.5, -1e300, True, False, None]
)
TESTS = st.one_of(
    SCALARS,
    st.sampled_from(["x", "y", "Y"]).map(lambda text: {"prefix": text}),
    st.sampled_from(["x", "y"]).map(lambda text: {"suffix": text}),
    st.sampled_from(["X", "xY"]).map(lambda text: {"equals-ignore-case": text}),
    st.lists(st.sampled_from(["x", "xy"]), min_size=1, max_size=2).map(
        lambda values: {"anything-but": values}
    ),
    st.tuples(st.sampled_from(["=", "<", ">"]), st.sampled_from([1, 2])).map(
        lambda pair: {"numeric": list(pair)}
    ),
)
LEAVES = st.lists(TESTS, min_size=1, max_size=2)
PATTERNS = st.recursive(
    st.dictionaries(KEYS, LEAVES, min_size=1, max_size=2),
    lambda inner: st.dictionaries(KEYS, st.one_of(LEAVES, inner), min_size=1, max_size=2),
    max_leaves=4,
)
EVENTS = st.recursive(
    st.dictionaries(KEYS, SCALARS, max_size=3),
    lambda inner: st.dictionaries(
        KEYS,
        st.one_of(SCALARS, inner, st.lists(SCALARS, max_size=2), st.lists(inner, max_size=2)),
        max_size=3,
    ),
    max_leaves=6,
)


@settings(max_examples=500, deadline=None)
@given(PATTERNS, EVENTS)
def test_as_the_naive_matcher(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    assert compile_pattern(pattern).matches(event) == matches(pattern, event)


FILED = st.one_of(
    TESTS,
    st.sampled_from(["x*", "*y", "*", "x*y", "\\*", "\\**", "xy", "*x*"]).map(
        lambda text: {"wildcard": text}
    ),
    st.sampled_from(["", "x", "X", "xyz"]).map(lambda text: {"prefix": text}),
    st.sampled_from(["", "y"]).map(lambda text: {"suffix": text}),
    st.sampled_from(
        [
            [-1e308, 1e308],
            [0, 1],
            [1, 2.5],
            [-2.5, 1e-9],
            [0, 1e-300],
            [2**60, 2**60 + 1],
            [1e15, 1e15 + 1],
        ]
    ).flatmap(
        lambda pair: st.tuples(st.sampled_from([">", ">="]), st.sampled_from(["<", "<="])).map(
            lambda signs: {"numeric": [signs[0], pair[0], signs[1], pair[1]]}
        )
    ),
)
FILED_LEAVES = st.dictionaries(KEYS, st.lists(FILED, min_size=1, max_size=3), min_size=1)
WITH_OR = st.one_of(
    PATTERNS,
    FILED_LEAVES,
    st.tuples(FILED_LEAVES, FILED_LEAVES).map(lambda pair: {"$or": list(pair)}),
    st.tuples(FILED_LEAVES, FILED_LEAVES, FILED_LEAVES).map(
        lambda three: {**three[0], "b": {"$or": list(three[1:])}}
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(WITH_OR, max_size=8), st.sets(st.integers(0, 7)), EVENTS)
def test_the_index_finds_what_each_pattern_finds(
    patterns: list[dict[str, Any]], removed: set[int], event: dict[str, Any]
) -> None:
    index: PatternIndex[int] = PatternIndex()
    for number, pattern in enumerate(patterns):
        index.add(number, compile_pattern(pattern))
    kept = set(range(len(patterns))) - removed
    for number in set(range(len(patterns))) - kept:
        index.remove(number)
    expected = {n for n in kept if compile_pattern(patterns[n]).matches(event)}
    assert index.match(event) == expected and len(index) == len(kept)


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": [{"exists": False}]}, {"b": 1}, True),
        ({"a": [{"exists": False}]}, {"a": {"b": 1}}, True),
        ({"a": [{"exists": True}]}, {"a": []}, False),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": [{"wildcard": "x*z"}]}, {"a": "xyz"}, True),
        ({"a": [{"wildcard": "x\\*z"}]}, {"a": "xyz"}, False),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.7"}, True),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "host"}, False),
        ({"a": [300]}, {"a": 3.0e2}, True),
        ({"a": [None]}, {"a": []}, False),
        ({"a": [{"anything-but": ["x"]}]}, {"a": None}, True),
        ({"a": [{"anything-but": {"prefix": ["x", "y"]}}]}, {"a": "yes"}, False),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}, {"b": 2}, False),
        ({"a": {"b": ["x"]}}, {"a.b": "x"}, True),
        ({"a.b": ["x"]}, {"a": {"b": "x"}}, True),
        ({"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": "3"}, False),
    ],
)
def test_examples(pattern: dict[str, Any], event: dict[str, Any], expected: bool) -> None:
    assert compile_pattern(pattern).matches(event) is expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ('{"a": "x"}', '"a" must be an object or an array'),
        ('{"a": []}', "Empty arrays are not allowed"),
        ('{"a": [{"EXISTS": true}]}', "Unrecognized match type EXISTS"),
        ("[]", "Filter is not an object"),
        ('{"a": [{"prefix": 5}]}', "prefix match pattern must be a string"),
        ('{"a": [{"numeric": 5}]}', "Value of numeric must be an array."),
        ('{"a": [{"numeric": [">", 5, "<", 1]}]}', "Bottom must be less than top"),
        ('{"a": [{"wildcard": "a**"}]}', "Consecutive wildcard characters at pos 2"),
        ('{"a": [{"cidr": "10.0.0.0"}]}', "Malformed CIDR, one '/' required"),
        ('{"a": [{"prefix": "x", "suffix": "y"}]}', "Only one key allowed in match expression"),
    ],
)
def test_bad_patterns_fail_when_compiled(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError, match=f"^{re.escape(reason)}"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "body", "passes"),
    [
        ('{"body": {"a": [1]}}', '{"a": 1}', True),
        ('{"body": {"a": [1]}}', "text", False),
        ('{"body": ["text"]}', "text", True),
        ('{"body": ["text"]}', '{"a": 1}', False),
        ('{"eventSource": ["aws:sqs"]}', "anything", True),
    ],
)
def test_filters_do_not_mix_formats(pattern: str, body: str, passes: bool) -> None:
    record = {"body": body, "eventSource": "aws:sqs"}
    assert RecordFilter([pattern], "body").passes(record) is passes


def test_filter_policies() -> None:
    policy = compile_filter_policy({"kind": ["a"], "n": [{"numeric": [">", 1]}]})
    kind = {"DataType": "String.Array", "StringValue": '["a", "b"]'}
    assert policy.matches({"kind": kind, "n": {"DataType": "Number", "StringValue": "2"}}, "")
    assert not policy.matches({"kind": kind}, "")
    with pytest.raises(PatternError, match="nested"):
        compile_filter_policy({"a": {"b": ["x"]}})
    with pytest.raises(PatternError, match="more than 5 keys"):
        compile_filter_policy({letter: ["x"] for letter in "abcdef"})


def test_of_many_patterns_only_those_that_may_match_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds: list[Any] = [
        lambda n: {"source": ["shop"], "detail": {"id": [f"id-{n}"]}},
        lambda n: {"source": ["shop"], "detail": {"id": [{"prefix": f"id-{n}-"}]}},
        lambda n: {"source": ["shop"], "detail": {"id": [{"suffix": f"-{n}"}]}},
        lambda n: {"source": ["shop"], "detail": {"id": [{"wildcard": f"id-{n}-*-x"}]}},
        lambda n: {"source": ["shop"], "detail": {"id": [{"equals-ignore-case": f"ID-{n}"}]}},
        lambda n: {"source": ["shop"], "detail": {"n": [{"numeric": ["=", n]}]}},
        lambda n: {"source": ["shop"], "detail": {"n": [{"numeric": [">=", n, "<", n + 2]}]}},
        lambda n: {"$or": [{"detail": {"id": [f"id-{n}"]}}, {"detail": {"n": [n]}}]},
    ]
    index: PatternIndex[tuple[int, int]] = PatternIndex()
    for number in range(500):
        for kind, make in enumerate(kinds):
            index.add((kind, number), compile_pattern(make(number)))
    tried = []
    original = Node.matches

    def counted(node: Node, event: dict[str, Any]) -> bool:
        tried.append(node)
        return original(node, event)

    monkeypatch.setattr(Node, "matches", counted)
    found = index.match({"source": "shop", "detail": {"id": "id-7", "n": 9}})
    assert found == {(0, 7), (2, 7), (4, 7), (5, 9), (6, 8), (6, 9), (7, 7), (7, 9)}
    # Each candidate looks at its objects: two or three nodes, whatever the number of patterns.
    assert len(tried) < 40
