"""Events waiting for asynchronous invocation.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from eventmill.kernel.ids import Ids
from eventmill.store.transaction import Transaction

EVENTS_KEY = "lambda.events"
"""Announced when an event was added or its due time changed."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event on its way to a function. Times are epoch seconds on the moved clock."""

    id: int
    request_id: str
    function: str
    """ARN, qualifier kept."""
    payload: bytes
    due: float
    created: float
    invokes: int
    """Attempts that reached the function."""
    throttles: int
    """Attempts that did not."""
    answer: str | None
    """What the last attempt returned, as the JSON that `retry` was given."""
    trace: str | None
    source: str
    tenant: str | None


_COLUMNS = (
    "id, request_id, function, payload, due, created, invokes, throttles, answer, trace, source,"
    " tenant"
)


def enqueue_event(
    tx: Transaction,
    ids: Ids,
    function_arn: str,
    payload: bytes,
    *,
    trace: str | None,
    source: str,
    request_id: str | None = None,
    tenant: str | None = None,
) -> str:
    """Put an event down for a function; once committed, its sender may be answered.

    `payload` is JSON, `source` the ARN (or name) of what caused it. Returns the request id, which
    stays the same over all attempts. Whether the function exists and may be invoked is the
    caller's to check; an event for a function that is gone is dropped when its turn comes.
    """
    request_id = request_id or ids.uuid()
    tx.execute(
        "INSERT INTO lambda_events(request_id, function, payload, due, created, trace, source,"
        " tenant) VALUES(?,?,?,?,?,?,?,?)",
        (request_id, function_arn, payload, tx.now, tx.now, trace, source, tenant),
    )
    tx.announce(EVENTS_KEY)
    return request_id


def functions_due(tx: Transaction) -> list[str]:
    """The function ARNs that have events whose time has come."""
    # Walks from function to function in the index, so the number of events does not matter.
    rows = tx.all(
        "WITH RECURSIVE f(arn) AS (SELECT min(function) FROM lambda_events UNION ALL"
        " SELECT (SELECT min(function) FROM lambda_events WHERE function>f.arn) FROM f"
        " WHERE f.arn IS NOT NULL)"
        " SELECT arn FROM f WHERE arn IS NOT NULL AND EXISTS"
        " (SELECT 1 FROM lambda_events WHERE function=f.arn AND due<=?)",
        (tx.now,),
    )
    return [row[0] for row in rows]


def due_events(tx: Transaction, function: str, limit: int, skip: Collection[int]) -> list[Event]:
    """Events of a function whose time has come and that are not in `skip`, oldest due first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM lambda_events WHERE function=? AND due<=? ORDER BY due, id"
        " LIMIT ?",
        (function, tx.now, limit + len(skip)),
    )
    return [Event(*row) for row in rows if row[0] not in skip][:limit]


def next_due_event(tx: Transaction) -> float | None:
    """The earliest due time after now; None without one."""
    row = tx.one("SELECT min(due) FROM lambda_events WHERE due>?", (tx.now,))
    return None if row is None else row[0]


def settle_event(tx: Transaction, event_id: int) -> bool:
    """The event is done with. False when it was before: then change nothing."""
    return tx.execute("DELETE FROM lambda_events WHERE id=?", (event_id,)).rowcount == 1


def retry_event(tx: Transaction, event_id: int, due: float, answer: str) -> None:
    """Again from `due` on, after an attempt that failed with `answer` (JSON)."""
    tx.execute(
        "UPDATE lambda_events SET due=?, invokes=invokes+1, throttles=0, answer=? WHERE id=?",
        (due, answer, event_id),
    )
    tx.announce(EVENTS_KEY)


def postpone_event(tx: Transaction, event_id: int, due: float) -> None:
    """Again from `due` on, after an attempt that found no concurrency."""
    tx.execute("UPDATE lambda_events SET due=?, throttles=throttles+1 WHERE id=?", (due, event_id))
    tx.announce(EVENTS_KEY)


def waiting_events(tx: Transaction) -> list[tuple[str, float, int]]:
    """(function ARN, due, count) of what is due now, and of what is due later by its time."""
    return [
        (function, due, count)
        for function, due, count in tx.all(
            "SELECT function, max(due, ?), count(*) FROM lambda_events"
            " GROUP BY function, max(due, ?)",
            (tx.now, tx.now),
        )
    ]
