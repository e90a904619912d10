"""When a delivery over HTTP is tried again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.kernel.errors import Invalid
from eventmill.services.sns.delivery_policy import DEFAULT, effective, parse, retry_delay


def delays(**policy: object) -> list[float]:
    retry = {**DEFAULT, **policy}
    found = []
    while (delay := retry_delay(retry, len(found) + 1)) is not None:
        found.append(round(delay, 1))
    return found


def test_the_default_is_three_retries_twenty_seconds_apart() -> None:
    assert delays() == [20.0, 20.0, 20.0]


@pytest.mark.parametrize(
    ("function", "growing"),
    [
        ("linear", [1, 10.0, 19.0, 28.0]),
        ("arithmetic", [1, 5.5, 14.5, 28.0]),
        ("geometric", [1, 3.0, 9.2, 28.0]),
        ("exponential", [1, 4.9, 12.6, 28.0]),
    ],
)
def test_the_four_phases(function: str, growing: list[float]) -> None:
    found = delays(
        numRetries=9,
        numNoDelayRetries=2,
        numMinDelayRetries=1,
        numMaxDelayRetries=2,
        minDelayTarget=1,
        maxDelayTarget=28,
        backoffFunction=function,
    )
    assert found == [0, 0, 1, *growing, 28, 28]


@given(
    st.integers(1, 50),
    st.integers(0, 50),
    st.integers(0, 40),
    st.sampled_from(["linear", "arithmetic", "geometric", "exponential"]),
)
def test_delays_stay_within_their_bounds_and_never_shrink(
    low: int, more: int, retries: int, function: str
) -> None:
    found = delays(
        minDelayTarget=low,
        maxDelayTarget=low + more,
        numRetries=retries,
        backoffFunction=function,
    )
    assert len(found) == retries and found == sorted(found)
    assert all(low <= delay <= low + more for delay in found)


def test_a_subscription_wins_over_its_topic_unless_that_forbids_it() -> None:
    own = json.dumps({"healthyRetryPolicy": {"numRetries": 7}})
    shared = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}}}
    both = effective(json.dumps(shared), own)["healthyRetryPolicy"]
    assert both["numRetries"] == 7 and both["minDelayTarget"] == 20
    assert effective(json.dumps(shared), None)["healthyRetryPolicy"]["numRetries"] == 5
    shared["http"]["disableSubscriptionOverrides"] = True  # type: ignore[assignment]
    assert effective(json.dumps(shared), own)["healthyRetryPolicy"]["numRetries"] == 5


@pytest.mark.parametrize(
    "policy",
    [
        {"healthyRetryPolicy": {"minDelayTarget": 30, "maxDelayTarget": 20}},
        {"healthyRetryPolicy": {"numRetries": 101}},
        {"healthyRetryPolicy": {"numRetries": 1, "numNoDelayRetries": 2}},
        {"healthyRetryPolicy": {"backoffFunction": "cubic"}},
        {"healthyRetryPolicy": {"tries": 3}},
        {"throttlePolicy": {"maxReceivesPerSecond": 0}},
        {"requestPolicy": {"headerContentType": "image/png"}},
    ],
)
def test_what_cannot_be_is_refused(policy: dict) -> None:
    with pytest.raises(Invalid):
        parse(json.dumps(policy), topic=False)
