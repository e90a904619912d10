"""Carries messages from topics to queues and functions.

What a subscriber does not take goes to the subscription's dead-letter queue, in the form in which
the subscriber would have got it; without one it is dropped, as on AWS.
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from eventmill.deliver import undelivered
from eventmill.deliver.outbox import Carrier
from eventmill.kernel.arns import parse_arn
from eventmill.kernel.errors import Denied, Fault, Invalid
from eventmill.kernel.ids import Ids
from eventmill.kernel.metrics import Count
from eventmill.kernel.policies import Asker, of_service
from eventmill.services import lambda_, sns, sqs
from eventmill.services.sns import Subscription, messages
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_PRINCIPAL = "sns.amazonaws.com"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one subscriber."""

    subscription: Subscription
    message: Mapping[str, Any]
    endpoint: str
    """The engine's address, for the links inside."""
    trace: str | None

    @property
    def counts(self) -> list[Count]:
        """What it counts for its topic when it arrived; questions for confirmation do not."""
        name = self.subscription.topic.rpartition(":")[2]
        return [] if self.message.get("token") else [("sns.delivered", name, 1)]

    def body(self, tx: Transaction) -> str:
        """What a queue, or an HTTP endpoint, gets."""
        if self.subscription.raw and not self.message.get("token"):
            return messages.text_for(self.message, self.subscription.protocol)
        shown = messages.envelope(tx, self.message, self.subscription, self.endpoint)
        return orjson.dumps(shown).decode()


def carrier(ids: Ids, endpoint: Callable[[], str]) -> Carrier:
    """The outbox's carrier for services.sns.DELIVERY."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        subscription = sns.find_subscription(tx, row.target)
        if subscription is None:
            return
        delivery = Delivery(subscription, orjson.loads(row.payload), endpoint(), row.trace)
        try:
            if subscription.protocol == "lambda":
                _to_function(tx, ids, delivery)
            elif subscription.protocol == "firehose":
                raise Invalid("ResourceNotFoundException", "Nothing runs behind it here.")
            else:
                _to_queue(tx, ids, subscription.endpoint, delivery)
        except Fault as fault:
            give_up(tx, ids, delivery, str(fault))
        else:
            tx.counted += delivery.counts

    return carry


def _to_function(tx: Transaction, ids: Ids, delivery: Delivery) -> None:
    function, topic = delivery.subscription.endpoint, delivery.subscription.topic
    if not lambda_.may_invoke(tx, function, _asker(topic)):
        raise Denied("AccessDenied", f"{_PRINCIPAL} is not authorized to invoke {function}")
    body = messages.event(tx, delivery.message, delivery.subscription, delivery.endpoint)
    lambda_.enqueue_event(tx, ids, function, orjson.dumps(body), trace=delivery.trace, source=topic)


def _to_queue(tx: Transaction, ids: Ids, queue: str, delivery: Delivery) -> None:
    """Into the subscriber's queue, or into the dead-letter queue in the same form.

    Either's policy must let SNS send. Raises Fault.
    """
    message = delivery.message
    attributes = None
    if delivery.subscription.raw:
        attributes = {name: _attribute(value) for name, value in message["attributes"].items()}
    sqs.enqueue(
        tx,
        ids,
        queue,
        delivery.body(tx),
        attributes=attributes,
        group=message.get("group"),
        dedup=message.get("dedup") if sqs.is_fifo(tx, queue) else None,
        trace=delivery.trace,
        asker=_asker(delivery.subscription.topic),
    )


def _asker(topic: str) -> Asker:
    return of_service(_PRINCIPAL, source=topic, account=parse_arn(topic).account)


def _attribute(value: Mapping[str, str]) -> dict[str, Any]:
    if value["Type"].startswith("Binary"):
        return {"DataType": value["Type"], "BinaryValue": base64.b64decode(value["Value"])}
    kind = "String" if value["Type"] == "String.Array" else value["Type"]
    return {"DataType": kind, "StringValue": value["Value"]}


def give_up(tx: Transaction, ids: Ids, delivery: Delivery, reason: str) -> None:
    """Into the dead-letter queue; without one the message is lost and the log says so."""
    subscription, number = delivery.subscription, delivery.message["id"]
    queue = subscription.dead_letter
    metrics = ["NumberOfNotificationsFailed"]
    if queue is None or delivery.message.get("token"):
        _log.error("message %s for %s is lost: %s", number, subscription.endpoint, reason)
    else:
        try:
            _to_queue(tx, ids, queue, delivery)
            metrics.append("NumberOfNotificationsRedrivenToDlq")
        except Fault as fault:
            _log.error("message %s is lost: dead-letter queue %s: %s", number, queue, fault)
            metrics.append("NumberOfNotificationsFailedToRedriveToDlq")
    undelivered.notification(tx, subscription.topic, *metrics)
