"""Recipients of receipt rules, and IP filters."""

from __future__ import annotations

import pytest

from eventmill.services.ses.matching import blocked, chosen, matches


@pytest.mark.parametrize(
    ("wanted", "address", "expected"),
    [
        ("user@example.com", "user@example.com", True),
        ("user@example.com", "USER@Example.com", True),
        ("user@example.com", "user+label@example.com", True),
        ("user+label@example.com", "user+label@example.com", True),
        ("user+label@example.com", "user+other@example.com", False),
        ("user+label@example.com", "user@example.com", False),
        ("user@example.com", "other@example.com", False),
        ("user@example.com", "user@sub.example.com", False),
        ("example.com", "any+thing@example.com", True),
        ("example.com", "any@sub.example.com", False),
        ("example.com", "any@notexample.com", False),
        (".example.com", "any@a.b.example.com", True),
        (".example.com", "any@example.com", False),
        (".example.com", "any@notexample.com", False),
    ],
)
def test_an_entry_is_for_an_address(wanted: str, address: str, expected: bool) -> None:
    assert matches(wanted, address) is expected


def test_a_rule_without_recipients_is_for_all() -> None:
    assert chosen([], ["a@b.c", "d@e.f"]) == ["a@b.c", "d@e.f"]
    assert chosen(["e.f"], ["a@b.c", "d@e.f"]) == ["d@e.f"]


def test_what_allows_wins_over_what_blocks() -> None:
    block, allow = ("Block", "10.0.0.0/8"), ("Allow", "10.1.1.1/32")
    assert blocked([block], "10.1.1.1") and not blocked([block], "11.0.0.1")
    assert not blocked([block, allow], "10.1.1.1") and blocked([block, allow], "10.1.1.2")
    assert not blocked([block], "::1")
