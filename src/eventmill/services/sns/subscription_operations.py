"""The API of subscriptions, confirming and ending them included."""

from __future__ import annotations

import json
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.sns import access, delivery_policy, faults, subscriptions, topics
from eventmill.services.sns.subscriptions import Subscription
from eventmill.services.sns.topics import OPERATIONS

_PAGE = 100


@OPERATIONS.write("Subscribe")
def subscribe(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"""
    access.require(call.tx, topics.require(call.tx, request["TopicArn"]), "Subscribe")
    found = subscriptions.subscribe(
        call,
        request["TopicArn"],
        request["Protocol"],
        request.get("Endpoint") or "",
        request.get("Attributes") or {},
    )
    if found.state == "pending" and not request.get("ReturnSubscriptionArn"):
        return {"SubscriptionArn": "pending confirmation"}
    return {"SubscriptionArn": found.arn}


@OPERATIONS.write("ConfirmSubscription")
def confirm_subscription(call: Call, request: dict[str, Any]) -> Result:
    """A token that was used before is answered as the first time. Raises NotFound, Invalid."""
    topics.require(call.tx, request["TopicArn"])
    found = subscriptions.find_by_token(call.tx, request["TopicArn"], request["Token"])
    if found is None:
        raise faults.invalid("Token")
    if found.state != "confirmed":
        secured = (request.get("AuthenticateOnUnsubscribe") or "").lower() == "true"
        if secured and not call.principal:
            raise faults.not_authorized("AuthenticateOnUnsubscribe needs a signed call")
        subscriptions.confirm(call.tx, found, secured=secured)
    return {"SubscriptionArn": found.arn}


def _arn(request: dict[str, Any]) -> str:
    """The subscription named; `pending confirmation`, for one, names none. Raises Invalid."""
    arn: str = request["SubscriptionArn"]
    parts = len(arn.split(":"))
    if parts < 6:
        raise faults.invalid(
            f"SubscriptionArn Reason: An ARN must have at least 6 elements, not {parts}"
        )
    return arn


@OPERATIONS.write("Unsubscribe")
def unsubscribe(call: Call, request: dict[str, Any]) -> Result:
    """One that is gone is no error. Raises Denied for an unsigned call where that is not enough."""
    found = subscriptions.find(call.tx, _arn(request))
    if found is None:
        return {}
    if found.secured and not call.principal:
        raise faults.not_authorized(
            "Cannot unsubscribe a subscription that requires authentication"
        )
    if found.state == "pending":
        raise faults.invalid(
            "SubscriptionArn Reason: a subscription pending confirmation cannot be deleted"
        )
    subscriptions.end(call, found)
    return {}


def _page(found: list[Subscription], account: str) -> Result:
    names = {"pending": "PendingConfirmation", "deleted": "Deleted"}
    entries = [
        {
            "SubscriptionArn": names.get(one.state, one.arn),
            "Owner": account,
            "Protocol": one.protocol,
            "Endpoint": one.endpoint,
            "TopicArn": one.topic,
        }
        for one in found[:_PAGE]
    ]
    more = {"NextToken": found[_PAGE - 1].arn} if len(found) > _PAGE else {}
    return {"Subscriptions": entries, **more}


@OPERATIONS.scan("ListSubscriptions")
def list_subscriptions(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by ARN, a hundred on a page."""
    found = subscriptions.page(call.tx, None, request.get("NextToken") or "", _PAGE + 1)
    return _page(found, call.account)


@OPERATIONS.scan("ListSubscriptionsByTopic")
def list_subscriptions_by_topic(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound for the topic."""
    topic = topics.require(call.tx, request["TopicArn"]).arn
    found = subscriptions.page(call.tx, topic, request.get("NextToken") or "", _PAGE + 1)
    return _page(found, call.account)


@OPERATIONS.read("GetSubscriptionAttributes")
def get_subscription_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    found = subscriptions.find(call.tx, _arn(request))
    if found is None or found.state == "deleted":
        raise faults.no_subscription()
    topic = topics.require(call.tx, found.topic)
    attributes = {
        "SubscriptionArn": found.arn,
        "TopicArn": found.topic,
        "Protocol": found.protocol,
        "Endpoint": found.endpoint,
        "Owner": call.account,
        "SubscriptionPrincipal": f"arn:aws:iam::{call.account}:root",
        "ConfirmationWasAuthenticated": str(
            found.secured or found.protocol not in subscriptions.TO_CONFIRM
        ).lower(),
        "PendingConfirmation": str(found.state == "pending").lower(),
        "RawMessageDelivery": "false",
        **found.attributes,
    }
    if "FilterPolicy" in attributes:
        attributes.setdefault("FilterPolicyScope", "MessageAttributes")
    if "ReplayPolicy" in attributes:
        attributes["ReplayStatus"] = "Completed"
    if found.protocol in ("http", "https"):
        attributes["EffectiveDeliveryPolicy"] = json.dumps(
            delivery_policy.effective(
                topic.attributes.get("DeliveryPolicy"), found.attributes.get("DeliveryPolicy")
            )
        )
    return {"Attributes": attributes}


@OPERATIONS.write("SetSubscriptionAttributes")
def set_subscription_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    name, value = request["AttributeName"], request.get("AttributeValue")
    subscriptions.change(call, _arn(request), {name: value})
    return {}
