"""A topic's attributes: which there are, which values they take, what a topic shows.

https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.sns import delivery_policy, faults

HONOURED = (
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "Policy",
    "SignatureVersion",
)
FEEDBACK = tuple(
    f"{protocol}{what}"
    for protocol in ("HTTP", "Firehose", "Lambda", "Application", "SQS")
    for what in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
)
"""Delivery status logging."""
RECORDED = ("DataProtectionPolicy", "KmsMasterKeyId", "TracingConfig", *FEEDBACK)
_CHOICES = {
    "SignatureVersion": ("1", "2"),
    "TracingConfig": ("PassThrough", "Active"),
    "FifoThroughputScope": ("Topic", "MessageGroup"),
    "ContentBasedDeduplication": ("true", "false"),
}
_FIFO_ONLY = ("ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy")


def check(attributes: Mapping[str, str], *, fifo: bool) -> None:
    """Raises Invalid for an attribute that does not exist, or a value that it does not take."""
    for name, value in attributes.items():
        if name not in (*HONOURED, *RECORDED, "FifoTopic"):
            raise faults.invalid("AttributeName")
        if not value:
            continue
        if name in _FIFO_ONLY and not fifo and value != "false":
            raise faults.invalid(f"{name} Reason: this attribute is for FIFO topics only")
        choices = _CHOICES.get(name)
        if choices is not None and value not in choices:
            raise faults.invalid(f"{name} Reason: must be one of {', '.join(choices)}")
        if name == "DisplayName" and len(value) > 100:
            raise faults.invalid("DisplayName")
        if name == "DeliveryPolicy":
            delivery_policy.parse(value, topic=True)
        elif name == "ArchivePolicy":
            archive_days(value)
        elif name == "Policy":
            _check_policy(value)


def _check_policy(text: str) -> None:
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError):
        raise faults.invalid("Policy Error: null") from None
    if not statements:
        raise faults.invalid("Policy statement must not be empty")


def archive_days(text: str | None) -> int:
    """Days that a FIFO topic keeps its messages; 0 without an archive. Raises Invalid."""
    policy = json.loads(text) if text else {}
    if not policy:
        return 0
    try:
        days = int(policy["MessageRetentionPeriod"])
    except (KeyError, ValueError, TypeError):
        days = 0
    if not 1 <= days <= 365:
        raise faults.invalid("ArchivePolicy Reason: MessageRetentionPeriod must be 1 to 365 days")
    return days


def default_policy(arn: str, account: str) -> dict[str, Any]:
    """What a topic allows that was given no policy: everything to its owner."""
    actions = (
        *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission"),
        *("DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish"),
    )
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{action}" for action in actions],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
            }
        ],
    }


def shown(arn: str, account: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """What GetTopicAttributes says beside the numbers of subscriptions."""
    shared = json.loads(attributes.get("DeliveryPolicy") or "{}").get("http", {})
    effective = {
        "http": {
            "defaultHealthyRetryPolicy": {
                **delivery_policy.DEFAULT,
                **(shared.get("defaultHealthyRetryPolicy") or {}),
            },
            "disableSubscriptionOverrides": bool(shared.get("disableSubscriptionOverrides")),
            **(
                {"defaultThrottlePolicy": shared["defaultThrottlePolicy"]}
                if shared.get("defaultThrottlePolicy")
                else {}
            ),
            "defaultRequestPolicy": {
                "headerContentType": delivery_policy.CONTENT_TYPE,
                **(shared.get("defaultRequestPolicy") or {}),
            },
        }
    }
    fifo = {"ContentBasedDeduplication": "false"} if arn.endswith(".fifo") else {}
    kept = {name: value for name, value in attributes.items() if name != "DataProtectionPolicy"}
    return {
        "TopicArn": arn,
        "Owner": account,
        "DisplayName": "",
        "Policy": json.dumps(default_policy(arn, account)),
        "EffectiveDeliveryPolicy": json.dumps(effective),
        **fifo,
        **kept,
    }
