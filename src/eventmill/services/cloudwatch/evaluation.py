"""Whether an alarm's datapoints are cause for alarm. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

OK = "OK"
ALARM = "ALARM"
INSUFFICIENT = "INSUFFICIENT_DATA"

COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


def judge(config: Mapping[str, Any], values: Sequence[float | None], state: str) -> tuple[str, str]:
    """(state, reason) by the values of the last EvaluationPeriods periods, oldest first.

    None stands for a period without data; `state` is the present one, which `ignore` keeps.
    """
    compare, words = COMPARISONS[config["ComparisonOperator"]]
    threshold = float(config["Threshold"])
    needed = int(config.get("DatapointsToAlarm") or config["EvaluationPeriods"])
    treatment = config.get("TreatMissingData") or "missing"
    known = [value for value in values if value is not None]
    breaching = sum(compare(value, threshold) for value in known)
    missing = len(values) - len(known)
    if treatment == "breaching":
        breaching += missing
    elif not known and treatment == "missing":
        return INSUFFICIENT, f"Insufficient Data: {_no_data(missing)}."
    elif treatment == "ignore" and missing and breaching < needed:
        return state, ""
    if breaching >= needed:
        return ALARM, _reason(known, missing, breaching, words, threshold)
    return OK, _reason(known, missing, len(known) - breaching, f"not {words}", threshold)


def _no_data(count: int) -> str:
    return f"{count} datapoint{'s were' if count != 1 else ' was'} unknown"


def _reason(known: Sequence[float], missing: int, count: int, words: str, threshold: float) -> str:
    if not known:
        return f"Threshold Crossed: no datapoints were received for {missing} period(s)."
    shown = ", ".join(f"{value}" for value in reversed(known))
    return (
        f"Threshold Crossed: {count} out of the last {len(known) + missing} datapoints [{shown}] "
        f"were {words} the threshold ({threshold})."
    )
