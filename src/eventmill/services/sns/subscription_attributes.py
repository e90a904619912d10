"""A subscription's attributes and what they may be.

https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from eventmill.kernel.arns import service_of
from eventmill.patterns import PatternError, compile_filter_policy
from eventmill.services.contract import Call
from eventmill.services.sns import archive, delivery_policy, faults
from eventmill.services.sns.topics import Topic

NAMES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
)
_RAW = ("sqs", "http", "https", "firehose")


def check(call: Call, topic: Topic, protocol: str, attributes: Mapping[str, str]) -> None:
    """Raises Invalid for what a subscription of this protocol to this topic cannot have."""
    check_values(protocol, attributes)
    if protocol == "firehose" and not attributes.get("SubscriptionRoleArn"):
        raise faults.invalid("Attributes Reason: SubscriptionRoleArn: firehose needs a role")
    if attributes.get("RedrivePolicy"):
        _check_redrive(call, topic, attributes["RedrivePolicy"])
    if attributes.get("ReplayPolicy"):
        _check_replay(call, topic, attributes["ReplayPolicy"])


def check_values(protocol: str, attributes: Mapping[str, str]) -> None:
    """Raises Invalid for what a subscription of this protocol cannot have, whatever the topic."""
    for name in attributes:
        if name not in NAMES:
            raise faults.invalid("AttributeName")
    raw = attributes.get("RawMessageDelivery", "false")
    if raw.lower() not in ("true", "false"):
        raise faults.invalid(
            f"Attributes Reason: RawMessageDelivery: Invalid value [{raw}]. Must be true or false."
        )
    if raw.lower() == "true" and protocol not in _RAW:
        raise faults.invalid(
            "Attributes Reason: RawMessageDelivery: Delivery protocol "
            f"[{protocol}] does not support raw message delivery."
        )
    scope = attributes.get("FilterPolicyScope", "MessageAttributes")
    if scope not in ("MessageAttributes", "MessageBody"):
        raise faults.invalid(
            f"Attributes Reason: FilterPolicyScope: Invalid value [{scope}]. Please use either "
            "MessageBody or MessageAttributes"
        )
    if attributes.get("FilterPolicy"):
        try:
            compile_filter_policy(attributes["FilterPolicy"], scope)
        except PatternError as error:
            raise faults.invalid(f"Attributes Reason: FilterPolicy: {error}") from None
    if attributes.get("DeliveryPolicy"):
        delivery_policy.parse(attributes["DeliveryPolicy"], topic=False)
        if protocol not in ("http", "https"):
            raise faults.invalid(
                f"DeliveryPolicy: protocol {protocol} does not support delivery policies"
            )


def _check_redrive(call: Call, topic: Topic, text: str) -> None:
    try:
        arn = json.loads(text)["deadLetterTargetArn"]
    except (ValueError, KeyError, TypeError):
        arn = ""
    known = call.directory(call.tx, arn) if service_of(arn) == "sqs" else None
    if known is None:
        raise faults.invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if topic.fifo and not known.facts.get("FifoQueue"):
        raise faults.invalid("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO topic")
    if known.facts.get("FifoQueue") and not topic.fifo:
        raise faults.invalid("RedrivePolicy: must use a standard queue as DLQ for a standard topic")


def _check_replay(call: Call, topic: Topic, text: str) -> None:
    start, _ = archive.parse(text)
    if not topic.attributes.get("ArchivePolicy"):
        raise faults.invalid("ReplayPolicy: the topic has no active ArchivePolicy")
    if start > call.now:
        raise faults.invalid("ReplayPolicy: StartingPoint must not be in the future")
