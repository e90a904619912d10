"""Subscriptions: who gets a topic's messages, which of them, and in which form.

https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eventmill.kernel.arns import service_of
from eventmill.patterns import FilterPolicy, PatternError, compile_filter_policy
from eventmill.services.contract import Call, Result
from eventmill.services.sns import faults, topics
from eventmill.services.sns.topics import OPERATIONS
from eventmill.store.transaction import Transaction

PROTOCOLS = ("sqs", "lambda")
"""What deliver carries messages to."""

ATTRIBUTES = ("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as stored."""

    arn: str
    topic: str
    protocol: str
    endpoint: str
    attributes: Mapping[str, str]

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
        """Whether the filter policy lets a message through."""
        policy = self.attributes.get("FilterPolicy")
        if not policy:
            return True
        scope = self.attributes.get("FilterPolicyScope", "MessageAttributes")
        return _policy(policy, scope).matches(attributes, message)


@lru_cache(maxsize=4_096)
def _policy(text: str, scope: str) -> FilterPolicy:
    return compile_filter_policy(text, scope)


def _subscription(row: tuple[Any, ...]) -> Subscription:
    arn, topic, protocol, endpoint, attributes = row
    return Subscription(arn, topic, protocol, endpoint, json.loads(attributes))


def find(tx: Transaction, arn: str) -> Subscription | None:
    """The subscription, or None."""
    row = tx.one("SELECT * FROM sns_subscriptions WHERE arn=?", (arn,))
    return None if row is None else _subscription(row)


def of_topic(tx: Transaction, topic: str) -> list[Subscription]:
    """A topic's subscriptions."""
    return [
        _subscription(row)
        for row in tx.all("SELECT * FROM sns_subscriptions WHERE topic=?", (topic,))
    ]


def _check(call: Call, attributes: Mapping[str, str]) -> None:
    for name in attributes:
        if name not in ATTRIBUTES:
            raise faults.invalid(f"Attributes Reason: {name} is not offered: leave it out.")
    raw = attributes.get("RawMessageDelivery", "false").lower()
    if raw not in ("true", "false"):
        raise faults.invalid(
            f"Attributes Reason: RawMessageDelivery: Invalid value [{raw}]. Must be true or false."
        )
    scope = attributes.get("FilterPolicyScope", "MessageAttributes")
    if scope not in ("MessageAttributes", "MessageBody"):
        raise faults.invalid(f"Attributes Reason: FilterPolicyScope: Invalid value [{scope}].")
    if attributes.get("FilterPolicy"):
        try:
            compile_filter_policy(attributes["FilterPolicy"], scope)
        except PatternError as error:
            raise faults.invalid(f"Attributes Reason: FilterPolicy: {error}") from None
    if attributes.get("RedrivePolicy"):
        _check_redrive(call, attributes["RedrivePolicy"])


def _check_redrive(call: Call, text: str) -> None:
    try:
        arn = json.loads(text)["deadLetterTargetArn"]
    except (ValueError, KeyError, TypeError):
        arn = ""
    if service_of(arn) != "sqs" or call.directory(call.tx, arn) is None:
        raise faults.invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")


def subscribe(
    call: Call, topic_arn: str, protocol: str, endpoint: str, attributes: Mapping[str, str]
) -> Subscription:
    """Add a subscription, or find the same one. Raises NotFound, Invalid."""
    topic = topics.require(call.tx, topic_arn)
    if protocol not in PROTOCOLS:
        raise faults.invalid(
            f"Protocol {protocol} is not offered yet: subscribe a queue (sqs) or a function "
            "(lambda)."
        )
    service = "lambda" if protocol == "lambda" else "sqs"
    if service_of(endpoint) != service:
        raise faults.invalid(f"{protocol.upper()} endpoint ARN")
    if topic.fifo and protocol != "sqs":
        raise faults.invalid(
            f"Invalid protocol type: {protocol}. FIFO topics deliver to queues only."
        )
    if endpoint.endswith(".fifo") and not topic.fifo:
        raise faults.invalid(
            "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )
    given = {key: value for key, value in attributes.items() if value}
    _check(call, given)
    row = call.tx.one(
        "SELECT * FROM sns_subscriptions WHERE topic=? AND protocol=? AND endpoint=?",
        (topic_arn, protocol, endpoint),
    )
    if row is not None:
        found = _subscription(row)
        if given and given != found.attributes:
            raise faults.invalid(
                "Attributes Reason: Subscription already exists with different attributes"
            )
        return found
    arn = f"{topic_arn}:{call.ids.uuid()}"
    call.tx.execute(
        "INSERT INTO sns_subscriptions VALUES(?,?,?,?,?)",
        (arn, topic_arn, protocol, endpoint, json.dumps(given)),
    )
    return Subscription(arn, topic_arn, protocol, endpoint, given)


def change(call: Call, arn: str, attributes: Mapping[str, str | None]) -> None:
    """Set attributes; None or an empty text takes one away. Raises NotFound, Invalid."""
    found = find(call.tx, arn)
    if found is None:
        raise faults.no_subscription()
    kept = {key: value for key, value in {**found.attributes, **attributes}.items() if value}
    _check(call, kept)
    call.tx.execute(
        "UPDATE sns_subscriptions SET attributes=? WHERE arn=?", (json.dumps(kept), arn)
    )


def unsubscribe(tx: Transaction, arn: str) -> None:
    """One that is gone is no error."""
    tx.execute("DELETE FROM sns_subscriptions WHERE arn=?", (arn,))


@OPERATIONS.write("Subscribe")
def do_subscribe(call: Call, request: dict[str, Any]) -> Result:
    """Queues and functions of the same account are confirmed at once."""
    found = subscribe(
        call,
        request["TopicArn"],
        request["Protocol"],
        request.get("Endpoint") or "",
        request.get("Attributes") or {},
    )
    return {"SubscriptionArn": found.arn}


@OPERATIONS.write("Unsubscribe")
def do_unsubscribe(call: Call, request: dict[str, Any]) -> Result:
    """One that is gone is no error."""
    unsubscribe(call.tx, request["SubscriptionArn"])
    return {}


def _page(call: Call, request: dict[str, Any], rows: list[tuple[Any, ...]]) -> Result:
    entries = [
        {
            "SubscriptionArn": arn,
            "TopicArn": topic,
            "Protocol": protocol,
            "Endpoint": endpoint,
            "Owner": call.account,
        }
        for arn, topic, protocol, endpoint, _ in rows[:_PAGE]
    ]
    more = {"NextToken": entries[-1]["SubscriptionArn"]} if len(rows) > _PAGE else {}
    return {"Subscriptions": entries, **more}


@OPERATIONS.scan("ListSubscriptions")
def list_subscriptions(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by ARN, a hundred on a page."""
    rows = call.tx.all(
        "SELECT * FROM sns_subscriptions WHERE arn>? ORDER BY arn LIMIT ?",
        (request.get("NextToken") or "", _PAGE + 1),
    )
    return _page(call, request, rows)


@OPERATIONS.scan("ListSubscriptionsByTopic")
def list_subscriptions_by_topic(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound for the topic."""
    topics.require(call.tx, request["TopicArn"])
    rows = call.tx.all(
        "SELECT * FROM sns_subscriptions WHERE topic=? AND arn>? ORDER BY arn LIMIT ?",
        (request["TopicArn"], request.get("NextToken") or "", _PAGE + 1),
    )
    return _page(call, request, rows)


@OPERATIONS.read("GetSubscriptionAttributes")
def get_subscription_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    found = find(call.tx, request["SubscriptionArn"])
    if found is None:
        raise faults.no_subscription()
    return {
        "Attributes": {
            "SubscriptionArn": found.arn,
            "TopicArn": found.topic,
            "Protocol": found.protocol,
            "Endpoint": found.endpoint,
            "Owner": call.account,
            "ConfirmationWasAuthenticated": "true",
            "PendingConfirmation": "false",
            "RawMessageDelivery": "false",
            **found.attributes,
        }
    }


@OPERATIONS.write("SetSubscriptionAttributes")
def set_subscription_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    name, value = request["AttributeName"], request.get("AttributeValue")
    change(call, request["SubscriptionArn"], {name: value})
    return {}
