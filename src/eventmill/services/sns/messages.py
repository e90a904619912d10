"""What subscribers get: the same message in the form of each protocol.

A message is a dictionary, as the outbox carries it: id, texts by protocol, subject, attributes
(Type and Value), group, dedup, sequence, topic, time (ISO) and signing (the signature's version).
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from eventmill.services.sns import signatures
from eventmill.services.sns.subscriptions import Subscription
from eventmill.store.transaction import Transaction

Message = Mapping[str, Any]

_RESUBSCRIBE = (
    "You have chosen to deactivate subscription {arn}.\nTo cancel this operation and restore the"
    " subscription, visit the SubscribeURL included in this message."
)
_CONFIRM = (
    "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the"
    " SubscribeURL included in this message."
)


def text_for(message: Message, protocol: str) -> str:
    """The text meant for a protocol; `https` has its own or that of everybody."""
    texts: Mapping[str, str] = message["texts"]
    return texts.get(protocol, texts["default"])


def envelope(
    tx: Transaction, message: Message, subscription: Subscription, endpoint: str
) -> dict[str, Any]:
    """The JSON that queues, HTTP endpoints and email-json get."""
    if message.get("token"):
        return _confirmation(tx, message, endpoint)
    shown: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": message["id"],
        **({"SequenceNumber": message["sequence"]} if message["sequence"] else {}),
        "TopicArn": message["topic"],
        **({"Subject": message["subject"]} if message["subject"] else {}),
        "Message": text_for(message, subscription.protocol),
        "Timestamp": message["time"],
    }
    # FIFO topics sign nothing.
    if not message["sequence"]:
        shown |= _signed(tx, shown, message, endpoint)
    shown["UnsubscribeURL"] = unsubscribe_url(endpoint, subscription.arn)
    if message["attributes"]:
        shown["MessageAttributes"] = message["attributes"]
    if message.get("replayed"):
        shown["Replayed"] = "true"
    return shown


def _signed(
    tx: Transaction, shown: Mapping[str, Any], message: Message, endpoint: str
) -> dict[str, str]:
    version, signature, url = signatures.sign(tx, shown, message["signing"], endpoint)
    return {"SignatureVersion": version, "Signature": signature, "SigningCertURL": url}


def _confirmation(tx: Transaction, message: Message, endpoint: str) -> dict[str, Any]:
    shown = {
        "Type": message["type"],
        "MessageId": message["id"],
        "Token": message["token"],
        "TopicArn": message["topic"],
        "Message": (
            _CONFIRM.format(topic=message["topic"])
            if message["type"] == "SubscriptionConfirmation"
            else _RESUBSCRIBE.format(arn=message["subscription"])
        ),
        "SubscribeURL": subscribe_url(endpoint, message["topic"], message["token"]),
        "Timestamp": message["time"],
    }
    return shown | _signed(tx, shown, message, endpoint)


def event(
    tx: Transaction, message: Message, subscription: Subscription, endpoint: str
) -> dict[str, Any]:
    """The event that functions get: other capitals in its addresses, and nothing left out."""
    shown = envelope(tx, message, subscription, endpoint)
    names = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    told = {names.get(name, name): value for name, value in shown.items()}
    told["Subject"] = message["subject"]
    told["MessageAttributes"] = message["attributes"]
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription.arn,
                "Sns": told,
            }
        ]
    }


def http_headers(
    message: Message, subscription: Subscription, content_type: str
) -> list[tuple[str, str]]:
    """The headers of a POST to an HTTP endpoint."""
    kind = message.get("type", "Notification")
    headers = [
        ("x-amz-sns-message-type", kind),
        ("x-amz-sns-message-id", message["id"]),
        ("x-amz-sns-topic-arn", message["topic"]),
        ("Content-Type", content_type),
        ("User-Agent", "Amazon Simple Notification Service Agent"),
    ]
    if kind != "SubscriptionConfirmation":
        headers.append(("x-amz-sns-subscription-arn", subscription.arn))
    if subscription.raw and kind == "Notification":
        headers.append(("x-amz-sns-rawdelivery", "true"))
    return headers


def subscribe_url(endpoint: str, topic: str, token: str) -> str:
    """What confirms a subscription when it is visited."""
    return f"{endpoint}/?Action=ConfirmSubscription&TopicArn={quote(topic)}&Token={token}"


def unsubscribe_url(endpoint: str, arn: str) -> str:
    """What ends a subscription when it is visited."""
    return f"{endpoint}/?Action=Unsubscribe&SubscriptionArn={arn}"
