"""Carries messages from topics to subscribers outside: over HTTP, and into the local mailbox.

An answer of 4xx says that no further try helps, but for 429; everything else that is no success is
tried again by the delivery policy, and then given to the dead-letter queue.
https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email import policy
from email.message import EmailMessage
from email.utils import formataddr
from typing import Any

import orjson

from eventmill.deliver.outbox import Carrier, Postpone, Sender
from eventmill.deliver.parts import Parts
from eventmill.deliver.topics import Delivery, give_up
from eventmill.kernel.clock import mail_date
from eventmill.kernel.http import HttpCall, HttpFailed
from eventmill.kernel.ports import HttpSender
from eventmill.services import ses, sns
from eventmill.services.sns import messages
from eventmill.services.sns.delivery_policy import TOTAL_SECONDS, effective, retry_delay
from eventmill.store import outbox
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_SECONDS = 15.0
"""What an endpoint may take for its answer."""
_ADDRESS = "no-reply@sns.amazonaws.com"
_SUBJECT = "AWS Notification Message"
_CONFIRM_SUBJECT = "AWS Notification - Subscription Confirmation"
_CONFIRM = (
    "You were subscribed to the topic\n{topic}\n\nTo confirm it, visit\n{url}\n\n"
    "If you did not want this, do nothing.\n"
)
_FOOTER = "\n\n--\nTo get no more of these messages, visit\n{url}\n"


def http_sender(parts: Parts, http: HttpSender, endpoint: Callable[[], str]) -> Sender:
    """The outbox's sender for services.sns.HTTP."""

    def prepare(
        tx: Transaction, row: OutboxRow
    ) -> tuple[Delivery, Mapping[str, Any], HttpCall] | None:
        subscription = sns.find_subscription(tx, row.target)
        message = orjson.loads(row.payload)
        if subscription is None:
            return None
        if subscription.state == "deleted" and not message.get("token"):
            # Ended while a message waited for its next try.
            return None
        topic = sns.find_topic(tx, subscription.topic)
        policy = effective(
            topic.attributes.get("DeliveryPolicy") if topic else None,
            subscription.attributes.get("DeliveryPolicy"),
        )
        delivery = Delivery(subscription, message, endpoint(), row.trace)
        kind = policy["requestPolicy"]["headerContentType"]
        headers = messages.http_headers(message, subscription, kind)
        body = delivery.body(tx).encode()
        call = HttpCall("POST", subscription.endpoint, headers, body, _SECONDS)
        return delivery, policy["healthyRetryPolicy"], call

    async def send(row: OutboxRow) -> None:
        prepared = parts.database.read(lambda tx: prepare(tx, row))
        if prepared is None:
            return
        delivery, retry, call = prepared
        problem, final = await _post(http, call)
        if not problem:
            parts.counts.merge(delivery.counts)
            return
        delay = None if final else retry_delay(retry, row.attempts + 1)
        due = parts.clock.now() + (delay or 0.0)
        if delay is not None and due - row.created <= TOTAL_SECONDS:
            raise Postpone(due)

        def dead(tx: Transaction) -> None:
            # With the row's deletion, so that the queue gets it once.
            if outbox.settle(tx, row.id):
                give_up(tx, parts.ids, delivery, problem)

        await parts.database.write(dead)

    return send


async def _post(http: HttpSender, call: HttpCall) -> tuple[str, bool]:
    """(what went wrong, whether trying again cannot help); empty for a delivery."""
    try:
        answer = await http.send(call)
    except HttpFailed as error:
        return str(error), False
    if 200 <= answer.status < 300:
        return "", False
    final = 400 <= answer.status < 500 and answer.status != 429
    return f"the endpoint answered {answer.status}", final


def mail_carrier(endpoint: Callable[[], str]) -> Carrier:
    """The outbox's carrier for services.sns.MAIL."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        message = orjson.loads(row.payload)
        if message.get("phone"):
            text = messages.text_for(message, "sms")
            _text_message(tx, message, message["phone"], text)
            return
        subscription = sns.find_subscription(tx, row.target)
        if subscription is None:
            return
        delivery = Delivery(subscription, message, endpoint(), row.trace)
        tx.counted += delivery.counts
        if subscription.protocol == "sms":
            text = messages.text_for(message, "sms")
            _text_message(tx, message, subscription.endpoint, text)
            return
        mail = _mail(tx, delivery)
        recipients = [subscription.endpoint]
        ses.mailbox.put(
            tx,
            message["id"],
            _ADDRESS,
            recipients,
            str(mail["Subject"]),
            mail.as_bytes(policy=policy.SMTP),
        )

    return carry


def _text_message(tx: Transaction, message: Mapping[str, Any], number: str, text: str) -> None:
    sender = message["attributes"].get("AWS.SNS.SMS.SenderID", {}).get("Value", "")
    ses.mailbox.put(tx, message["id"], sender, [number], "", text.encode(), kind="sms")


def _mail(tx: Transaction, delivery: Delivery) -> EmailMessage:
    message, subscription = delivery.message, delivery.subscription
    topic = sns.find_topic(tx, subscription.topic)
    mail = EmailMessage()
    shown = (topic.attributes.get("DisplayName") if topic else None) or "AWS Notifications"
    mail["From"] = formataddr((shown, _ADDRESS))
    mail["To"] = subscription.endpoint
    confirming = bool(message.get("token"))
    mail["Subject"] = _CONFIRM_SUBJECT if confirming else message["subject"] or _SUBJECT
    mail["Date"] = mail_date(tx.now)
    mail["Message-ID"] = f"<{message['id']}@sns.amazonaws.com>"
    if confirming:
        url = messages.subscribe_url(delivery.endpoint, message["topic"], message["token"])
        mail.set_content(_CONFIRM.format(topic=message["topic"], url=url))
    elif subscription.protocol == "email-json":
        mail.set_content(delivery.body(tx))
    else:
        url = messages.unsubscribe_url(delivery.endpoint, subscription.arn)
        text = messages.text_for(message, "email")
        mail.set_content(text + _FOOTER.format(url=url))
    return mail
