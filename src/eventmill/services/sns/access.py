"""What a topic's policy lets its callers do.

https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
"""

from __future__ import annotations

import json
from functools import lru_cache

from eventmill.kernel.arns import parse_arn
from eventmill.kernel.policies import Asker, of_account, refusal
from eventmill.services.sns import faults, topic_attributes
from eventmill.services.sns.topics import Topic
from eventmill.store.transaction import Transaction


def require(tx: Transaction, topic: Topic, action: str, asker: Asker | None = None) -> None:
    """Raises Denied. Without an asker it is somebody of the account, whom only a Deny keeps out.

    As for queues, who may look at the topic and set its attributes is not asked for.
    """
    if asker is None:
        if not topic.attributes.get("Policy"):
            return
        asker = of_account(parse_arn(topic.arn).account)
    why = why_not(tx, topic, action, asker)
    if why:
        raise faults.not_authorized(why)


def why_not(tx: Transaction, topic: Topic, action: str, asker: Asker) -> str:
    """Why the policy does not let the asker do it; empty when it may."""
    policy = topic.attributes.get("Policy") or _default(topic.arn)
    return refusal([policy], asker, f"SNS:{action}", topic.arn, tx.now)


@lru_cache(maxsize=4_096)
def _default(arn: str) -> str:
    return json.dumps(topic_attributes.default_policy(arn, parse_arn(arn).account))
