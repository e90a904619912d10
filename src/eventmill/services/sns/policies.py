"""Statements of a topic's policy, added and removed one by one.

https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html
"""

from __future__ import annotations

import json
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.sns import faults, topic_attributes, topics
from eventmill.services.sns.topics import OPERATIONS, Topic

_ACTIONS = (
    *("AddPermission", "DeleteTopic", "GetDataProtectionPolicy", "GetTopicAttributes"),
    *("ListSubscriptionsByTopic", "ListTagsForResource", "Publish", "PutDataProtectionPolicy"),
    *("RemovePermission", "SetTopicAttributes", "Subscribe"),
)


def _policy(topic: Topic, account: str) -> dict[str, Any]:
    held = topic.attributes.get("Policy")
    policy: dict[str, Any]
    policy = json.loads(held) if held else topic_attributes.default_policy(topic.arn, account)
    if isinstance(policy["Statement"], dict):
        policy["Statement"] = [policy["Statement"]]
    return policy


@OPERATIONS.write("AddPermission")
def add_permission(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    topic = topics.require(call.tx, request["TopicArn"])
    policy = _policy(topic, call.account)
    if any(statement.get("Sid") == request["Label"] for statement in policy["Statement"]):
        raise faults.invalid("Statement already exists")
    unknown = [name for name in request["ActionName"] if name not in (*_ACTIONS, "*")]
    if unknown or not request["ActionName"]:
        raise faults.invalid("Policy statement action out of service scope!")
    principals = [f"arn:aws:iam::{account}:root" for account in request["AWSAccountId"]]
    actions = [f"SNS:{name}" for name in request["ActionName"]]
    policy["Statement"].append(
        {
            "Sid": request["Label"],
            "Effect": "Allow",
            "Principal": {"AWS": principals[0] if len(principals) == 1 else principals},
            "Action": actions[0] if len(actions) == 1 else actions,
            "Resource": topic.arn,
        }
    )
    topics.change(call.tx, topic, {"Policy": json.dumps(policy)})
    return {}


@OPERATIONS.write("RemovePermission")
def remove_permission(call: Call, request: dict[str, Any]) -> Result:
    """A label that is not there is no error. Raises NotFound for the topic."""
    topic = topics.require(call.tx, request["TopicArn"])
    policy = _policy(topic, call.account)
    kept = [one for one in policy["Statement"] if one.get("Sid") != request["Label"]]
    text = json.dumps({**policy, "Statement": kept}) if kept else None
    topics.change(call.tx, topic, {"Policy": text})
    return {}
