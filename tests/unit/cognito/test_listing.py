"""Filters of ListUsers: what they let through, and that other texts are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.kernel.errors import Invalid
from eventmill.services.cognito.listing import parse
from eventmill.services.cognito.users import User

USER = User("p", "ann", "ann", "s", "CONFIRMED", True, {}, None, None, None, 0, 0.0, 0.0, 0.0)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(name=st.sampled_from(["email", "name", "phone_number"]), held=TEXTS, asked=TEXTS)
def test_a_filter_compares_an_attribute(name: str, held: str, asked: str) -> None:
    user = replace(USER, attributes={name: held})
    assert parse(f"{name} = {quoted(asked)}")(user) is (held == asked)
    assert parse(f"{name}^={quoted(asked)}")(user) is held.startswith(asked)
    assert parse(f"{name} = {quoted(held)}")(user)


@given(TEXTS)
def test_what_is_no_filter_is_refused(text: str) -> None:
    try:
        parse(text)(USER)
    except Invalid as refused:
        assert refused.code == "InvalidParameterException"


@pytest.mark.parametrize(
    "text", ["email", 'email = "a" and name = "b"', 'shoe = "42"', "email = a"]
)
def test_these_are_none(text: str) -> None:
    with pytest.raises(Invalid, match="Error while parsing filter"):
        parse(text)
