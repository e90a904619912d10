"""Subscriptions: who gets a topic's messages, which of them, and in which form.

Queues, functions and delivery streams of the account are confirmed at once, as SMS is; who listens
over HTTP or e-mail must first show that it wants the messages (`ask`, `confirm`).
https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eventmill.kernel.arns import service_of
from eventmill.patterns import FilterPolicy, compile_filter_policy
from eventmill.services.contract import Call
from eventmill.services.sns import archive, faults, signatures, subscription_attributes, topics
from eventmill.services.sns.emission import emit
from eventmill.services.sns.topics import Topic
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

UNCONFIRMED_SECONDS = 172_800
"""How long a token is good, and how long an ended subscription is still listed."""

TO_CONFIRM = ("http", "https", "email", "email-json")
_AT_ONCE = ("sqs", "lambda", "sms", "firehose")
_REFUSED = {"application": "there is no mobile push on one machine"}
_COLUMNS = "arn, topic, protocol, endpoint, attributes, state, token, secured, free_at"
_PHONE = re.compile(r"\+?[0-9]{1,16}\Z")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as stored. `state` is confirmed, pending or deleted."""

    arn: str
    topic: str
    protocol: str
    endpoint: str
    attributes: Mapping[str, str]
    state: str = "confirmed"
    token: str | None = None
    secured: bool = False
    """Whether only a signed call may end it."""
    free_at: float = 0.0
    """When the throttle lets the next message through."""

    @property
    def raw(self) -> bool:
        """Whether the endpoint gets the message alone."""
        return self.attributes.get("RawMessageDelivery", "").lower() == "true"

    @property
    def dead_letter(self) -> str | None:
        """ARN of the dead-letter queue."""
        policy = self.attributes.get("RedrivePolicy")
        return json.loads(policy).get("deadLetterTargetArn") if policy else None

    def wants(self, message: str, attributes: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether the filter policy lets a message through; attributes as in Publish."""
        policy = self.attributes.get("FilterPolicy")
        if not policy:
            return True
        scope = self.attributes.get("FilterPolicyScope", "MessageAttributes")
        return _policy(policy, scope).matches(attributes, message)


@lru_cache(maxsize=4_096)
def _policy(text: str, scope: str) -> FilterPolicy:
    return compile_filter_policy(text, scope)


@lru_cache(maxsize=4_096)
def _attributes(text: str) -> Mapping[str, str]:
    attributes: Mapping[str, str] = json.loads(text)
    return attributes


def _subscription(row: tuple[Any, ...]) -> Subscription:
    arn, topic, protocol, endpoint, attributes, state, token, secured, free_at = row
    held = _attributes(attributes)
    return Subscription(arn, topic, protocol, endpoint, held, state, token, bool(secured), free_at)


def find(tx: Transaction, arn: str) -> Subscription | None:
    """The subscription, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE arn=?", (arn,))
    return None if row is None else _subscription(row)


def find_by_token(tx: Transaction, topic: str, token: str) -> Subscription | None:
    """The subscription that a token was made for, or None."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE topic=? AND token=?", (topic, token)
    )
    return None if row is None else _subscription(row)


def of_topic(tx: Transaction, topic: str) -> list[Subscription]:
    """A topic's subscriptions in every state."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE topic=?", (topic,))
    return [_subscription(row) for row in rows]


def page(tx: Transaction, topic: str | None, after: str, limit: int) -> list[Subscription]:
    """Those of one topic or of all, by ARN, from the one behind `after` on."""
    where = "topic=? AND arn>?" if topic else "arn>?"
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE {where} ORDER BY arn LIMIT ?",
        (*((topic,) if topic else ()), after, limit),
    )
    return [_subscription(row) for row in rows]


def subscribe(
    call: Call, topic_arn: str, protocol: str, endpoint: str, attributes: Mapping[str, str]
) -> Subscription:
    """Add a subscription, or find the same one. Raises NotFound, Invalid.

    One that must be confirmed is asked for it; subscribing again asks again.
    """
    topic = topics.require(call.tx, topic_arn)
    _check_endpoint(topic, protocol, endpoint)
    given = {key: value for key, value in attributes.items() if value}
    subscription_attributes.check(call, topic, protocol, given)
    row = call.tx.one(
        f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE topic=? AND protocol=? AND endpoint=?",
        (topic_arn, protocol, endpoint),
    )
    found = None if row is None else _subscription(row)
    if found is not None and found.state == "deleted":
        remove(call.tx, found.arn)
        found = None
    if found is not None:
        if given and given != found.attributes:
            raise faults.invalid(
                "Attributes Reason: Subscription already exists with different attributes"
            )
    else:
        found = _insert(call, topic, protocol, endpoint, given)
    if found.state == "pending":
        ask(call, found, "SubscriptionConfirmation")
    return found


def _insert(
    call: Call, topic: Topic, protocol: str, endpoint: str, given: Mapping[str, str]
) -> Subscription:
    pending = protocol in TO_CONFIRM
    made = Subscription(
        f"{topic.arn}:{call.ids.uuid()}",
        topic.arn,
        protocol,
        endpoint,
        given,
        "pending" if pending else "confirmed",
        call.ids.hex(160) if pending else None,
    )
    call.tx.execute(
        "INSERT INTO sns_subscriptions(arn, topic, protocol, endpoint, attributes, state, token,"
        " expires) VALUES(?,?,?,?,?,?,?,?)",
        (
            made.arn,
            topic.arn,
            protocol,
            endpoint,
            json.dumps(given),
            made.state,
            made.token,
            call.now + UNCONFIRMED_SECONDS if pending else None,
        ),
    )
    if given.get("ReplayPolicy"):
        replay(call, made)
    return made


def _check_endpoint(topic: Topic, protocol: str, endpoint: str) -> None:
    if protocol in _REFUSED:
        raise faults.invalid(f"Protocol Reason: {protocol}: {_REFUSED[protocol]}")
    if protocol not in (*TO_CONFIRM, *_AT_ONCE):
        raise faults.invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if topic.fifo and protocol != "sqs":
        raise faults.invalid(
            f"Invalid protocol type: {protocol}. FIFO topics deliver to queues only."
        )
    if protocol in ("http", "https"):
        fits = endpoint.startswith(f"{protocol}://")
    elif protocol in ("email", "email-json"):
        fits = "@" in endpoint[1:-1]
    elif protocol == "sms":
        fits = _PHONE.match(re.sub(r"[\s().-]", "", endpoint)) is not None
    else:
        fits = service_of(endpoint) == protocol
    if not fits and protocol in _AT_ONCE:
        raise faults.invalid(
            f"{protocol.upper()} endpoint ARN"
            if protocol != "sms"
            else f"Invalid SMS endpoint: {endpoint}"
        )
    if not fits:
        raise faults.invalid("Endpoint must match the specified protocol")
    if endpoint.endswith(".fifo") and not topic.fifo:
        raise faults.invalid(
            "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )


def ask(call: Call, subscription: Subscription, kind: str) -> None:
    """Have a SubscriptionConfirmation or UnsubscribeConfirmation carried to the endpoint."""
    signatures.ensure(call.tx)
    topic = topics.find(call.tx, subscription.topic)
    emit(
        call.tx,
        subscription,
        {
            "type": kind,
            "id": call.ids.uuid(),
            "token": subscription.token,
            "subscription": subscription.arn,
            "topic": subscription.topic,
            "signing": (topic.attributes.get("SignatureVersion") or "1") if topic else "1",
        },
        call.trace,
    )


def change(call: Call, arn: str, attributes: Mapping[str, str | None]) -> None:
    """Set attributes; None or an empty text takes one away. Raises NotFound, Invalid."""
    found = find(call.tx, arn)
    if found is None:
        raise faults.no_subscription()
    kept = {key: value for key, value in {**found.attributes, **attributes}.items() if value}
    topic = topics.require(call.tx, found.topic)
    subscription_attributes.check(call, topic, found.protocol, kept)
    text = json.dumps(kept)
    call.tx.execute("UPDATE sns_subscriptions SET attributes=? WHERE arn=?", (text, arn))
    if attributes.get("ReplayPolicy") and kept.get("ReplayPolicy") != found.attributes.get(
        "ReplayPolicy"
    ):
        changed = find(call.tx, arn)
        assert changed is not None
        replay(call, changed)


def replay(call: Call, subscription: Subscription) -> None:
    """Send what the topic's archive holds of the wanted time, before anything newer."""
    start, end = archive.parse(subscription.attributes["ReplayPolicy"])
    for message in archive.between(call.tx, subscription.topic, start, end):
        text = message["texts"].get(subscription.protocol, message["texts"]["default"])
        if subscription.wants(text, _as_published(message["attributes"])):
            replayed = {**message, "replayed": True}
            emit(call.tx, subscription, replayed, call.trace, outbox.IN_ORDER)


def _as_published(attributes: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Message attributes as filter policies take them; binary ones equal nothing."""
    return {
        name: {"DataType": value["Type"]}
        | ({} if value["Type"].startswith("Binary") else {"StringValue": value["Value"]})
        for name, value in attributes.items()
    }


def confirm(tx: Transaction, subscription: Subscription, *, secured: bool) -> None:
    """Let messages through from now on."""
    tx.execute(
        "UPDATE sns_subscriptions SET state='confirmed', expires=NULL, secured=? WHERE arn=?",
        (int(secured), subscription.arn),
    )


def end(call: Call, subscription: Subscription) -> None:
    """Unsubscribe. Who confirmed is told, and may take it back for as long as a token lasts."""
    if subscription.protocol not in TO_CONFIRM or subscription.state != "confirmed":
        remove(call.tx, subscription.arn)
        return
    token = call.ids.hex(160)
    call.tx.execute(
        "UPDATE sns_subscriptions SET state='deleted', token=?, expires=? WHERE arn=?",
        (token, call.now + UNCONFIRMED_SECONDS, subscription.arn),
    )
    ended = find(call.tx, subscription.arn)
    assert ended is not None
    ask(call, ended, "UnsubscribeConfirmation")


def remove(tx: Transaction, arn: str) -> None:
    """Forget it; one that is gone is no error."""
    tx.execute("DELETE FROM sns_subscriptions WHERE arn=?", (arn,))


def expire(tx: Transaction) -> float | None:
    """Forget what nobody confirmed in time; returns when the next one is due."""
    tx.execute("DELETE FROM sns_subscriptions WHERE expires<=?", (tx.now,))
    row = tx.one("SELECT min(expires) FROM sns_subscriptions WHERE expires IS NOT NULL")
    return None if row is None else row[0]
