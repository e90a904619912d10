"""Carries log events to the destinations of subscription filters.

They arrive compressed: a function gets base64 of it in `awslogs.data`, a stream the bytes as a
record. A destination that is gone, or whose policy lets CloudWatch Logs in no more, loses the
events, as on AWS; the engine's log says so.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

import base64
import gzip
import logging
from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.deliver.outbox import Carrier
from eventmill.kernel.arns import Arn, service_of
from eventmill.kernel.errors import Denied, Fault, Internal, Invalid, Throttled
from eventmill.kernel.ids import Ids
from eventmill.services import kinesis, lambda_, logs
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_OLDEST = 86_400
"""Seconds for which a destination that is busy is tried again."""
_CHECKS = "CloudwatchLogs"
"""The owner that a control message names."""
_log = logging.getLogger(__name__)


def carrier(ids: Ids, region: str, account: str) -> Carrier:
    """The outbox's carrier for services.logs.SUBSCRIPTION."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        message = orjson.loads(row.payload)
        try:
            if service_of(row.target) == "lambda":
                group = Arn("aws", "logs", region, account, f"log-group:{message['logGroup']}")
                _to_function(tx, ids, row, message, group)
            elif service_of(row.target) != "kinesis":
                raise Invalid("ResourceNotFoundException", "Nothing runs behind it here.")
            else:
                stream = message["logStream"] or ids.uuid()
                kinesis.put(tx, ids, row.target, _packed(message, account), stream)
        except (Throttled, Internal):
            if tx.now - row.created < _OLDEST:
                raise
            _log.error("log events for %s are lost: it was busy for a day", row.target)
        except Fault as fault:
            _log.error("log events for %s are lost: %s", row.target, fault)

    return carry


def _to_function(
    tx: Transaction, ids: Ids, row: OutboxRow, message: Mapping[str, Any], group: Arn
) -> None:
    asker = logs.asker(str(group))
    if not lambda_.may_invoke(tx, row.target, asker):
        raise Denied("AccessDenied", f"{asker} is not authorized to invoke {row.target}")
    data = base64.b64encode(_packed(message, group.account)).decode()
    body = orjson.dumps({"awslogs": {"data": data}})
    lambda_.enqueue_event(
        tx, ids, row.target, body, trace=row.trace, source=asker.context["aws:sourcearn"]
    )


def _packed(message: Mapping[str, Any], account: str) -> bytes:
    kind = message["messageType"]
    owner = account if kind == "DATA_MESSAGE" else _CHECKS
    full = {"messageType": kind, "owner": owner, **message}
    # The time in gzip's header would make the same events different bytes.
    return gzip.compress(orjson.dumps(full), mtime=0)
