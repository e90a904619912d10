"""Lineage in the trace header: how often each function stood in the chain that led here: pure.

`Root=…;Parent=…;Sampled=0;Lineage=a87bd80c:1|68fd508a:5` says that one function ran once and
another five times. SDKs pass the header on, queues, topics and buckets carry it, and so a
function that feeds itself is found out.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

import zlib

from eventmill.kernel.arns import service_of

LIMIT = 16
"""Runs of one function in one chain; the next is stopped."""

_FIELD = "Lineage="
_MOST = 20
"""Functions that a header remembers, the latest ones: it must stay short."""

_FOLLOWED = frozenset({"api", "sqs", "sns", "s3"})
"""What Lambda follows loops through. Every other source begins a chain."""


def follows(source: str) -> bool:
    """Whether chains go on through `source`, the ARN of what caused an invocation or `api`."""
    return source == "api" or service_of(source) in _FOLLOWED


def runs_of(trace: str | None, function_arn: str) -> int:
    """How often the function (an ARN without qualifier) ran in the chain before."""
    return _counts(trace).get(_mark(function_arn), 0)


def entered(trace: str, function_arn: str) -> str:
    """The header that the function gets: it is now part of the chain."""
    counts, mark = _counts(trace), _mark(function_arn)
    counts[mark] = counts.pop(mark, 0) + 1
    latest = list(counts.items())[-_MOST:]
    text = "|".join(f"{name}:{count}" for name, count in latest)
    return f"{without(trace)};{_FIELD}{text}"


def without(trace: str) -> str:
    """The header of a chain that begins anew."""
    if _FIELD not in trace:
        return trace
    return ";".join(part for part in trace.split(";") if not part.strip().startswith(_FIELD))


def _mark(function_arn: str) -> str:
    return f"{zlib.crc32(function_arn.encode()):08x}"


def _counts(trace: str | None) -> dict[str, int]:
    """Whatever a client sent that is no lineage is none."""
    counts: dict[str, int] = {}
    for part in (trace or "").split(";"):
        if part.strip().startswith(_FIELD):
            for entry in part.strip().removeprefix(_FIELD).split("|"):
                name, _, count = entry.rpartition(":")
                if name and count.isdecimal():
                    counts[name] = int(count)
    return counts
