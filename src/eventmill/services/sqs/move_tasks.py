"""Message move tasks: giving a dead-letter queue's messages back.

A task moves what its queue held when it started, in slices of one transaction each, so that it
goes on after a restart where it stopped.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

from __future__ import annotations

import re
from typing import Any

from eventmill.kernel.errors import Invalid, NotFound
from eventmill.kernel.ids import Ids
from eventmill.services.contract import Call, Result
from eventmill.services.sqs import fifo, redrive
from eventmill.services.sqs.faults import invalid_parameter
from eventmill.services.sqs.operations import OPERATIONS
from eventmill.services.sqs.queues import SEQUENCE, Queue, by_arn, changed_key
from eventmill.store.transaction import Transaction

KEY = "sqs.move_tasks"
"""Announced when a task starts."""

_SLICE = 500
_FASTEST = 500
_HANDLE = re.compile(r"[A-Za-z0-9_-]{64}\Z")


@OPERATIONS.write("StartMessageMoveTask")
def start_message_move_task(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound for a missing queue, Invalid when the source is no dead-letter queue."""
    source = _existing(call.tx, request["SourceArn"], "SourceArn")
    destination = request.get("DestinationArn")
    if destination is not None:
        _existing(call.tx, destination, "DestinationArn")
    rate = request.get("MaxNumberOfMessagesPerSecond")
    if rate is not None and not 1 <= rate <= _FASTEST:
        raise invalid_parameter(
            f"Value for parameter MaxNumberOfMessagesPerSecond must be between 1 and {_FASTEST}."
        )
    if not redrive.sources_of(call.tx, source.arn):
        raise invalid_parameter("Source queue must be configured as a Dead Letter Queue.")
    running = call.tx.one(
        "SELECT 1 FROM sqs_move_tasks WHERE source=? AND status='RUNNING'", (source.arn,)
    )
    if running is not None:
        raise invalid_parameter(
            "There is already a task running. Only one active task is allowed for a source queue "
            "arn at a given time."
        )
    held = call.tx.one("SELECT count(*), max(seq) FROM sqs_messages WHERE queue=?", (source.id,))
    assert held is not None
    handle = call.ids.opaque(48)
    call.tx.execute(
        "INSERT INTO sqs_move_tasks VALUES(?,?,?,?,'RUNNING',0,?,?,?,?,NULL)",
        (
            handle,
            source.arn,
            destination,
            request.get("MaxNumberOfMessagesPerSecond"),
            held[0],
            call.now,
            held[1] or 0,
            call.now,
        ),
    )
    call.tx.announce(KEY)
    return {"TaskHandle": handle}


def _existing(tx: Transaction, arn: str, parameter: str) -> Queue:
    queue = by_arn(tx, arn)
    if queue is None:
        raise NotFound(
            "ResourceNotFoundException",
            f"The resource that you specified for the {parameter} parameter doesn't exist.",
        )
    return queue


@OPERATIONS.write("CancelMessageMoveTask")
def cancel_message_move_task(call: Call, request: dict[str, Any]) -> Result:
    """Stops a running task; what it moved stays moved."""
    if not _HANDLE.match(request["TaskHandle"]):
        raise invalid_parameter("Value for parameter TaskHandle is invalid.")
    row = call.tx.one(
        "UPDATE sqs_move_tasks SET status='CANCELLED' WHERE handle=? AND status='RUNNING'"
        " RETURNING moved",
        (request["TaskHandle"],),
    )
    if row is None:
        raise NotFound("ResourceNotFoundException", "Task does not exist.")
    return {"ApproximateNumberOfMessagesMoved": row[0]}


@OPERATIONS.read("ListMessageMoveTasks")
def list_message_move_tasks(call: Call, request: dict[str, Any]) -> Result:
    """The newest tasks of a source queue, ten at the most."""
    source = _existing(call.tx, request["SourceArn"], "SourceArn")
    limit = request.get("MaxResults") or 1
    if not 1 <= limit <= 10:
        raise Invalid("InvalidParameterValue", "MaxResults must be between 1 and 10.")
    rows = call.tx.all(
        "SELECT handle, source, destination, rate, status, moved, to_move, started, failure"
        " FROM sqs_move_tasks WHERE source=? ORDER BY started DESC LIMIT ?",
        (source.arn, limit),
    )
    return {"Results": [_result(*row) for row in rows]}


def _result(
    handle: str,
    source: str,
    destination: str | None,
    rate: int | None,
    status: str,
    moved: int,
    to_move: int,
    started: float,
    failure: str | None,
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "Status": status,
        "SourceArn": source,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": to_move,
        "StartedTimestamp": int(started * 1000),
    }
    optional = {
        "TaskHandle": handle if status == "RUNNING" else None,
        "DestinationArn": destination,
        "MaxNumberOfMessagesPerSecond": rate,
        "FailureReason": failure,
    }
    return result | {name: value for name, value in optional.items() if value is not None}


def step(tx: Transaction, ids: Ids) -> float | None:
    """Move the next slice of every task that is due.

    Returns when to come again: the earliest due time of the tasks still running, or None.
    """
    for handle, source, destination, rate, last in tx.all(
        "SELECT handle, source, destination, rate, last_seq FROM sqs_move_tasks"
        " WHERE status='RUNNING' AND due<=?",
        (tx.now,),
    ):
        _slice(tx, ids, handle, source, destination, rate, last)
    return next_due(tx)


def next_due(tx: Transaction) -> float | None:
    """When the next slice of a running task is due; None without one."""
    row = tx.one("SELECT min(due) FROM sqs_move_tasks WHERE status='RUNNING'")
    return None if row is None else row[0]


def _slice(
    tx: Transaction,
    ids: Ids,
    handle: str,
    source: str,
    destination: str | None,
    rate: int | None,
    last: int,
) -> None:
    queue = by_arn(tx, source)
    if queue is None:
        _end(tx, handle, "FAILED", "AWS.SimpleQueueService.NonExistentQueue")
        return
    # Who looked at a message of a FIFO queue and put it back must not have changed its place.
    order = "seq" if queue.fifo else "visible, seq"
    rows = tx.all(
        "SELECT seq, dlq_source, grp FROM sqs_messages"
        f" WHERE queue=? AND seq<=? AND visible<=? ORDER BY {order} LIMIT ?",
        (queue.id, last, tx.now, min(rate or _SLICE, _SLICE)),
    )
    for seq, origin, group in rows:
        target = by_arn(tx, destination or origin or "")
        if target is None:
            _end(tx, handle, "FAILED", "AWS.SimpleQueueService.NonExistentQueue")
            return
        _move(tx, ids, queue, target, seq, group)
    if not rows:
        _end(tx, handle, "COMPLETED", None)
        return
    tx.execute(
        "UPDATE sqs_move_tasks SET moved=moved+?, due=? WHERE handle=?",
        (len(rows), tx.now + (1.0 if rate else 0.0), handle),
    )


def _move(
    tx: Transaction, ids: Ids, queue: Queue, target: Queue, seq: int, group: str | None
) -> None:
    """It is a new message, with an id and a time of its own, behind what the target holds."""
    tx.execute(
        "UPDATE sqs_messages SET seq=?, message_id=?, queue=?, visible=?,"
        " sent=?, expires=?, receives=0, first_received=NULL, nonce=NULL, holder=NULL,"
        " dlq_source=NULL WHERE seq=?",
        (
            tx.number(SEQUENCE),
            ids.uuid(),
            target.id,
            tx.now,
            tx.now,
            tx.now + target.retention,
            seq,
        ),
    )
    if group is not None and target.fifo:
        tx.execute(
            "INSERT INTO sqs_groups SELECT ?1, ?2, max(seq), ?3 FROM sqs_messages"
            " WHERE queue=?1 AND grp=?2 ON CONFLICT DO NOTHING",
            (target.id, group, tx.now),
        )
        fifo.refresh(tx, target.id, group)
    if group is not None and queue.fifo:
        fifo.refresh(tx, queue.id, group)
    tx.announce(changed_key(target.arn))


def _end(tx: Transaction, handle: str, status: str, failure: str | None) -> None:
    tx.execute(
        "UPDATE sqs_move_tasks SET status=?, failure=? WHERE handle=?", (status, failure, handle)
    )
