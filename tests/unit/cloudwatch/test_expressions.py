"""What metric math makes of values that are no numbers, and in which order expressions come."""

from __future__ import annotations

import pytest

from eventmill.kernel.errors import Invalid
from eventmill.services.cloudwatch import queries
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


def test_expressions_may_stand_before_those_that_they_name() -> None:
    metric = {"Metric": {"Namespace": "n", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    share = [
        {"Id": "rate", "Expression": "100*share"},
        {"Id": "share", "Expression": "e/t", "ReturnData": False},
        {"Id": "e", "MetricStat": metric},
        {"Id": "t", "MetricStat": metric},
    ]
    queries.check(share)
    circle = [{"Id": "a", "Expression": "b+1"}, {"Id": "b", "Expression": "a+1"}]
    with pytest.raises(Invalid, match="Undefined variable: b"):
        queries.check([*share, *circle])
