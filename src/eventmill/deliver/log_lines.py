"""Log lines of the engine's own making, on their way into a log group."""

from __future__ import annotations

from collections.abc import Sequence

from eventmill.services import cloudwatch, logs
from eventmill.store.transaction import Transaction


def put(tx: Transaction, arn: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
    """Keep (epoch milliseconds, text) lines, and the metrics they carry or filters make of them.

    See logs.put_lines.
    """
    cloudwatch.add(tx, logs.samples(tx, logs.name_of(arn), lines))
    logs.put_lines(tx, arn, stream, lines)
