"""Taking messages out of a queue for a while, and giving them back.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.ids import Ids
from eventmill.services.sqs import fifo, message_attributes, redrive
from eventmill.services.sqs.faults import handle_invalid
from eventmill.services.sqs.queues import Queue, changed_key
from eventmill.services.sqs.sending import sequence_number
from eventmill.store.transaction import Row, Transaction

IN_FLIGHT = 120_000
"""Messages of one queue that may be in flight."""

_room: dict[tuple[str, float], int] = {}
"""By queue, how many more may surely be received; deletions since the count only add to it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A received message. `attributes` are the system's, all strings."""

    message_id: str
    handle: str
    body: str
    md5_of_body: str
    attributes: dict[str, str]
    message_attributes: dict[str, dict[str, Any]]
    md5_of_attributes: str | None
    group: str | None


_COLUMNS = (
    "seq, message_id, body, md5_body, attributes, md5_attributes, sent, sender, receives,"
    " first_received, grp, dedup, trace, dlq_source, expires"
)


def make_handle(queue_id: int, seq: int, nonce: str) -> str:
    """The receipt handle of one receive."""
    return base64.urlsafe_b64encode(f"EVENTMILL:{queue_id}:{seq}:{nonce}".encode()).decode()


def parse_handle(handle: str) -> tuple[int, int, str]:
    """(queue id, seq, nonce). Raises Invalid (ReceiptHandleIsInvalid)."""
    try:
        mark, queue_id, seq, nonce = base64.urlsafe_b64decode(handle.encode()).decode().split(":")
        if mark != "EVENTMILL":
            raise ValueError(mark)
        return int(queue_id), int(seq), nonce
    except (ValueError, binascii.Error):
        raise handle_invalid(handle) from None


def receive(
    tx: Transaction,
    ids: Ids,
    queue: Queue,
    limit: int,
    visibility: int,
    holder: str | None = None,
) -> list[Message]:
    """Up to `limit` messages, invisible to others for `visibility` seconds; no more than may be
    in flight.

    A message that was received maxReceiveCount times already goes to the dead-letter queue
    instead, as long as there is one, and one past its retention is deleted.
    """
    messages: list[Message] = []
    touched: set[str] = set()
    limit = min(limit, room(tx, queue, limit))
    while len(messages) < limit:
        rows = _candidates(tx, queue, limit - len(messages))
        if not rows:
            break
        for row in rows:
            if row[10] is not None:
                touched.add(row[10])
            if row[14] <= tx.now:
                tx.execute("DELETE FROM sqs_messages WHERE seq=?", (row[0],))
            elif (
                queue.dead_letter is not None
                and row[8] >= queue.max_receives
                and redrive.to_dead_letter(tx, queue, queue.dead_letter, row[0], row[10])
            ):
                continue
            else:
                messages.append(_take(tx, ids, queue, row, visibility, holder))
        if queue.fifo:
            for group in touched:
                fifo.refresh(tx, queue.id, group)
    if messages:
        _room[queue.arn, queue.created] -= len(messages)
        tx.counted.append(("sqs.received", queue.name, len(messages)))
    return messages


def room(tx: Transaction, queue: Queue, wanted: int = 1) -> int:
    """How many messages may still be taken; counted anew only when it could be too few."""
    key = (queue.arn, queue.created)
    if _room.get(key, 0) < wanted:
        row = tx.one(
            "SELECT count(*) FROM sqs_messages WHERE queue=? AND visible>? AND nonce IS NOT NULL",
            (queue.id, tx.now),
        )
        assert row is not None
        _room[key] = IN_FLIGHT - row[0]
    return _room[key]


def _candidates(tx: Transaction, queue: Queue, limit: int) -> list[Row]:
    if not queue.fifo:
        return tx.all(
            f"SELECT {_COLUMNS} FROM sqs_messages WHERE queue=? AND visible<=?"
            " ORDER BY visible, seq LIMIT ?",
            (queue.id, tx.now, limit),
        )
    rows: list[Row] = []
    for seq in fifo.ready(tx, queue, limit):
        row = tx.one(f"SELECT {_COLUMNS} FROM sqs_messages WHERE seq=?", (seq,))
        if row is not None:
            rows.append(row)
    return rows


def _take(
    tx: Transaction, ids: Ids, queue: Queue, row: Row, visibility: int, holder: str | None
) -> Message:
    nonce = ids.hex(16)
    first = tx.now if row[9] is None else row[9]
    tx.execute(
        "UPDATE sqs_messages SET visible=?, receives=receives+1, first_received=?, nonce=?,"
        " holder=?, received=? WHERE seq=?",
        (tx.now + visibility, first, nonce, holder, tx.now, row[0]),
    )
    return _message(queue, (*row[:8], row[8] + 1, first, *row[10:]), nonce)


def again(
    tx: Transaction, queue: Queue, handles: Iterable[str], visible: float, visibility: int
) -> list[Message] | None:
    """The messages of an earlier receive, which made them invisible until `visible`, for
    `visibility` seconds from now; None when one of them is not in flight until then any more."""
    messages = []
    for handle in handles:
        _, seq, nonce = parse_handle(handle)
        row = tx.one(
            f"SELECT {_COLUMNS} FROM sqs_messages WHERE seq=? AND queue=? AND nonce=?"
            " AND visible=? AND visible>?",
            (seq, queue.id, nonce, visible, tx.now),
        )
        if row is None:
            return None
        messages.append(_message(queue, row, nonce))
    for message in messages:
        _, seq, _ = parse_handle(message.handle)
        tx.execute("UPDATE sqs_messages SET visible=? WHERE seq=?", (tx.now + visibility, seq))
        fifo.refresh(tx, queue.id, message.group or "")
    return messages


def _message(queue: Queue, row: Row, nonce: str) -> Message:
    seq, message_id, body, md5_body, attributes, md5_attributes = row[:6]
    sent, sender, receives, first, group, dedup, trace, dlq_source, _ = row[6:]
    system = {
        "SenderId": sender,
        "SentTimestamp": str(int(sent * 1000)),
        "ApproximateReceiveCount": str(receives),
        "ApproximateFirstReceiveTimestamp": str(int(first * 1000)),
    }
    if queue.fifo:
        system["SequenceNumber"] = sequence_number(seq)
        system["MessageDeduplicationId"] = dedup
    optional = {
        "MessageGroupId": group,
        "AWSTraceHeader": trace,
        "DeadLetterQueueSourceArn": dlq_source,
    }
    system.update({name: value for name, value in optional.items() if value is not None})
    return Message(
        message_id,
        make_handle(queue.id, seq, nonce),
        body,
        md5_body,
        system,
        message_attributes.unpack(attributes),
        md5_attributes,
        group,
    )


def delete(tx: Transaction, queue: Queue, handles: Iterable[str]) -> None:
    """Delete received messages. A handle older than the newest receive deletes nothing.

    Raises Invalid (ReceiptHandleIsInvalid) for what is no handle.
    """
    groups: set[str] = set()
    deleted = 0
    for handle in handles:
        _, seq, nonce = parse_handle(handle)
        row = tx.one(
            "DELETE FROM sqs_messages WHERE seq=? AND queue=? AND nonce=? RETURNING grp",
            (seq, queue.id, nonce),
        )
        deleted += row is not None
        if row is not None and row[0] is not None:
            groups.add(row[0])
    if deleted:
        tx.counted.append(("sqs.deleted", queue.name, deleted))
    if queue.fifo:
        for group in groups:
            fifo.refresh(tx, queue.id, group)
        if groups:
            tx.announce(changed_key(queue.arn))


def in_flight(tx: Transaction, queue: Queue, handle: str) -> bool:
    """Whether the handle is of the newest receive and its visibility timeout still runs."""
    _, seq, nonce = parse_handle(handle)
    row = tx.one(
        "SELECT 1 FROM sqs_messages WHERE seq=? AND queue=? AND nonce=? AND visible>?",
        (seq, queue.id, nonce, tx.now),
    )
    return row is not None


def change_visibility(
    tx: Transaction, queue: Queue, handle: str, visible: float, *, uncount: bool = False
) -> None:
    """Let a held message come back at `visible`; `uncount` makes the receive as if never done."""
    _, seq, nonce = parse_handle(handle)
    row = tx.one(
        "UPDATE sqs_messages SET visible=?, holder=NULL, receives=receives-? "
        "WHERE seq=? AND queue=? AND nonce=? RETURNING grp",
        (visible, int(uncount), seq, queue.id, nonce),
    )
    if row is not None:
        if queue.fifo:
            fifo.refresh(tx, queue.id, row[0])
        tx.announce(changed_key(queue.arn))


def release_holders_except(tx: Transaction, holder: str) -> int:
    """Give back what pollers of earlier starts held: visible at once, the receive not counted."""
    rows = tx.all(
        "UPDATE sqs_messages SET visible=?, holder=NULL, nonce=NULL, receives=receives-1"
        " WHERE holder IS NOT NULL AND holder<>? RETURNING queue, grp",
        (tx.now, holder),
    )
    fifo.refresh_all(tx, rows)
    return len(rows)


def next_visible(tx: Transaction, queue: Queue) -> float | None:
    """When the next message of the queue comes back or its delay ends; None without messages."""
    if queue.fifo:
        sql = "SELECT min(blocked) FROM sqs_groups WHERE queue=?"
    else:
        sql = "SELECT min(visible) FROM sqs_messages WHERE queue=?"
    row = tx.one(sql, (queue.id,))
    return None if row is None else row[0]
