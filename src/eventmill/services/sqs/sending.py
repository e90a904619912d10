"""Putting messages into a queue.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from eventmill.kernel.errors import Invalid
from eventmill.kernel.ids import Ids
from eventmill.services.sqs import fifo, message_attributes
from eventmill.services.sqs.faults import invalid_parameter, missing, value_invalid
from eventmill.services.sqs.queues import SEQUENCE, Queue, changed_key
from eventmill.store.transaction import Transaction

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
GROUP = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}\Z")
OTHER_TYPE = "The request include parameter that is not valid for this queue type."


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that a client wants sent. `delay` in seconds; None means the queue's."""

    body: str
    attributes: message_attributes.Attributes = field(default_factory=dict)
    delay: int | None = None
    group: str | None = None
    dedup: str | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What the sender is told."""

    message_id: str
    md5_body: str
    md5_attributes: str | None
    sequence: str | None


def sequence_number(seq: int) -> str:
    """The 20 digits of a FIFO message's place."""
    return f"{18_850_000_000_000_000_000 + seq}"


def check(queue: Queue, draft: Draft) -> int:
    """The message's size in bytes. Raises Invalid with AWS's code for what is wrong with it."""
    if not draft.body:
        raise missing("MessageBody")
    if _FORBIDDEN.search(draft.body):
        raise Invalid(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | "
            "#x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        )
    message_attributes.validate(draft.attributes)
    size = len(draft.body.encode()) + _extra(draft)
    if size > queue.maximum_size:
        raise invalid_parameter(
            "One or more parameters are invalid. Reason: Message must be shorter than "
            f"{queue.maximum_size} bytes."
        )
    if draft.delay is not None:
        _check_delay(queue, draft.delay)
    if draft.group is not None and not GROUP.match(draft.group):
        raise value_invalid(
            draft.group,
            "MessageGroupId",
            "MessageGroupId can only include alphanumeric and "
            "punctuation characters. 1 to 128 in length.",
        )
    if queue.fifo:
        _check_fifo(queue, draft)
    elif draft.dedup is not None:
        raise value_invalid(
            draft.dedup,
            "MessageDeduplicationId",
            OTHER_TYPE,
        )
    return size


def _extra(draft: Draft) -> int:
    """Bytes that count besides the body."""
    return message_attributes.size(draft.attributes) if draft.attributes else 0


def _check_delay(queue: Queue, delay: int) -> None:
    if queue.fifo and delay:
        raise value_invalid(
            delay,
            "DelaySeconds",
            OTHER_TYPE,
        )
    if not 0 <= delay <= 900:
        raise value_invalid(delay, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")


def _check_fifo(queue: Queue, draft: Draft) -> None:
    if not draft.group:
        raise missing("MessageGroupId")
    if draft.dedup is None:
        if queue.attributes.get("ContentBasedDeduplication") != "true":
            raise invalid_parameter(
                "The queue should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"
            )
    elif not GROUP.match(draft.dedup):
        raise value_invalid(
            draft.dedup,
            "MessageDeduplicationId",
            "MessageDeduplicationId can only include "
            "alphanumeric and punctuation characters. 1 to 128 in length.",
        )


def send(tx: Transaction, ids: Ids, queue: Queue, draft: Draft, sender: str) -> Sent:
    """Send a checked message; a duplicate on a FIFO queue is answered and not sent again."""
    body = draft.body.encode()
    md5_body = hashlib.md5(body, usedforsecurity=False).hexdigest()
    md5_attributes = message_attributes.digest(draft.attributes) if draft.attributes else None
    dedup = draft.dedup
    if queue.fifo:
        dedup = dedup or hashlib.sha256(body).hexdigest()
        earlier = fifo.duplicate_of(tx, queue, draft.group or "", dedup)
        if earlier is not None:
            message_id, seq = earlier
            return Sent(message_id, md5_body, md5_attributes, sequence_number(seq))
    message_id = ids.uuid()
    delay = queue.delay if draft.delay is None else draft.delay
    seq = tx.number(SEQUENCE)
    tx.execute(
        "INSERT INTO sqs_messages(seq, queue, visible, message_id, body, md5_body, attributes,"
        " md5_attributes, sent, expires, sender, grp, dedup, trace)"
        " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            seq,
            queue.id,
            tx.now + delay,
            message_id,
            draft.body,
            md5_body,
            message_attributes.pack(draft.attributes),
            md5_attributes,
            tx.now,
            tx.now + queue.retention,
            sender,
            draft.group,
            dedup,
            draft.trace,
        ),
    )
    if queue.fifo:
        fifo.sent(tx, queue, draft.group or "", dedup or "", message_id, seq, tx.now + delay)
    tx.announce(changed_key(queue.arn))
    tx.counted.append(("sqs.sent", queue.name, len(body) + _extra(draft)))
    return Sent(message_id, md5_body, md5_attributes, sequence_number(seq) if queue.fifo else None)
