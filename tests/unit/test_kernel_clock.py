"""Moments as texts."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from eventmill.kernel.clock import epoch_of, iso_epoch


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own zone is five hours behind UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "EST5")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    "value",
    [
        1_700_000_000,
        1_700_000_000.0,
        "1700000000",
        "1.7e9",
        "2023-11-14T22:13:20",
        "2023-11-14T22:13:20Z",
        "2023-11-14T23:13:20+01:00",
    ],
)
def test_numbers_and_texts_mean_the_same_on_every_machine(
    elsewhere: None, value: float | str
) -> None:
    assert epoch_of(value) == 1_700_000_000


@pytest.mark.parametrize("text", ["nan", "inf", "soon", ""])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        epoch_of(text)


def test_where_iso_8601_is_asked_for_a_number_is_no_moment() -> None:
    with pytest.raises(ValueError):
        iso_epoch("1700000000")
