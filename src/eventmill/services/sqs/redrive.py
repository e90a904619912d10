"""Dead-letter queues.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

from eventmill.services.sqs import fifo
from eventmill.services.sqs.queues import SEQUENCE, Queue, by_arn, changed_key
from eventmill.store.transaction import Transaction


def to_dead_letter(tx: Transaction, queue: Queue, arn: str, seq: int, group: str | None) -> bool:
    """Move a message that was received too often; False when there is no queue of this ARN.

    It keeps its id, body, attributes and receive count; a standard queue keeps the time of
    sending for the retention, a FIFO queue starts it anew.
    """
    target = by_arn(tx, arn)
    if target is None:
        return False
    tx.execute(
        "INSERT INTO sqs_messages(seq, queue, visible, message_id, body, md5_body, attributes,"
        " md5_attributes, sent, expires, sender, receives, first_received, grp, dedup, trace,"
        " dlq_source)"
        " SELECT ?7, ?1, ?2, message_id, body, md5_body, attributes, md5_attributes, sent,"
        " CASE WHEN ?3 THEN ?2 ELSE sent END + ?4, sender, receives, first_received, grp, dedup,"
        " trace, ?5 FROM sqs_messages WHERE seq=?6",
        (target.id, tx.now, target.fifo, target.retention, queue.arn, seq, tx.number(SEQUENCE)),
    )
    tx.execute("DELETE FROM sqs_messages WHERE seq=?", (seq,))
    if target.fifo and group is not None:
        tx.execute(
            "INSERT INTO sqs_groups SELECT ?1, ?2, max(seq), ?3 FROM sqs_messages"
            " WHERE queue=?1 AND grp=?2 ON CONFLICT DO NOTHING",
            (target.id, group, tx.now),
        )
        fifo.refresh(tx, target.id, group)
    tx.announce(changed_key(target.arn))
    return True


def sources_of(tx: Transaction, arn: str) -> list[str]:
    """The names of the queues whose redrive policy names `arn`."""
    rows = tx.all(
        "SELECT name FROM sqs_queues"
        " WHERE json_extract(json_extract(attributes, '$.RedrivePolicy'),"
        " '$.deadLetterTargetArn')=? ORDER BY name",
        (arn,),
    )
    return [row[0] for row in rows]
