"""What metric math makes of values that are no numbers."""

from __future__ import annotations

import pytest

from eventmill.services.cloudwatch.expressions import Series, evaluate, parse

MINUTES = range(0, 180, 60)
HELD: dict[str, Series] = {"m1": {0: 4.0, 60: -4.0, 120: 0.0}, "big": dict.fromkeys(MINUTES, 1e300)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("m1 / m1", {0: 1.0, 60: 1.0}),
        ("1 / 0", {}),
        ("m1 ^ 0.5", {0: 2.0, 120: 0.0}),
        ("(0 - 8) ^ 0.5", {}),
        ("10 ^ 400", {}),
        ("big ^ 2", {}),
        ("big * big", {}),
        ("1e200 * 1e200", {}),
    ],
)
def test_a_value_that_is_no_number_is_none(text: str, found: Series) -> None:
    assert evaluate(parse(text), HELD, MINUTES) == found
