"""ReceiveRequestAttemptId: a receive of a FIFO queue whose answer was lost can be asked for again.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from eventmill.services.sqs import receiving
from eventmill.services.sqs.queues import Queue
from eventmill.services.sqs.receiving import Message
from eventmill.store.transaction import Transaction

_KEPT_SECONDS = 300


def repeated(tx: Transaction, queue: Queue, attempt: str, visibility: int) -> list[Message] | None:
    """What the attempt gave before, invisible for `visibility` seconds from now.

    None when there is no such attempt, or one of its messages was deleted, came back or had its
    visibility changed since: then it is an attempt like any other.
    """
    row = tx.one(
        "SELECT taken, visible FROM sqs_attempts WHERE queue=? AND attempt=? AND expires>?",
        (queue.id, attempt, tx.now),
    )
    if row is None:
        return None
    messages = receiving.again(tx, queue, json.loads(row[0]), row[1], visibility)
    if messages is not None:
        tx.execute(
            "UPDATE sqs_attempts SET visible=? WHERE queue=? AND attempt=?",
            (tx.now + visibility, queue.id, attempt),
        )
    return messages


def keep(
    tx: Transaction, queue: Queue, attempt: str, messages: Sequence[Message], visibility: int
) -> None:
    """Remember what an attempt gave, invisible for `visibility` seconds from now."""
    tx.execute("DELETE FROM sqs_attempts WHERE expires<=?", (tx.now,))
    handles = json.dumps([message.handle for message in messages])
    tx.execute(
        "INSERT OR REPLACE INTO sqs_attempts VALUES(?,?,?,?,?)",
        (queue.id, attempt, tx.now + _KEPT_SECONDS, handles, tx.now + visibility),
    )
