"""Log lines of functions and of the engine's own services, on their way into a log group."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eventmill.services import cloudwatch, logs
from eventmill.store.transaction import Transaction

Lines = Sequence[tuple[int, str]]
"""Epoch milliseconds and text of each."""


def put(tx: Transaction, arn: str, stream: str, lines: Lines) -> None:
    """Keep lines, and the metrics they carry or filters make of them. See logs.put_lines."""
    cloudwatch.add(tx, logs.samples(tx, logs.name_of(arn), lines))
    logs.put_lines(tx, arn, stream, lines)


def by_group(region: str, account: str) -> Callable[[Transaction, str, str, Lines], None]:
    """The same with a group's name in the place of its ARN."""

    def put_into(tx: Transaction, group: str, stream: str, lines: Lines) -> None:
        put(tx, f"arn:aws:logs:{region}:{account}:log-group:{group}", stream, lines)

    return put_into
