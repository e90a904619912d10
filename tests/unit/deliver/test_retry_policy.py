"""How often a target is tried, and what its dead letter says."""

from __future__ import annotations

from typing import Any

import pytest

from eventmill.deliver.outbox import Postpone
from eventmill.deliver.retry_policy import exhausted
from eventmill.store.outbox import OutboxRow

NOW = 100_000.0


def row(attempts: int, age: float) -> OutboxRow:
    return OutboxRow(1, NOW, "events.target", "arn", b"{}", attempts, NOW - age, None)


@pytest.mark.parametrize(
    ("policy", "attempts", "age", "wait", "due"),
    [
        (None, 0, 0, 0, NOW + 1),
        (None, 3, 10, 0, NOW + 8),
        (None, 184, 80_000, 0, NOW + 300),
        (None, 0, 0, 40, NOW + 40),
        ({"MaximumRetryAttempts": 5}, 4, 10, 0, NOW + 16),
        ({"MaximumEventAgeInSeconds": 60}, 1, 58, 0, NOW + 2),
    ],
)
def test_while_the_policy_allows_it_is_tried_again(
    policy: Any, attempts: int, age: float, wait: float, due: float
) -> None:
    with pytest.raises(Postpone) as later:
        exhausted(policy, row(attempts, age), NOW, wait)
    assert later.value.due == due and later.value.counted


@pytest.mark.parametrize(
    ("policy", "attempts", "age", "wait", "condition"),
    [
        (None, 185, 10, 0, "MaximumRetryAttempts"),
        (None, 10, 86_399, 0, "MaximumEventAgeInSeconds"),
        ({"MaximumRetryAttempts": 0}, 0, 0, 0, "MaximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 60}, 1, 59, 0, "MaximumEventAgeInSeconds"),
        # A target that wants to be left alone for longer than the event lives.
        ({"MaximumEventAgeInSeconds": 60}, 0, 0, 61, "MaximumEventAgeInSeconds"),
    ],
)
def test_beyond_it_the_dead_letter_names_the_reason(
    policy: Any, attempts: int, age: float, wait: float, condition: str
) -> None:
    assert exhausted(policy, row(attempts, age), NOW, wait) == {
        "RETRY_ATTEMPTS": str(attempts),
        "EXHAUSTED_RETRY_CONDITION": condition,
    }
