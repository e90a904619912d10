"""Who may do what by a resource's policy, against a slow evaluator that shares no code with it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.kernel.policies import (
    ANONYMOUS,
    Asker,
    BadPolicy,
    effect,
    of_account,
    of_service,
    refusal,
)

ACCOUNT = "111111111111"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"
SNS = of_service("sns.amazonaws.com", source=TOPIC, account=ACCOUNT)
OWNER = of_account(ACCOUNT)

SERVICES = ("sns.amazonaws.com", "s3.amazonaws.com")
ACTIONS = ("sqs:SendMessage", "SQS:sendmessage", "sqs:*", "sqs:Receive*", "*", "sqs:Send?essage")
RESOURCES = (QUEUE, "*", "arn:aws:sqs:*:*:q", f"{QUEUE}2", "arn:aws:sqs:us-east-?:*")
VALUES = (TOPIC, "arn:aws:sns:*:*:t", "arn:aws:sns:*:t", ACCOUNT, "222222222222", "a*", "ab", "a")
KEYS = ("aws:SourceArn", "AWS:SourceAccount", "aws:PrincipalArn", "aws:absent")
NAMES = (*SERVICES, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "222222222222", "*")

several = lambda values: st.one_of(  # noqa: E731
    st.sampled_from(values), st.lists(st.sampled_from(values), min_size=1, max_size=3)
)
principals = st.one_of(
    st.just("*"),
    st.dictionaries(st.sampled_from(("Service", "AWS", "Federated")), several(NAMES), max_size=2),
)
operators = st.builds(
    lambda quantifier, name, suffix: f"{quantifier}{name}{suffix}",
    st.sampled_from(("", "", "ForAllValues:", "ForAnyValue:")),
    st.sampled_from(
        (
            *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"),
            *("StringEqualsIgnoreCase", "ArnLike", "ArnNotEquals"),
        )
    ),
    st.sampled_from(("", "", "IfExists")),
)
conditions = st.dictionaries(
    operators,
    st.dictionaries(st.sampled_from(KEYS), several(VALUES), min_size=1, max_size=2),
    max_size=2,
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(("Allow", "Deny")))}
    for element, values in (
        ("Principal", principals),
        ("Action", several(ACTIONS)),
        ("Resource", several(RESOURCES)),
    ):
        made[draw(st.sampled_from((element, element, f"Not{element}")))] = draw(values)
    if draw(st.booleans()):
        made["Condition"] = draw(conditions)
    return made


askers = st.one_of(
    st.just(OWNER),
    st.just(ANONYMOUS),
    st.builds(
        lambda name, source, account: of_service(name, source=source, account=account),
        st.sampled_from(SERVICES),
        st.sampled_from((TOPIC, f"{TOPIC}2", "ab")),
        st.sampled_from((ACCOUNT, "222222222222")),
    ),
)


def globbed(pattern: str, text: str) -> bool:
    """By recursion: a star takes nothing, or one character more."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return globbed(pattern[1:], text) or (bool(text) and globbed(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and globbed(pattern[1:], text[1:])


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def naive(policy: dict[str, Any], asker: Asker, action: str, resource: str) -> str | None:
    said = {one["Effect"] for one in many(policy["Statement"]) if said_of(one, asker, resource)}
    return "Deny" if "Deny" in said else "Allow" if said else None


def said_of(statement: dict[str, Any], asker: Asker, resource: str) -> bool:
    found = []
    for element, value in statement.items():
        plain = element.removeprefix("Not")
        if plain == "Action":
            hit = any(globbed(one.lower(), "sqs:sendmessage") for one in many(value))
        elif plain == "Resource":
            hit = any(globbed(one, resource) for one in many(value))
        elif plain == "Principal":
            everybody = value == "*" or "*" in many(value.get("AWS", []))
            known = value if isinstance(value, dict) else {}
            hit = everybody or bool(set(many(known.get(asker.kind, []))) & set(asker.names))
        else:
            continue
        found.append(hit is (plain == element))
    return all(found) and all(
        holds(operator, many(wanted), asker.context.get(key.lower()))
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def holds(operator: str, wanted: list[str], actual: str | None) -> bool:
    negated = "Not" in operator
    if actual is None:
        if operator.endswith("IfExists") or operator.startswith("ForAllValues"):
            return True
        return negated and not operator.startswith("ForAnyValue")
    if "Ignore" in operator:
        hit = actual.lower() in [one.lower() for one in wanted]
    elif "Arn" in operator:
        hit = any(arn(one, actual) for one in wanted)
    elif "Like" in operator:
        hit = any(globbed(one, actual) for one in wanted)
    else:
        hit = actual in wanted
    return hit is not negated


def arn(pattern: str, text: str) -> bool:
    left, right = pattern.split(":", 5), text.split(":", 5)
    if len(left) == len(right) == 6:
        return all(map(globbed, left, right))
    return globbed(pattern, text)


@given(st.lists(statements(), min_size=1, max_size=4), askers, st.sampled_from((QUEUE, TOPIC)))
def test_judged_as_the_slow_evaluator_does(
    made: list[dict[str, Any]], asker: Asker, resource: str
) -> None:
    policy = json.loads(json.dumps({"Statement": made if len(made) > 1 else made[0]}))
    judged = effect(policy, asker, "sqs:SendMessage", resource)
    assert judged == naive(policy, asker, "sqs:SendMessage", resource)


NOW = 1_700_000_000.0


def judged(asker: Asker = SNS, **more: Any) -> str | None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*", **more}
    return effect({"Statement": statement}, asker, "sqs:SendMessage", QUEUE, NOW)


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": False}}, False),
        ({"Bool": {"aws:PrincipalIsAWSService": True}}, True),
        ({"Null": {"aws:SourceArn": "false"}}, True),
        ({"Null": {"aws:SourceArn": True}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2023-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2023-01-01T00:00:00"}}, False),
        ({"DateLessThanEquals": {"aws:EpochTime": 1_700_000_000}}, True),
        ({"NumericNotEquals": {"aws:EpochTime": "1700000000"}}, False),
        ({"NumericGreaterThanEquals": {"aws:EpochTime": 1_600_000_000}}, True),
        ({"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}, False),
        ({"StringEquals": {"aws:sourceVpce": "vpce-1"}}, True),
        ({"StringEquals": {"aws:SourceOrgID": "o-1"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
    ],
)
def test_conditions(condition: dict[str, Any], allowed: bool) -> None:
    assert judged(Condition=condition) == ("Allow" if allowed else None)


def test_what_one_machine_has_not_denies_nobody() -> None:
    for operator, key in (
        ("StringNotEquals", "aws:SourceVpce"),
        ("StringNotEquals", "aws:PrincipalOrgID"),
        ("Bool", "aws:SecureTransport"),
    ):
        condition = {operator: {key: "false"}}
        assert judged(OWNER, Effect="Deny", Condition=condition) is None


def test_an_unsigned_caller_is_of_no_organization() -> None:
    """A function's URL that only an organization may call stays closed without a signature."""
    unsigned = replace(ANONYMOUS, context={"aws:principaltype": "Anonymous"})
    assert judged(unsigned) == "Allow"
    assert judged(unsigned, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}) is None


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Maybe"},
        {"Action": None, "Effect": "allow"},
        {"Condition": {"StringSounds": {"aws:SourceArn": "x"}}},
        {"Condition": ["StringEquals"]},
        {"Condition": {"StringEquals": "aws:SourceArn"}},
        {"Condition": {"IpAddress": {"aws:SourceArn": "10.0.0.0/8"}}},
        {"Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}},
        {"Condition": {"NumericLessThan": {"aws:EpochTime": "few"}}},
    ],
)
def test_what_is_no_policy_lets_nobody_in(statement: dict[str, Any]) -> None:
    with pytest.raises(BadPolicy):
        judged(**statement)
    text = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", **statement}})
    assert "cannot be judged" in refusal([text], SNS, "sqs:SendMessage", QUEUE, NOW)
    for odd in ("{", "[]", "{}", '{"Statement": [1]}', '{"Statement": {"Effect": "Allow"}}'):
        assert "cannot be judged" in refusal([odd], OWNER, "sqs:SendMessage", QUEUE, NOW)


def test_the_owner_needs_no_policy_and_a_service_does() -> None:
    deny = json.dumps({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "sqs:*"}})
    allow = json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}})
    asked = ("sqs:SendMessage", QUEUE, NOW)
    assert refusal([None, ""], OWNER, *asked) == ""
    assert "no resource-based policy allows" in refusal([], SNS, *asked)
    assert refusal([allow], SNS, *asked) == ""
    for asker in (OWNER, SNS):
        assert "explicit deny" in refusal([allow, deny], asker, *asked)


def test_a_policy_that_asks_for_the_time_says_another_thing_later() -> None:
    until = {"DateLessThan": {"aws:CurrentTime": "2023-11-14T22:13:20Z"}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": until}
    text = json.dumps({"Statement": statement})
    assert not refusal([text], SNS, "sqs:SendMessage", QUEUE, NOW - 1)
    assert refusal([text], SNS, "sqs:SendMessage", QUEUE, NOW)
