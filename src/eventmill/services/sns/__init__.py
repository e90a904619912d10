"""Amazon SNS: standard and FIFO topics, filter policies, subscribers of every protocol but two.

Below the service's declaration stand the functions that deliver and edge use.
"""

from __future__ import annotations

from eventmill.kernel.policies import Asker
from eventmill.services.contract import Service
from eventmill.services.sns import (
    access,
    archive,
    batches,
    delivery_policy,
    messages,
    mobile,
    policies,
    publishing,
    subscription_operations,
    subscriptions,
)
from eventmill.services.sns.emission import DELIVERY, HTTP, MAIL
from eventmill.services.sns.faults import missing
from eventmill.services.sns.publishing import publish
from eventmill.services.sns.resources import RESOURCES
from eventmill.services.sns.schema import SCHEMA
from eventmill.services.sns.signatures import certificate, certificate_path
from eventmill.services.sns.subscriptions import Subscription
from eventmill.services.sns.subscriptions import find as find_subscription
from eventmill.services.sns.topics import OPERATIONS
from eventmill.services.sns.topics import find as find_topic
from eventmill.store.transaction import Transaction

__all__ = [
    "DELIVERY",
    "HTTP",
    "MAIL",
    "SERVICE",
    "Subscription",
    "admits",
    "certificate",
    "certificate_path",
    "delivery_policy",
    "expire",
    "find_subscription",
    "find_topic",
    "messages",
    "missing",
    "publish",
]

# Importing these registers their operations.
_OPERATION_MODULES = (batches, mobile, policies, publishing, subscription_operations)

SERVICE = Service("sns", OPERATIONS.by_name, SCHEMA, RESOURCES)

_ARCHIVE_EVERY = 3_600


def admits(tx: Transaction, topic_arn: str, asker: Asker) -> bool:
    """Whether the topic's policy lets a service publish to it; False when there is no topic."""
    topic = find_topic(tx, topic_arn)
    return topic is not None and not access.why_not(tx, topic, "Publish", asker)


def expire(tx: Transaction) -> float | None:
    """Forget unconfirmed subscriptions and old archives; returns when to look again."""
    due = subscriptions.expire(tx)
    if not archive.expire(tx):
        return due
    later = tx.now + _ARCHIVE_EVERY
    return later if due is None else min(due, later)
