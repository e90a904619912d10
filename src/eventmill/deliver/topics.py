"""Carries messages from topics to their subscribers.

What a subscriber does not take goes to the subscription's dead-letter queue, in the form in which
the subscriber would have got it; without one it is dropped, as on AWS.
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from eventmill.deliver.outbox import Carrier
from eventmill.kernel.errors import Fault, Invalid
from eventmill.kernel.ids import Ids
from eventmill.services import lambda_, sns, sqs
from eventmill.services.sns import Subscription
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_PRINCIPAL = "sns.amazonaws.com"
_log = logging.getLogger(__name__)


def carrier(ids: Ids, account: str, endpoint: Callable[[], str]) -> Carrier:
    """The outbox's carrier for services.sns.DELIVERY."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        subscription = sns.find_subscription(tx, row.target)
        if subscription is None:
            return
        message = orjson.loads(row.payload)
        try:
            if subscription.protocol == "lambda":
                _to_function(tx, ids, account, subscription, message, endpoint(), row.trace)
            else:
                _to_queue(
                    tx, ids, subscription.endpoint, subscription, message, endpoint(), row.trace
                )
        except Fault as fault:
            _give_up(tx, ids, subscription, message, endpoint(), row.trace, fault)

    return carry


def _to_function(
    tx: Transaction,
    ids: Ids,
    account: str,
    subscription: Subscription,
    message: Mapping[str, Any],
    endpoint: str,
    trace: str | None,
) -> None:
    function, topic = subscription.endpoint, subscription.topic
    if not lambda_.may_invoke(tx, function, _PRINCIPAL, topic, account):
        raise Invalid("AccessDenied", f"{_PRINCIPAL} is not authorized to invoke {function}")
    body = orjson.dumps(sns.event(message, subscription, endpoint))
    lambda_.enqueue_event(tx, ids, function, body, trace=trace, source=topic)


def _to_queue(
    tx: Transaction,
    ids: Ids,
    queue: str,
    subscription: Subscription,
    message: Mapping[str, Any],
    endpoint: str,
    trace: str | None,
) -> None:
    fifo = bool(sqs.is_fifo(tx, queue))
    attributes = None
    if subscription.raw:
        body = sns.raw_text(message, subscription)
        attributes = {name: _attribute(value) for name, value in message["attributes"].items()}
    else:
        body = orjson.dumps(sns.envelope(message, subscription, endpoint)).decode()
    sqs.enqueue(
        tx,
        ids,
        queue,
        body,
        attributes=attributes,
        group=message["group"],
        dedup=message["dedup"] if fifo else None,
        trace=trace,
    )


def _attribute(value: Mapping[str, str]) -> dict[str, Any]:
    if value["Type"].startswith("Binary"):
        return {"DataType": value["Type"], "BinaryValue": base64.b64decode(value["Value"])}
    kind = "String" if value["Type"] == "String.Array" else value["Type"]
    return {"DataType": kind, "StringValue": value["Value"]}


def _give_up(
    tx: Transaction,
    ids: Ids,
    subscription: Subscription,
    message: Mapping[str, Any],
    endpoint: str,
    trace: str | None,
    fault: Fault,
) -> None:
    queue = subscription.dead_letter
    if queue is None:
        _log.error("message %s for %s is lost: %s", message["id"], subscription.endpoint, fault)
        return
    try:
        _to_queue(tx, ids, queue, subscription, message, endpoint, trace)
    except Fault as other:
        _log.error("message %s is lost: dead-letter queue %s: %s", message["id"], queue, other)
