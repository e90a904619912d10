"""FilterCriteria: which records of a source reach the function.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventmill.kernel.arns import service_of
from eventmill.patterns import PatternError, RecordFilter
from eventmill.services.lambda_.faults import parameter

MOST = 10
"""Filters of one mapping; AWS's quota once raised."""

LONGEST = 4_096
"""Characters of one pattern."""


def check(config: Mapping[str, Any]) -> None:
    """Raises Invalid for criteria that AWS would refuse."""
    patterns = [
        entry.get("Pattern") or ""
        for entry in (config.get("FilterCriteria") or {}).get("Filters", ())
    ]
    if len(patterns) > MOST:
        raise parameter(f"The number of filters must be at most {MOST}.")
    if any(len(pattern) > LONGEST for pattern in patterns):
        raise parameter(f"Filter pattern must have at most {LONGEST} characters.")
    try:
        RecordFilter(patterns)
    except PatternError:
        raise parameter("Invalid filter pattern definition.") from None


class Filters:
    """The compiled criteria of one mapping; without patterns every record passes."""

    def __init__(self, source: str, patterns: Sequence[str]) -> None:
        """`source` is the ARN. Raises PatternError."""
        service = service_of(source)
        self._kinesis = service == "kinesis"
        if self._kinesis:
            self._filter = RecordFilter(patterns, "data", encoded=True)
        elif service in ("kafka", ""):
            self._filter = RecordFilter(patterns, "value", encoded=True)
        else:
            self._filter = RecordFilter(patterns, "body" if service == "sqs" else None)

    def keep(self, record: Mapping[str, Any]) -> bool:
        """Whether a record, in the shape in which the function gets it, passes any filter."""
        if not self._filter:
            return True
        return self._filter.passes(dict(record["kinesis"] if self._kinesis else record))
