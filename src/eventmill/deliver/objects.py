"""Carries S3's event notifications to queues, topics and functions.

A target that is gone, or whose policy does not let S3 in, loses the event, as on AWS; the engine's
log says so.
"""

from __future__ import annotations

import logging

import orjson

from eventmill.deliver.outbox import Carrier
from eventmill.kernel.arns import service_of
from eventmill.kernel.errors import Denied, Fault
from eventmill.kernel.ids import Ids
from eventmill.kernel.policies import Asker
from eventmill.services import lambda_, s3, sns, sqs
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_SUBJECT = "Amazon S3 Notification"
_log = logging.getLogger(__name__)


def carrier(ids: Ids, account: str) -> Carrier:
    """The outbox's carrier for services.s3.NOTIFICATION; the row's payload is what arrives."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        bucket = _bucket(row.payload)
        asker = s3.notifier(bucket, account)
        text, trace = row.payload.decode(), row.trace
        try:
            service = service_of(row.target)
            if service == "sqs":
                sqs.enqueue(tx, ids, row.target, text, trace=trace, asker=asker)
            elif service == "sns":
                sns.publish(tx, ids, row.target, text, subject=_SUBJECT, trace=trace, asker=asker)
            else:
                _to_function(tx, ids, row, asker)
        except Fault as fault:
            _log.error("a notification of %s for %s is lost: %s", bucket, row.target, fault)

    return carry


def _to_function(tx: Transaction, ids: Ids, row: OutboxRow, asker: Asker) -> None:
    if not lambda_.may_invoke(tx, row.target, asker):
        raise Denied("AccessDenied", "the function's policy does not let S3 invoke it")
    source = asker.context["aws:sourcearn"]
    lambda_.enqueue_event(tx, ids, row.target, row.payload, trace=row.trace, source=source)


def _bucket(payload: bytes) -> str:
    """The bucket that a notification, or the test before the first one, is about."""
    told = orjson.loads(payload)
    return str(told["Bucket"] if "Bucket" in told else told["Records"][0]["s3"]["bucket"]["name"])
