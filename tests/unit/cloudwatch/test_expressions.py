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


NIGHT = range(7 * 3_600, 9 * 3_600, 3_600)
GIVEN: dict[str, Series] = {
    "errors": {0: 1.0, 60: 3.0, 120: 8.0},
    "calls": {0: 4.0, 120: 16.0},
    "none": {},
    "gap": {0: 1.0, 120: 3.0},
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("IF(calls > 10, 100 * errors / calls, 0)", {0: 0.0, 120: 50.0}),
        ("IF(errors >= 3 AND calls, 1, 0)", {0: 0.0, 120: 1.0}),
        ("IF(errors == 1 || errors != 3, errors, none)", {0: 1.0, 120: 8.0}),
        ("IF(1 < 2, errors, 0)", GIVEN["errors"]),
        ("errors <= 3\n  && errors > 1", {0: 0.0, 60: 1.0, 120: 0.0}),
        ("SUM(METRICS())", {0: 6.0, 60: 3.0, 120: 27.0}),
        ('SUM(METRICS("err"))', {0: 1.0, 60: 3.0, 120: 8.0}),
        ("MAX([errors, calls])", {0: 4.0, 60: 3.0, 120: 16.0}),
        ("MIN([errors, TIME_SERIES(2)])", {0: 1.0, 60: 2.0, 120: 2.0}),
        ("AVG(FILL([calls, gap], 0))", {0: 2.5, 60: 0.0, 120: 9.5}),
        ("errors / SUM(errors)", {0: 1 / 12, 60: 0.25, 120: 8 / 12}),
        ("SUM(none) + errors", {}),
        ("SUM(2 * METRICS())", {0: 12.0, 60: 6.0, 120: 54.0}),
        ("RATE(errors) * PERIOD(errors)", {60: 2.0, 120: 5.0}),
        ("DIFF(calls) / DIFF_TIME(calls)", {120: 0.1}),
        ("RUNNING_SUM(errors)", {0: 1.0, 60: 4.0, 120: 12.0}),
        ("FILL(gap, REPEAT)", {0: 1.0, 60: 1.0, 120: 3.0}),
        ("FILL(gap, LINEAR)", {0: 1.0, 60: 2.0, 120: 3.0}),
        ("FLOOR(errors / 2) + CEIL(errors / 2)", {0: 1.0, 60: 3.0, 120: 8.0}),
        ("ABS(1 - errors)", {0: 0.0, 60: 2.0, 120: 7.0}),
        ("LOG10(calls - 6)", {120: 1.0}),
        ("gap * METRIC_COUNT(METRICS())", {0: 3.0, 120: 9.0}),
        ("STDDEV([errors, calls])", {0: 1.5, 60: 0.0, 120: 4.0}),
    ],
)
def test_functions_and_comparisons(text: str, found: Series) -> None:
    metrics = ("errors", "calls", "gap")
    assert evaluate(parse(text), GIVEN, MINUTES, metrics) == pytest.approx(found)


def test_functions_of_time_are_in_utc() -> None:
    tree = parse("IF(HOUR(calls) < 8, 0, DAY(calls))")
    assert evaluate(tree, {"calls": dict.fromkeys(NIGHT, 5.0)}, NIGHT) == {
        7 * 3_600: 0.0,
        8 * 3_600: 4.0,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("METRICS()", "one time series"),
        ("METRICS() + METRICS()", "cannot be combined"),
        ("SUM([errors, 1])", "must hold time series"),
        ("SUM(1)", "SUM takes"),
        ("RATE(1)", "RATE takes"),
        ("TIME_SERIES(errors)", "takes a number"),
        ("IF(errors, METRICS(), 0)", "IF takes"),
        ("1 < errors < 3", "Eventmill offers"),
        ("SEARCH('{AWS/EC2}', 'Sum', 300)", "Eventmill offers"),
        ("IF(errors, 1)", "Eventmill offers"),
        ("FILL(errors)", "Eventmill offers"),
        ("METRICS(errors)", "Eventmill offers"),
        ("not errors", "Eventmill offers"),
        ("REPEAT", "Undefined variable: REPEAT"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        evaluate(parse(text), GIVEN, MINUTES, ("errors", "calls"))
