"""Queues: looking them up, creating, changing and deleting them."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from eventmill.kernel.errors import Invalid
from eventmill.services.sqs.attributes import DEFAULTS, FIFO_DEFAULTS, check_throughput, validate
from eventmill.services.sqs.faults import invalid_parameter, no_such_queue, value_invalid
from eventmill.store.transaction import Row, Transaction

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
SEQUENCE = "sqs.messages"
_REMOVABLE = ("Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId")


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue. Times are seconds. The same row gives the same object: change none of it."""

    id: int
    name: str
    arn: str
    fifo: bool
    attributes: Mapping[str, str]
    created: float
    modified: float
    visibility: int
    delay: int
    wait: int
    retention: int
    maximum_size: int
    dead_letter: str | None
    max_receives: int


_COLUMNS = "id, name, arn, fifo, attributes, created, modified"


def changed_key(arn: str) -> str:
    """Announced when a message of the queue may have become receivable."""
    return f"sqs:{arn}"


@functools.lru_cache(maxsize=10_000)
def _queue(row: Row) -> Queue:
    """Rows rarely change and every call needs one: parsed once for each."""
    attributes: dict[str, str] = json.loads(row[4])
    redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
    return Queue(
        id=row[0],
        name=row[1],
        arn=row[2],
        fifo=bool(row[3]),
        attributes=attributes,
        created=row[5],
        modified=row[6],
        visibility=int(attributes["VisibilityTimeout"]),
        delay=int(attributes["DelaySeconds"]),
        wait=int(attributes["ReceiveMessageWaitTimeSeconds"]),
        retention=int(attributes["MessageRetentionPeriod"]),
        maximum_size=int(attributes["MaximumMessageSize"]),
        dead_letter=redrive.get("deadLetterTargetArn"),
        max_receives=redrive.get("maxReceiveCount", 0),
    )


def by_name(tx: Transaction, name: str) -> Queue:
    """Raises Invalid (NonExistentQueue)."""
    row = tx.one(f"SELECT {_COLUMNS} FROM sqs_queues WHERE name=?", (name,))
    if row is None:
        raise no_such_queue()
    return _queue(row)


def by_arn(tx: Transaction, arn: str) -> Queue | None:
    """The queue, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM sqs_queues WHERE arn=?", (arn,))
    return None if row is None else _queue(row)


def require_arn(tx: Transaction, arn: str) -> Queue:
    """Raises Invalid (NonExistentQueue)."""
    queue = by_arn(tx, arn)
    if queue is None:
        raise no_such_queue()
    return queue


def by_url(tx: Transaction, url: str) -> Queue:
    """The queue whose URL, or bare name, is given. Raises Invalid (NonExistentQueue).

    Only the last part of the path counts, so that a URL handed out under another address of this
    engine (another port, a proxy) keeps working.
    """
    return by_name(tx, url.rstrip("/").rpartition("/")[2])


def every(tx: Transaction, prefix: str = "") -> list[Queue]:
    """All queues whose name starts with `prefix`, by name."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM sqs_queues WHERE name >= ? AND name < ? ORDER BY name",
        (prefix, prefix + "\U0010ffff"),
    )
    return [_queue(row) for row in rows]


def check_name(name: str, *, fifo: bool) -> None:
    """Raises Invalid for a name that a queue of this kind cannot have."""
    if not _NAME.match(name.removesuffix(".fifo")) or len(name) > 80:
        raise invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    if fifo and not name.endswith(".fifo"):
        raise invalid_parameter(
            "The name of a FIFO queue can only include alphanumeric characters,"
            " hyphens, or underscores, must end with .fifo suffix and be 1 to"
            " 80 in length."
        )
    if name.endswith(".fifo") and not fifo:
        raise invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )


def create(
    tx: Transaction,
    name: str,
    arn: str,
    given: Mapping[str, str],
    tags: Mapping[str, str],
) -> Queue:
    """The queue of this name, new or with equal attributes.

    Raises Invalid: a bad name or attribute, QueueAlreadyExists for other attributes,
    QueueDeletedRecently within 60 s of its deletion.
    """
    fifo = name.endswith(".fifo")
    check_name(name, fifo=given.get("FifoQueue", "false").lower() == "true")
    wanted = validate({k: v for k, v in given.items() if fifo or k != "FifoQueue"}, fifo=fifo)
    existing = tx.one(f"SELECT {_COLUMNS} FROM sqs_queues WHERE name=?", (name,))
    if existing is not None:
        return _same(_queue(existing), wanted)
    _refuse_recently_deleted(tx, name)
    attributes = DEFAULTS | (FIFO_DEFAULTS if fifo else {}) | wanted
    check_throughput(attributes)
    _check_redrive(tx, arn, fifo, attributes)
    tx.execute(
        "INSERT INTO sqs_queues(name, arn, fifo, attributes, tags, created, modified)"
        " VALUES(?,?,?,?,?,?,?)",
        (name, arn, fifo, _stored(attributes), json.dumps(dict(tags)), tx.now, tx.now),
    )
    tx.announce("sqs.queues")
    return by_name(tx, name)


def _same(queue: Queue, wanted: Mapping[str, str]) -> Queue:
    for name, value in wanted.items():
        if queue.attributes.get(name, "") != value:
            raise Invalid(
                "QueueAlreadyExists",
                "A queue already exists with the same name and a different value for attribute "
                f"{name}",
            )
    return queue


def _refuse_recently_deleted(tx: Transaction, name: str) -> None:
    row = tx.one("SELECT deleted FROM sqs_deleted WHERE name=?", (name,))
    if row is not None and tx.now - row[0] < 60:
        raise Invalid(
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with "
            "the same name.",
        )


def _stored(attributes: Mapping[str, str]) -> str:
    return json.dumps({k: v for k, v in attributes.items() if v or k not in _REMOVABLE})


def _check_redrive(tx: Transaction, arn: str, fifo: bool, attributes: Mapping[str, str]) -> None:
    """A dead-letter queue must exist, be of the same type and allow this source."""
    text = attributes.get("RedrivePolicy")
    if not text:
        return
    target = json.loads(text)["deadLetterTargetArn"]
    queue = by_arn(tx, target)
    if queue is None:
        raise value_invalid(text, "RedrivePolicy", "Dead letter target does not exist.")
    if queue.fifo != fifo:
        kind = "FIFO" if fifo else "standard"
        raise value_invalid(
            text,
            "RedrivePolicy",
            f"Dead-letter queue must be same type of queue as the source ({kind}).",
        )
    allow = json.loads(queue.attributes.get("RedriveAllowPolicy") or "{}")
    permission = allow.get("redrivePermission", "allowAll")
    if permission == "denyAll" or (
        permission == "byQueue" and arn not in allow.get("sourceQueueArns", ())
    ):
        raise value_invalid(
            text, "RedrivePolicy", "Dead letter target does not allow this source queue."
        )


def change(tx: Transaction, queue: Queue, given: Mapping[str, str]) -> None:
    """Set attributes. Raises Invalid as `create` does."""
    if "FifoQueue" in given and given["FifoQueue"].lower() != str(queue.fifo).lower():
        raise Invalid(
            "InvalidAttributeValue",
            "Invalid value for the parameter FifoQueue. Reason:"
            " Modifying queue type is not supported.",
        )
    changed = validate({k: v for k, v in given.items() if k != "FifoQueue"}, fifo=queue.fifo)
    attributes = dict(queue.attributes) | changed
    check_throughput(attributes)
    if "RedrivePolicy" in changed:
        _check_redrive(tx, queue.arn, queue.fifo, attributes)
    tx.execute(
        "UPDATE sqs_queues SET attributes=?, modified=? WHERE id=?",
        (_stored(attributes), tx.now, queue.id),
    )
    if "MessageRetentionPeriod" in changed:
        tx.execute(
            "UPDATE sqs_messages SET expires=sent+? WHERE queue=?",
            (int(changed["MessageRetentionPeriod"]), queue.id),
        )
    tx.announce("sqs.queues", changed_key(queue.arn))


def set_tags(tx: Transaction, queue: Queue, tags: Mapping[str, str]) -> None:
    """Set all tags of a queue."""
    tx.execute("UPDATE sqs_queues SET tags=? WHERE id=?", (json.dumps(dict(tags)), queue.id))


def delete(tx: Transaction, queue: Queue) -> None:
    """Delete the queue and all it holds."""
    empty(tx, queue)
    tx.execute("DELETE FROM sqs_dedup WHERE queue=?", (queue.id,))
    tx.execute("DELETE FROM sqs_attempts WHERE queue=?", (queue.id,))
    tx.execute("DELETE FROM sqs_queues WHERE id=?", (queue.id,))
    tx.execute("INSERT OR REPLACE INTO sqs_deleted VALUES(?,?)", (queue.name, tx.now))
    tx.announce("sqs.queues", changed_key(queue.arn))


def empty(tx: Transaction, queue: Queue) -> None:
    """Delete all messages, in flight and delayed ones too."""
    tx.execute("DELETE FROM sqs_messages WHERE queue=?", (queue.id,))
    tx.execute("DELETE FROM sqs_groups WHERE queue=?", (queue.id,))


def counts(tx: Transaction, queue: Queue) -> tuple[int, int, int]:
    """(visible, in flight, delayed)."""
    row = tx.one(
        "SELECT count(*) FILTER (WHERE visible <= ?1),"
        " count(*) FILTER (WHERE visible > ?1 AND nonce IS NOT NULL),"
        " count(*) FILTER (WHERE visible > ?1 AND nonce IS NULL)"
        " FROM sqs_messages WHERE queue=?2",
        (tx.now, queue.id),
    )
    assert row is not None
    return row[0], row[1], row[2]


_GAUGES = (
    "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def gauge(tx: Transaction, name: str, metric: str, at: float) -> float | None:
    """A measured metric of a queue; None for another one, and for a queue that is not there.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    row = tx.one(f"SELECT {_COLUMNS} FROM sqs_queues WHERE name=?", (name,))
    if row is None:
        return None
    queue = _queue(row)
    if metric in _GAUGES:
        return float(counts(tx, queue)[_GAUGES.index(metric)])
    if metric != "ApproximateAgeOfOldestMessage":
        return None
    oldest = tx.one("SELECT min(sent) FROM sqs_messages WHERE queue=?", (queue.id,))
    return 0.0 if oldest is None or oldest[0] is None else max(0.0, at - oldest[0])
