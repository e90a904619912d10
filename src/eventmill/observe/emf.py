"""The embedded metric format: metrics in a function's log lines.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from eventmill.kernel.metrics import Sample

_MARK = '"_aws"'
_VALUES = 100


def samples(lines: Sequence[tuple[int, str]]) -> Iterator[Sample]:
    """What the (epoch milliseconds, text) lines say; one that is no such document says nothing."""
    for time, text in lines:
        if _MARK in text:
            yield from _of_line(time, text)


def _of_line(time: int, text: str) -> Iterator[Sample]:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return
    about = document.get("_aws") if isinstance(document, dict) else None
    directives = about.get("CloudWatchMetrics") if isinstance(about, dict) else None
    if not isinstance(directives, list):
        return
    stamp = about.get("Timestamp") if isinstance(about, dict) else None
    at = (stamp if isinstance(stamp, int | float) else time) / 1000
    for directive in directives:
        if isinstance(directive, dict) and isinstance(directive.get("Namespace"), str):
            yield from _of_directive(document, directive, at)


def _of_directive(
    document: Mapping[str, Any], directive: Mapping[str, Any], at: float
) -> Iterator[Sample]:
    for names in directive.get("Dimensions") or [[]]:
        if not all(isinstance(document.get(name), str) for name in names):
            continue
        dimensions = tuple(sorted((name, document[name]) for name in names))
        for metric in directive.get("Metrics") or ():
            values = document.get(metric.get("Name"))
            for value in (values if isinstance(values, list) else [values])[:_VALUES]:
                if isinstance(value, int | float) and not isinstance(value, bool):
                    yield Sample(
                        directive["Namespace"],
                        metric["Name"],
                        dimensions,
                        float(value),
                        at,
                        metric.get("Unit") or "None",
                    )
