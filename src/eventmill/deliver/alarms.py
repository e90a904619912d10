"""Carries what alarms say to topics and functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html
"""

from __future__ import annotations

import logging

import orjson

from eventmill.deliver.outbox import Carrier
from eventmill.kernel.arns import service_of
from eventmill.kernel.errors import Denied, Fault, Invalid
from eventmill.kernel.ids import Ids
from eventmill.kernel.policies import of_service
from eventmill.services import lambda_, sns
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_PRINCIPAL = "cloudwatch.amazonaws.com"
_INVOKING = "lambda.alarms.cloudwatch.amazonaws.com"
"""What functions' policies call it."""
_log = logging.getLogger(__name__)


def carrier(ids: Ids, account: str) -> Carrier:
    """The outbox's carrier for services.cloudwatch.ACTION."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        told = orjson.loads(row.payload)
        alarm, message = told["alarm"], orjson.dumps(told["message"])
        about = {"source": alarm, "account": account}
        try:
            if service_of(row.target) == "sns":
                # The policy that topics have by themselves asks for the owner of the source.
                asker = of_service(_PRINCIPAL, **about, sourceowner=account)
                text, subject = message.decode(), told["subject"]
                sns.publish(tx, ids, row.target, text, subject=subject, asker=asker)
            elif service_of(row.target) != "lambda":
                raise Invalid("ResourceNotFoundException", "Nothing runs behind it here.")
            elif lambda_.may_invoke(tx, row.target, of_service(_INVOKING, **about)):
                lambda_.enqueue_event(tx, ids, row.target, message, trace=None, source=alarm)
            else:
                raise Denied("AccessDenied", f"the function's policy does not let {_INVOKING} in")
        except Fault as fault:
            _log.error("the alarm %s could not tell %s: %s", alarm, row.target, fault)

    return carry
