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
        "SELECT taken FROM sqs_attempts WHERE queue=? AND attempt=? AND expires>?",
        (queue.id, attempt, tx.now),
    )
    if row is None:
        return None
    return receiving.again(tx, queue, json.loads(row[0]), visibility)


def keep(tx: Transaction, queue: Queue, attempt: str, messages: Sequence[Message]) -> None:
    """Remember what an attempt gave."""
    tx.execute("DELETE FROM sqs_attempts WHERE expires<=?", (tx.now,))
    tx.execute(
        "INSERT OR REPLACE INTO sqs_attempts VALUES(?,?,?,?)",
        (queue.id, attempt, tx.now + _KEPT_SECONDS, json.dumps([m.handle for m in messages])),
    )
