"""What FIFO queues add: deduplication, and groups that are received in order, one at a time.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable

from eventmill.services.sqs.queues import Queue
from eventmill.store.transaction import Transaction

DEDUP_SECONDS = 300


def duplicate_of(tx: Transaction, queue: Queue, group: str, dedup: str) -> tuple[str, int] | None:
    """(message id, seq) of the message that this one repeats within five minutes, or None."""
    row = tx.one(
        "SELECT message_id, seq FROM sqs_dedup WHERE queue=? AND scope=? AND dedup=? AND expires>?",
        (queue.id, _scope(queue, group), dedup, tx.now),
    )
    return None if row is None else (row[0], row[1])


def _scope(queue: Queue, group: str) -> str:
    return group if queue.attributes.get("DeduplicationScope") == "messageGroup" else ""


def sent(
    tx: Transaction,
    queue: Queue,
    group: str,
    dedup: str,
    message_id: str,
    seq: int,
    visible: float,
) -> None:
    """Record a new message's deduplication id and put it at the end of its group."""
    tx.execute("DELETE FROM sqs_dedup WHERE expires<=?", (tx.now,))
    tx.execute(
        "INSERT OR REPLACE INTO sqs_dedup VALUES(?,?,?,?,?,?)",
        (queue.id, _scope(queue, group), dedup, message_id, seq, tx.now + DEDUP_SECONDS),
    )
    tx.execute(
        "INSERT INTO sqs_groups VALUES(?,?,?,?) ON CONFLICT DO NOTHING",
        (queue.id, group, seq, visible),
    )


def ready(tx: Transaction, queue: Queue, limit: int) -> list[int]:
    """The seqs of up to `limit` messages that may be received now, in order within each group.

    A group gives several messages to one receive; as long as any is in flight it gives none to
    the next. A delayed message in the middle of a group holds back those after it.
    """
    found: list[int] = []
    groups = tx.execute(
        "SELECT grp FROM sqs_groups WHERE queue=? AND blocked<=? ORDER BY head",
        (queue.id, tx.now),
    )
    for (group,) in groups:
        rows = tx.all(
            "SELECT seq, visible FROM sqs_messages WHERE queue=? AND grp=? ORDER BY seq LIMIT ?",
            (queue.id, group, limit - len(found)),
        )
        for seq, visible in rows:
            if visible > tx.now:
                break
            found.append(seq)
        if len(found) >= limit:
            break
    return found


def refresh_all(tx: Transaction, changed: Iterable[tuple[int, str | None]]) -> None:
    """As `refresh`, for the (queue id, group) of messages that changed; one without is of none."""
    for queue_id, group in set(changed):
        if group is not None:
            refresh(tx, queue_id, group)


def refresh(tx: Transaction, queue_id: int, group: str) -> None:
    """Bring a group's row in line with its messages, after any of them changed."""
    row = tx.one(
        "SELECT min(seq), max(CASE WHEN nonce IS NOT NULL THEN visible ELSE 0 END)"
        " FROM sqs_messages WHERE queue=? AND grp=?",
        (queue_id, group),
    )
    if row is None or row[0] is None:
        tx.execute("DELETE FROM sqs_groups WHERE queue=? AND grp=?", (queue_id, group))
        return
    head, blocked = row
    first = tx.one("SELECT visible FROM sqs_messages WHERE seq=?", (head,))
    tx.execute(
        "UPDATE sqs_groups SET head=?, blocked=? WHERE queue=? AND grp=?",
        (head, max(blocked, first[0] if first else 0.0), queue_id, group),
    )
