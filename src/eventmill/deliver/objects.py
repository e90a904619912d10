"""Carries S3's event notifications to queues, topics and functions.

A target that is gone, or whose policy does not let S3 in, loses the event, as on AWS; the engine's
log says so.
"""

from __future__ import annotations

import logging

import orjson

from eventmill.deliver.outbox import Carrier
from eventmill.kernel.arns import service_of
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.services import lambda_, sns, sqs
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_PRINCIPAL = "s3.amazonaws.com"
_SUBJECT = "Amazon S3 Notification"
_log = logging.getLogger(__name__)


def carrier(ids: Ids, account: str) -> Carrier:
    """The outbox's carrier for services.s3.NOTIFICATION; the row's payload is what arrives."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        try:
            service = service_of(row.target)
            if service == "sqs":
                sqs.enqueue(tx, ids, row.target, row.payload.decode(), trace=row.trace)
            elif service == "sns":
                text = row.payload.decode()
                sns.publish(tx, ids, row.target, text, subject=_SUBJECT, trace=row.trace)
            else:
                _to_function(tx, ids, row, account)
        except Fault as fault:
            _log.error("a notification for %s is lost: %s", row.target, fault)

    return carry


def _to_function(tx: Transaction, ids: Ids, row: OutboxRow, account: str) -> None:
    # The bucket stands in the record; the row's target is the function alone.
    source = _bucket_arn(row.payload)
    if not lambda_.may_invoke(tx, row.target, _PRINCIPAL, source, account):
        _log.error(
            "a notification of %s for %s is lost: the function's policy does not let S3 invoke it",
            source,
            row.target,
        )
        return
    lambda_.enqueue_event(tx, ids, row.target, row.payload, trace=row.trace, source=source)


def _bucket_arn(payload: bytes) -> str:
    return str(orjson.loads(payload)["Records"][0]["s3"]["bucket"]["arn"])
