"""How often an API destination is called."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eventmill.deliver.http_targets import Rates


@given(st.integers(1, 20), st.lists(st.floats(0, 2), min_size=1, max_size=80))
def test_any_second_sees_at_most_a_burst_and_what_the_rate_adds(
    rate: int, pauses: list[float]
) -> None:
    rates, now, went = Rates(), 1_000.0, []
    for row, pause in enumerate(pauses):
        now += pause
        due = rates.slot(row, "target", rate, now)
        assert due is None or due > now
        went.append(now if due is None else due)
        if due is not None:
            assert rates.slot(row, "target", rate, due) is None
    went.sort()
    for first, start in enumerate(went):
        within = sum(1 for moment in went[first:] if moment < start + 1 - 1e-6)
        assert within <= 2 * rate
    # Nothing waits longer than the calls before it need.
    assert went[-1] <= now + len(pauses) / rate
