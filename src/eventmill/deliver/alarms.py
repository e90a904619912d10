"""Carries what alarms say to topics and functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html
"""

from __future__ import annotations

import logging

import orjson

from eventmill.deliver.outbox import Carrier
from eventmill.kernel.arns import service_of
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.services import lambda_, sns
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"
_log = logging.getLogger(__name__)


def carrier(ids: Ids, account: str) -> Carrier:
    """The outbox's carrier for services.cloudwatch.ACTION."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        told = orjson.loads(row.payload)
        message = orjson.dumps(told["message"])
        service = service_of(row.target)
        if service == "sns":
            try:
                sns.publish(tx, ids, row.target, message.decode(), subject=told["subject"])
            except Fault as fault:
                _log.error("the alarm %s could not tell %s: %s", told["alarm"], row.target, fault)
        elif service != "lambda":
            _log.warning("the alarm %s names %s, which is not here", told["alarm"], row.target)
        elif lambda_.may_invoke(tx, row.target, _PRINCIPAL, told["alarm"], account):
            lambda_.enqueue_event(tx, ids, row.target, message, trace=None, source=told["alarm"])
        else:
            _log.error(
                "the alarm %s may not invoke %s: its policy does not let %s",
                told["alarm"],
                row.target,
                _PRINCIPAL,
            )

    return carry
