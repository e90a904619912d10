"""Amazon SQS: standard and FIFO queues, dead-letter queues, move tasks.

Below the service's declaration stand the functions that deliver uses on the queues.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.kernel.ids import Ids
from eventmill.kernel.policies import Asker
from eventmill.services.contract import Service
from eventmill.services.sqs import access, batches, fifo, move_tasks, queues, receiving, sending
from eventmill.services.sqs.operations import OPERATIONS
from eventmill.services.sqs.queues import changed_key
from eventmill.services.sqs.receiving import Message
from eventmill.services.sqs.receiving import release_holders_except as release_holder_except
from eventmill.services.sqs.resources import RESOURCES
from eventmill.services.sqs.schema import SCHEMA
from eventmill.store.transaction import Transaction

__all__ = [
    "SERVICE",
    "Message",
    "admits",
    "batches",
    "changed_key",
    "counts",
    "delete_held",
    "enqueue",
    "expire",
    "gauge",
    "give_back",
    "is_fifo",
    "maximum_size",
    "move_tasks",
    "next_visible",
    "release_holder_except",
    "take",
    "visibility_timeout",
]

SERVICE = Service("sqs", OPERATIONS.by_name, SCHEMA, RESOURCES)


def enqueue(
    tx: Transaction,
    ids: Ids,
    queue_arn: str,
    body: str,
    *,
    attributes: Mapping[str, Mapping[str, Any]] | None = None,
    group: str | None = None,
    dedup: str | None = None,
    delay: int | None = None,
    trace: str | None = None,
    sender: str = "AIDAEVENTMILL",
    asker: Asker | None = None,
) -> str:
    """Send a message for another service; returns its id. Raises Invalid as SendMessage does.

    `asker` is a service that needs the queue's policy; one that acts by a role of the account is
    none. Raises Denied.
    """
    queue = queues.require_arn(tx, queue_arn)
    access.require(tx, queue, "SendMessage", asker)
    draft = sending.Draft(body, attributes or {}, delay, group, dedup, trace)
    sending.check(queue, draft)
    return sending.send(tx, ids, queue, draft, sender).message_id


def take(tx: Transaction, ids: Ids, queue_arn: str, limit: int, holder: str) -> list[Message]:
    """Receive for an event source mapping: invisible for the queue's own timeout.

    `holder` names the start of the engine, so that the next start gives back what a dead one
    held. Raises Invalid (NonExistentQueue).
    """
    queue = queues.require_arn(tx, queue_arn)
    return receiving.receive(tx, ids, queue, limit, queue.visibility, holder)


def delete_held(tx: Transaction, queue_arn: str, handles: Iterable[str]) -> None:
    """Delete messages that were handled. A deleted queue is no error: nothing is left to do."""
    queue = queues.by_arn(tx, queue_arn)
    if queue is not None:
        receiving.delete(tx, queue, handles)


def give_back(
    tx: Transaction,
    queue_arn: str,
    handles: Iterable[str],
    visible_at: float | None,
    *,
    uncount: bool = False,
) -> None:
    """Let go of taken messages: back at `visible_at`, or with None when their timeout ends.

    `uncount` takes the receive back, for messages that no function was given.
    """
    queue = queues.by_arn(tx, queue_arn)
    if queue is None:
        return
    for handle in handles:
        _, seq, nonce = receiving.parse_handle(handle)
        if visible_at is None:
            tx.execute("UPDATE sqs_messages SET holder=NULL WHERE seq=? AND nonce=?", (seq, nonce))
        else:
            receiving.change_visibility(tx, queue, handle, visible_at, uncount=uncount)


def hold(tx: Transaction, queue_arn: str, handles: Iterable[str], visible_at: float) -> None:
    """Hold taken messages of a standard queue until `visible_at`."""
    for handle in handles:
        _, seq, nonce = receiving.parse_handle(handle)
        tx.execute(
            "UPDATE sqs_messages SET visible=? WHERE seq=? AND nonce=?", (visible_at, seq, nonce)
        )
    tx.announce(queues.changed_key(queue_arn))


def next_visible(tx: Transaction, queue_arn: str) -> float | None:
    """When the next message can be received (maybe already); None for an empty queue."""
    queue = queues.by_arn(tx, queue_arn)
    return None if queue is None else receiving.next_visible(tx, queue)


def counts(tx: Transaction, queue_arn: str) -> tuple[int, int, int]:
    """(visible, in flight, delayed). Raises Invalid (NonExistentQueue)."""
    return queues.counts(tx, queues.require_arn(tx, queue_arn))


def gauge(tx: Transaction, name: str, metric: str, at: float) -> float | None:
    """A measured metric of the queue of that name; None for one that is not measured."""
    return queues.gauge(tx, name, metric, at)


def visibility_timeout(tx: Transaction, queue_arn: str) -> int:
    """Seconds. Raises Invalid (NonExistentQueue)."""
    return queues.require_arn(tx, queue_arn).visibility


def maximum_size(tx: Transaction, queue_arn: str) -> int | None:
    """Bytes that a message may have; None when there is no such queue."""
    queue = queues.by_arn(tx, queue_arn)
    return None if queue is None else queue.maximum_size


def is_fifo(tx: Transaction, queue_arn: str) -> bool | None:
    """Whether the queue is FIFO; None when there is no such queue."""
    queue = queues.by_arn(tx, queue_arn)
    return None if queue is None else queue.fifo


def admits(tx: Transaction, queue_arn: str, asker: Asker) -> bool:
    """Whether the queue's policy lets a service send to it; False when there is no queue."""
    queue = queues.by_arn(tx, queue_arn)
    return queue is not None and not access.why_not(tx, queue, "SendMessage", asker)


def expire(tx: Transaction, limit: int = 1_000) -> float | None:
    """Delete messages past their retention; returns when the next one passes it."""
    gone = tx.all(
        "DELETE FROM sqs_messages WHERE seq IN"
        " (SELECT seq FROM sqs_messages WHERE expires<=? ORDER BY expires LIMIT ?)"
        " RETURNING queue, grp",
        (tx.now, limit),
    )
    fifo.refresh_all(tx, gone)
    row = tx.one("SELECT min(expires) FROM sqs_messages")
    return None if row is None else row[0]
